// Runs one TypeScript program of this repository on the right Node: `node scripts/run.mjs FILE …`.
import { prepare, run } from './bootstrap.mjs'

const [entry, ...args] = process.argv.slice(2)
prepare({ ui: true, sdk: true })
process.exit(await run(entry, args, { flags: ['--expose-gc'] }))
