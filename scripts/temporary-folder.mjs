// Where tests keep their files for a moment.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { join } from 'node:path'

/**
 * Tests make and delete thousands of files, and ext4 looks at every file deleted within the last
 * seconds before it makes another: in memory that takes a fifth less CPU. What has to be durable
 * stays so for their purposes: processes are killed, machines are not.
 */
const MEMORY_DISK = '/dev/shm'
/** A whole run holds about a gigabyte; containers often have 64 MB. */
const FREE_BYTES_MIN = 4 * 2 ** 30
/** With the number of the process whose it is. */
const NAME = /^logboy-test-(\d+)$/

/** The environment that leads temporary files there, and what deletes them; else nothing changes. */
export function temporaryFolder() {
  if (!fits()) return { env: {}, remove() {} }
  for (const name of readdirSync(MEMORY_DISK)) if (isLeftBehind(name)) remove(name)
  const own = `logboy-test-${process.pid}`
  mkdirSync(join(MEMORY_DISK, own), { mode: 0o700 })
  return { env: { TMPDIR: join(MEMORY_DISK, own) }, remove: () => remove(own) }
}

/** Of a run that was interrupted: it would hold memory until the next boot. */
function isLeftBehind(name) {
  const pid = NAME.exec(name)?.[1]
  return pid !== undefined && (pid === String(process.pid) || !existsSync(`/proc/${pid}`))
}

function remove(name) {
  rmSync(join(MEMORY_DISK, name), { recursive: true, force: true })
}

function fits() {
  if (process.env.TMPDIR !== undefined) return false
  try {
    accessSync(MEMORY_DISK, constants.W_OK)
    const { bavail, bsize } = statfsSync(MEMORY_DISK)
    return bavail * bsize >= FREE_BYTES_MIN
  } catch {
    return false
  }
}
