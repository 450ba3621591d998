/** A real server in a process of its own, as bench and fault runs use it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endsWithUs } from '#actors/testing/ends-with-us.ts'
import { SERVER_FLAGS, serverEnvironment } from '../../scripts/bootstrap.mjs'
import { callAt, type LabEntry, type ProjectKeys, projectAt } from './entry.ts'

export interface ServerOptions {
  /** A new temporary folder unless given. */
  readonly dataFolder?: string
  readonly env?: Readonly<Record<string, string>>
}

/** CPU seconds and memory of a process, read from /proc. */
export interface Usage {
  readonly cpuSeconds: number
  readonly rssBytes: number
}

const CLOCK_TICKS = 100
const PAGE_BYTES = 4096
const PORT_MIN = 20_000
const PORT_PAIRS = 6_000
const OUTPUT_CHARS_KEPT = 20_000
/** pino's levels error and fatal, and what Node says when it falls. */
const FAULT_LINE = /"level":[56]0|^\w*Error: |Assertion failed/
const FAULT_CHARS_KEPT = 2_000
const ENTRY = fileURLToPath(new URL('../../actors/cli/logboy.ts', import.meta.url))

export class LabServer implements LabEntry {
  readonly dataFolder: string
  url = ''
  grpcUrl = ''
  /** What it logged as an error, over all starts. */
  readonly faults: string[] = []
  readonly #options: ServerOptions
  #child: ChildProcess | null = null
  #output = ''
  #firstPort: number | undefined

  constructor(options: ServerOptions = {}) {
    this.#options = options
    this.dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'logboy-lab-'))
  }

  /** Starts and waits for the ready line; answers the milliseconds it took. */
  async start(): Promise<number> {
    const begun = performance.now()
    const [httpPort, grpcPort] = this.#ports()
    const child = spawn(process.execPath, [...SERVER_FLAGS, ENTRY, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...serverEnvironment(),
        LOGBOY_DATA: this.dataFolder,
        LOGBOY_HTTP_PORT: httpPort,
        LOGBOY_GRPC_PORT: grpcPort,
        LOGBOY_OTLP_HTTP_PORT: 'off',
        LOGBOY_LOG_LEVEL: 'warn',
        ...this.#options.env,
      },
    })
    this.#child = child
    this.#output = ''
    endsWithUs(child)
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        for (const line of chunk.toString().split('\n')) {
          if (FAULT_LINE.test(line)) this.faults.push(line.slice(0, FAULT_CHARS_KEPT))
        }
        look(chunk)
      }
      const look = (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_CHARS_KEPT)
        if (this.#output.includes('logboy ready')) resolve()
      }
      child.stdout?.on('data', look)
      child.stderr?.on('data', read)
      child.once('exit', code => reject(new Error(`server ended with ${code}: ${this.#output}`)))
    })
    this.url = `http://127.0.0.1:${httpPort}`
    this.grpcUrl = `http://127.0.0.1:${grpcPort}`
    return performance.now() - begun
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** The last of what it said. */
  get output(): string {
    return this.#output
  }

  /** To stop and resume it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }

  /** SIGKILL, at once. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** SIGTERM: it drains and ends. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  remove(): void {
    rmSync(this.dataFolder, { recursive: true, force: true })
  }

  createProject(name: string): Promise<ProjectKeys> {
    return projectAt(this, name)
  }

  /** A REST call as administrator, or with the given key. */
  call(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<Record<string, string>> {
    const token = key ?? readFileSync(join(this.dataFolder, 'admin.token'), 'utf8').trim()
    return callAt(this.url, { method, path, body, token })
  }

  /** The value of `/metrics` that has no labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const line = text.split('\n').find(line => line.startsWith(`${name} `))
    if (line === undefined) throw new Error(`/metrics has no ${name}: ${text.slice(0, 200)}`)
    return Number(line.slice(name.length))
  }

  usage(): Usage {
    return usageOf(this.pid)
  }

  /**
   * Fixed for all starts, and below the range from which the system takes ports for outgoing
   * connections: one of those could take ours while the server is down.
   */
  #ports(): [string, string] {
    this.#firstPort ??= PORT_MIN + 2 * Math.floor(Math.random() * PORT_PAIRS)
    return [String(this.#firstPort), String(this.#firstPort + 1)]
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
}

/** User and system time of all threads, resident memory; fields as proc(5) numbers them. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS,
    rssBytes: Number(fields[21]) * PAGE_BYTES,
  }
}
