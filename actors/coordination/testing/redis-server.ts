/** A Redis of a test's own, to kill and to stop; with a password, so that a leak of it shows. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#actors/testing/free-port.ts'
import { systemClock } from '#runtime/clock.ts'

const PASSWORD = 'a-password-of-tests'

export interface RedisServer {
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
  signal(signal: NodeJS.Signals): void
  close(): Promise<void>
}

export async function openRedisServer(): Promise<RedisServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'logboy-redis-'))
  let child: ChildProcess | null = null
  const server: RedisServer = {
    url: `redis://:${PASSWORD}@127.0.0.1:${port}/0`,
    async start() {
      const settings = { port, bind: '127.0.0.1', dir: folder, requirepass: PASSWORD, save: '' }
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`])
      child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      for await (const chunk of child.stdout ?? []) {
        if (String(chunk).includes('Ready to accept connections')) break
      }
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    signal: name => void child?.kill(name),
    async close() {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

const LOOK_MS = 10
const WAIT_MS_MAX = 20_000

/** Looks until it is so; fails after twenty seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + WAIT_MS_MAX
  while (!(await isSo())) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error('waited too long')
    await new Promise<void>(resolve => void systemClock.after(LOOK_MS, resolve))
  }
}
