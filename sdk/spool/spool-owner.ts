/**
 * Whose a spool is, which is its folder's name: pid, start time of that process and boot, so that a
 * folder whose process is gone is recognised even where every process is pid 1, as in containers.
 * Making or renaming a folder is one step, so that of two processes one takes it.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface SpoolOwner {
  /** Name of a folder of this process. */
  nameOf(id: bigint): string
  /** Name of a folder that nobody owns any more. */
  releasedNameOf(id: bigint): string
  /** The id in such a name, if its process is gone; null = it is alive, or it is no such name. */
  abandonedId(name: string): bigint | null
}

const OWNED = /^(\d+)-(\d+)-([0-9a-f]+)-([0-9a-f]{16})$/
const RELEASED = /^free-([0-9a-f]{16})$/
const BOOT_DIGITS = 12
const KEY = /^lb_([a-z0-9]{1,64})_/
const KEY_HASH_DIGITS = 12

export const systemOwner: SpoolOwner = {
  nameOf: id => `${process.pid}-${startedOf(process.pid)}-${boot()}-${textOf(id)}`,
  releasedNameOf: id => `free-${textOf(id)}`,
  abandonedId(name) {
    const [, released] = RELEASED.exec(name) ?? []
    if (released !== undefined) return BigInt(`0x${released}`)
    const [, pid = '', started, bootOfOwner, id = ''] = OWNED.exec(name) ?? []
    if (pid === '') return null
    const isAlive = bootOfOwner === boot() && isRunning(Number(pid), started ?? '')
    return isAlive ? null : BigInt(`0x${id}`)
  },
}

/** Folder for the batches of one key: they must never be sent with the key of another project. */
export function keyFolderOf(key: string): string {
  const [, id] = KEY.exec(key) ?? []
  return id ?? `key-${createHash('sha256').update(key).digest('hex').slice(0, KEY_HASH_DIGITS)}`
}

function textOf(id: bigint): string {
  return id.toString(16).padStart(16, '0')
}

function isRunning(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startedOf(pid) === started
}

/** Clock ticks from boot to the start of a process; '0' where there is no /proc (proc(5)). */
function startedOf(pid: number): string {
  const stat = textOfFile(`/proc/${pid}/stat`)
  // The name in brackets may contain anything; the 22nd field is the 20th behind it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
}

function boot(): string {
  const digits = textOfFile('/proc/sys/kernel/random/boot_id').replace(/[^0-9a-f]/g, '')
  return digits.slice(0, BOOT_DIGITS) || '0'
}

/** '' = there is no such file. */
function textOfFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
