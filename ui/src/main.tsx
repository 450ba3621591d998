import { render } from 'solid-js/web'
import { App } from './app.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/shell.css'
import './styles/explore.css'
import './styles/explore-tools.css'
import './styles/rows.css'
import './styles/detail.css'
import './styles/table.css'
import './styles/pages.css'
import './styles/reference.css'

const root = document.querySelector('#app')
if (root !== null) render(() => <App />, root)
