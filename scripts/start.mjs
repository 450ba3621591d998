// `npm start`: the server in the foreground.
import { prepare, run } from './bootstrap.mjs'

prepare({ ui: true })
process.exit(await run('actors/cli/logboy.ts', ['serve', ...process.argv.slice(2)]))
