#!/usr/bin/env node
// `npx logboy …`: the command line.
import { prepare, run, SERVER_FLAGS } from './bootstrap.mjs'

const args = process.argv.slice(2)
const serves = ['serve', 'start', 'demo'].includes(args[0])
prepare({ ui: serves, sdk: args[0] === 'demo' })
process.exit(await run('actors/cli/logboy.ts', args, { flags: serves ? SERVER_FLAGS : [] }))
