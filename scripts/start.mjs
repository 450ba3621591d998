// `npm start`: the server in the foreground.
import { prepare, run, SERVER_FLAGS } from './bootstrap.mjs'

prepare({ ui: true })
const args = ['serve', ...process.argv.slice(2)]
process.exit(await run('actors/cli/logboy.ts', args, { flags: SERVER_FLAGS }))
