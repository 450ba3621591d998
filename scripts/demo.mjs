// `npm run demo`: the server with a project and live data, from nothing.
import { prepare, run } from './bootstrap.mjs'

prepare({ ui: true, sdk: true })
process.exit(await run('actors/cli/logboy.ts', ['demo', ...process.argv.slice(2)]))
