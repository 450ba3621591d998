/**
 * One server per data folder. The lock names its holder by pid, start time of that process and
 * boot, so that a stale one is recognised even where every server is pid 1, as in containers.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '#runtime/random.ts'
import { DataFolderError, makeDataFolder, unusable } from './data-folder.ts'
import { giveStartRoom } from './start-room.ts'
import { type LockFiles, takeLock } from './take-lock.ts'

interface Holder {
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat; '' where there is no /proc. */
  readonly started: string
  readonly boot: string
  /** Makes every lock another text. */
  readonly nonce: string
}

/** Takes the folder, making it if need be; answers how to give it back. */
export async function lockDataFolder(folder: string, random: Random): Promise<() => void> {
  const path = join(folder, 'lock')
  const nonce = Buffer.from(random.bytes(8)).toString('hex')
  const text = JSON.stringify(holderOf(process.pid, nonce))
  const files = lockFiles(nonce)
  const isHeld = (found: string): boolean => isRunning(readHolder(found))
  makeDataFolder(folder)
  const take = (): Promise<string | null> => takeLock({ files, path, text, isHeld })
  const other = await take()
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC' || !giveStartRoom(folder)) throw error
      return take()
    })
    .catch((error: unknown) => {
      throw unusable(folder, error)
    })
  if (other === null) return () => release(path, text)
  const pid = readHolder(other)?.pid
  throw new DataFolderError(
    'LOGBOY_DATA_IN_USE',
    `${folder} is in use by the server with pid ${pid}; stop it or choose another LOGBOY_DATA`,
  )
}

function release(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) rmSync(path)
}

/** `nonce` names the temporary files of this process, of which others may have the same pid. */
function lockFiles(nonce: string): LockFiles {
  const writeTemporary = async (path: string, text: string): Promise<string> => {
    const temporary = `${path}.${nonce}.tmp`
    await writeFile(temporary, text, { mode: 0o600, flush: true })
    return temporary
  }
  return {
    async create(path, text) {
      const temporary = await writeTemporary(path, text)
      try {
        return (await nullAt('EEXIST', link(temporary, path))) !== null
      } finally {
        await rm(temporary)
      }
    },
    read: path => nullAt('ENOENT', readFile(path, 'utf8')),
    async replace(path, text) {
      await rename(await writeTemporary(path, text), path)
    },
    remove: path => rm(path),
  }
}

/** Waits for the work; null where it fails with this code. */
async function nullAt<Value>(code: string, work: Promise<Value>): Promise<Value | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return null
    throw error
  }
}

/** null = unreadable: written half by a process that died. */
function readHolder(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder
  } catch {
    return null
  }
}

function isRunning(holder: Holder | null): boolean {
  if (holder === null || holder.boot !== readBoot()) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return readStarted(holder.pid) === holder.started
}

function holderOf(pid: number, nonce: string): Holder {
  return { pid, started: readStarted(pid), boot: readBoot(), nonce }
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
