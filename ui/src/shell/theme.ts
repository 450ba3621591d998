import { createRoot } from 'solid-js'
import { createStored, watch } from '../kit/reactive.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const [theme, setTheme] = createRoot(() => {
  const signal = createStored('theme', THEMES, 'system')
  // Colours are light-dark() pairs: the style sheet needs no more than the scheme.
  watch(signal[0], value => {
    if (value === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = value
  })
  return signal
})

export { setTheme, theme }
