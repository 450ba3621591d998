// Where tests and their servers write: what lives for seconds needs no disk. A catalog of a test is
// five hundred files; to make them takes 220 ms of CPU on ext4, 21 in memory.
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MEMORY = '/dev/shm'
const NAME = 'logboy-tests-'
const GIB = 2 ** 30
/** Images are tried out of copies of all packages, 0.8 GB each; all else together needs less. */
const ROOM_BYTES_MIN = 4 * GIB
/** Servers, browsers and tests have theirs besides. */
const MEMORY_BYTES_MIN = 10 * GIB

/** The folder of one run of tests; those of runs that were killed go. */
export function makeTestFolder(base = process.env.TMPDIR ?? memoryFolder() ?? tmpdir()) {
  for (const name of readdirSync(base)) {
    if (name.startsWith(NAME) && !isRunning(Number(name.slice(NAME.length))))
      rmSync(join(base, name), { recursive: true, force: true })
  }
  const folder = join(base, `${NAME}${process.pid}`)
  // A container's processes have the same ids each time.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

/** A file system in memory with room for a run, or null. */
export function memoryFolder() {
  try {
    if (!isForTests(readFileSync('/proc/mounts', 'utf8'), MEMORY)) return null
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM_BYTES_MIN && freemem() >= MEMORY_BYTES_MIN ? MEMORY : null
  } catch {
    // Not Linux, or not to be read.
    return null
  }
}

/** Whether files there are in memory, may be written, and may be programs, by Linux's `mounts`. */
export function isForTests(mounts, path) {
  return mounts.split('\n').some(line => {
    const [, where, kind, options] = line.split(' ')
    return where === path && kind === 'tmpfs' && !/\b(noexec|ro)\b/.test(options)
  })
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// `.ci/run` asks for its servers.
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(memoryFolder() ?? '')
