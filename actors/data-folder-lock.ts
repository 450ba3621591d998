/**
 * One server per data folder. The lock names its holder by pid, start time of that process and
 * boot, so that a stale one is recognised even where every server is pid 1, as in containers.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

interface Holder {
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat; '' where there is no /proc. */
  readonly started: string
  readonly boot: string
}

export class DataFolderError extends Error {
  readonly code: 'LOGBOY_DATA_IN_USE' | 'LOGBOY_DATA_UNUSABLE'

  constructor(code: 'LOGBOY_DATA_IN_USE' | 'LOGBOY_DATA_UNUSABLE', message: string) {
    super(message)
    this.code = code
  }
}

/** Takes the folder, making it if need be; answers how to give it back. */
export function lockDataFolder(folder: string): () => void {
  const path = join(folder, 'lock')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Losing the race against another start shows as EEXIST a second time.
    for (let attempt = 0; ; attempt++) {
      if (writeLock(path, attempt > 0)) return () => rmSync(path, { force: true })
      const holder = readHolder(path)
      if (holder !== null && isRunning(holder)) {
        throw new DataFolderError(
          'LOGBOY_DATA_IN_USE',
          `${folder} is in use by the server with pid ${holder.pid}; stop it or choose another LOGBOY_DATA`,
        )
      }
      rmSync(path, { force: true })
    }
  } catch (error) {
    if (error instanceof DataFolderError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new DataFolderError(
      'LOGBOY_DATA_UNUSABLE',
      `${folder} cannot be written: ${code ?? message}`,
    )
  }
}

function writeLock(path: string, mustBeFree: boolean): boolean {
  let fd: number
  try {
    fd = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (!mustBeFree || existsSync(path)))
      return false
    throw error
  }
  writeSync(fd, JSON.stringify(holderOf(process.pid)))
  fsyncSync(fd)
  closeSync(fd)
  return true
}

/** null = unreadable: written half by a process that died. */
function readHolder(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return null
  }
}

function isRunning(holder: Holder): boolean {
  if (holder.boot !== readBoot()) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return holderOf(holder.pid).started === holder.started
}

function holderOf(pid: number): Holder {
  return { pid, started: readStarted(pid), boot: readBoot() }
}

function readStarted(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it may contain spaces; field 22 is the 20th after its closing bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
