// Runs the test files named by its arguments, in the order of the arguments: `node --test` sorts
// them, and then the longest may begin last.
import { run } from 'node:test'
import { spec, tap } from 'node:test/reporters'

/** One more than two cores: tests wait for servers, disks and clocks, too. */
const FILES_AT_ONCE = 3
const FILE_MS_MAX = 300_000

const results = run({
  files: process.argv.slice(2),
  concurrency: FILES_AT_ONCE,
  timeout: FILE_MS_MAX,
  execArgv: [`--import=${new URL('property-seed.mjs', import.meta.url).href}`],
})
results.on('test:fail', () => {
  process.exitCode = 1
})
results.compose(process.stdout.isTTY ? spec : tap).pipe(process.stdout)
