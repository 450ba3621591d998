/** The server as its users start it: a process of its own, on a folder and free ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '#actors/settings.ts'

export interface Ended {
  readonly code: number | null
  /** All that it said, the server's own log included. */
  readonly stderr: string
}

/** Settings of whoever runs the tests, such as addresses of real servers, are not the test's. */
const settings = new Set(Object.values(SETTINGS).map(({ env }) => env))
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !settings.has(name)),
)

const ENTRY = fileURLToPath(new URL('../cli/logboy.ts', import.meta.url))

/** Who hears nothing for so long says for what it waits. */
const ANSWER_MS_MAX = 60_000

const ANY_PORTS = { 'http-port': '0', 'grpc-port': '0', 'otlp-http-port': '0' }

export class ServerProcess {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #dataFolder: string
  #stdout = ''
  #stderr = ''
  #said: () => void = () => undefined

  /** `flags` as on the command line, `nodeFlags` before the program. */
  constructor(
    dataFolder: string,
    flags: Readonly<Record<string, string>> = {},
    nodeFlags: readonly string[] = [],
  ) {
    this.#dataFolder = dataFolder
    const given = { data: dataFolder, ...ANY_PORTS, ...flags }
    const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value])
    this.#child = spawn(process.execPath, [...nodeFlags, ENTRY, 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString()
      this.#said()
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString()
    })
    // Whoever started it and ends, ends it.
    const leave = (): boolean => this.#child.kill('SIGKILL')
    process.once('exit', leave)
    this.#child.once('exit', () => process.off('exit', leave))
    this.ended = new Promise(resolve => {
      this.#child.once('close', code => resolve({ code, stderr: this.#stderr }))
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Settles with its URL once it is ready; rejects when it ends before. */
  async ready(): Promise<string> {
    const ended = this.ended.then(({ code, stderr }) => {
      throw new Error(`the server ended with ${code}: ${stderr}`)
    })
    for (;;) {
      const [, url] = /^logboy ready (\S+)$/m.exec(this.#stdout) ?? []
      if (url !== undefined) {
        void ended.catch(() => undefined)
        return url
      }
      const more = new Promise<void>(resolve => {
        this.#said = resolve
      })
      await Promise.race([more, ended])
    }
  }

  /** What it wrote down for commands on this machine. */
  get note(): { readonly url: string; readonly grpc: string; readonly adminToken: string } {
    const read = (name: string): string => readFileSync(join(this.#dataFolder, name), 'utf8')
    const { url, grpc } = JSON.parse(read('server.json')) as { url: string; grpc: string }
    return { url, grpc, adminToken: read('admin.token').trim() }
  }

  /** As administrator, or with a key; throws what was refused, or not answered. */
  async call<Body>(method: string, path: string, body?: unknown, key?: string): Promise<Body> {
    const { url, adminToken } = this.note
    const reply = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key ?? adminToken}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    }).catch((cause: Error) => {
      throw new Error(`${method} ${path}: ${cause.message}`, { cause })
    })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
    return (text === '' ? null : JSON.parse(text)) as Body
  }

  stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Ended> {
    this.#child.kill(signal)
    return this.ended
  }
}
