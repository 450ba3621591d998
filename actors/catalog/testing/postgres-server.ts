/** A PostgreSQL of a test's own, to kill. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endsWithUs } from '#actors/testing/ends-with-us.ts'
import { freePort } from '#actors/testing/free-port.ts'
import { pause } from '#runtime/clock.ts'

export interface PostgresServer {
  readonly url: string
  /** It ends by itself when it can write no longer. */
  isRunning(): boolean
  start(): Promise<void>
  /** SIGKILL to the process that started all others; they end by themselves. */
  kill(): Promise<void>
  close(): Promise<void>
}

const USER = 'logboy'
/** Where Debian puts its versions. */
const VERSIONS = '/usr/lib/postgresql'
const RETRY_MS = 200

/** null = its programs are not on this machine. In a new temporary folder unless given. */
export async function openPostgresServer(
  folder: string = mkdtempSync(join(tmpdir(), 'logboy-postgres-')),
): Promise<PostgresServer | null> {
  const version = existsSync(VERSIONS) ? readdirSync(VERSIONS).toSorted().at(-1) : undefined
  if (version === undefined) return null
  const program = (name: string): string => join(VERSIONS, version, 'bin', name)
  const port = await freePort()
  const owner = ownerOf(folder)
  const files = ['-D', folder]
  const made = ['-U', USER, '--auth=trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  execFileSync(program('initdb'), [...files, ...made], { ...owner, stdio: 'ignore' })
  const address = ['-h', '127.0.0.1', '-p', String(port)]
  // What a killed process has written is the system's, synced or not.
  const settings = ['-k', folder, '-c', 'fsync=off', '-c', 'shared_buffers=16MB']
  let child: ChildProcess | null = null
  const server: PostgresServer = {
    url: `postgres://${USER}@127.0.0.1:${port}/postgres`,
    isRunning: () => child !== null && child.exitCode === null && child.signalCode === null,
    async start() {
      // It refuses to start while children of a killed one are still there.
      for (;;) {
        child = spawn(program('postgres'), [...files, ...address, ...settings], {
          ...owner,
          stdio: 'ignore',
        })
        endsWithUs(child)
        while (child.exitCode === null) {
          if (isReady(program('pg_isready'), address)) return
          await pause(RETRY_MS)
        }
      }
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    async close() {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

function isReady(program: string, address: readonly string[]): boolean {
  try {
    execFileSync(program, [...address, '-q', '-d', 'postgres', '-U', USER])
    return true
  } catch {
    return false
  }
}

/** It does not run as root: then as the user that Debian made for it. */
function ownerOf(folder: string): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres']).toString())
  const owner = { uid: id('-u'), gid: id('-g') }
  chownSync(folder, owner.uid, owner.gid)
  return owner
}
