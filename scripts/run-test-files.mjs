// Runs the test files named by its arguments, in the order of the arguments: `node --test` sorts
// them, and then the longest may begin last.
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec, tap } from 'node:test/reporters'
import { setTimeout as after } from 'node:timers/promises'
import { processesWhere } from './processes.mjs'

const files = process.argv.slice(2)
/** More than two cores: tests wait for servers, disks and clocks, too, and longer for real servers. */
const FILES_AT_ONCE = files.some(file => file.endsWith('.integration.test.ts')) ? 4 : 3
const FILE_MS_MAX = Number(process.env.LOGBOY_TEST_FILE_MS ?? 300_000)
/** When a file that hangs tells what it waits for. */
const TELL_MS = FILE_MS_MAX * 0.8
/** Browsers and servers that were told to end have this long. */
const LEFT_MS_MAX = 5_000

// Whatever a test file starts inherits this.
const MARK = `LOGBOY_TEST_RUN=${process.pid}`
process.env.LOGBOY_TEST_RUN = String(process.pid)
process.env.LOGBOY_TEST_TELL_MS = String(TELL_MS)
const shortLived = `--import=${new URL('short-lived.mjs', import.meta.url).href}`
process.env.NODE_OPTIONS = [process.env.NODE_OPTIONS, shortLived].filter(Boolean).join(' ')
const imports = [
  'typescript-cache.mjs',
  'property-seed.mjs',
  'hung-file.mjs',
  'await-programs.mjs',
].map(name => new URL(name, import.meta.url))
const results = run({
  files,
  concurrency: FILES_AT_ONCE,
  timeout: FILE_MS_MAX,
  execArgv: imports.map(({ href }) => `--import=${href}`),
})
let code = 0
results.on('test:fail', ({ name, details }) => {
  code = 1
  // Its own tests may all have passed.
  if (details.error?.failureType === 'testTimeoutFailure') console.error(`hung: ${name}`)
})
const lines = results.compose(process.stdout.isTTY ? spec : tap)
lines.pipe(process.stdout)
await finished(lines, { writable: false })
if ((await endWhatIsLeft()) > 0) code = 1
// Pipes that an ended file's processes held would keep this one.
process.stdout.write('', () => process.exit(code))

/** Processes of tests that are still there are named and ended: a test leaves none behind. */
async function endWhatIsLeft() {
  const deadline = Date.now() + LEFT_MS_MAX
  while (leftover().length > 0 && Date.now() < deadline) await after(100)
  const left = leftover()
  for (const { pid, command } of left) {
    console.error(`left behind by a test: ${pid} ${command}`)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended meanwhile.
    }
  }
  return left.length
}

function leftover() {
  return processesWhere('environ', text => text.split('\0').includes(MARK))
}
