// `npm run demo`: the server with a project and live data, from nothing.
import { prepare, run, SERVER_FLAGS } from './bootstrap.mjs'

prepare({ ui: true, sdk: true })
const args = ['demo', ...process.argv.slice(2)]
process.exit(await run('actors/cli/logboy.ts', args, { flags: SERVER_FLAGS }))
