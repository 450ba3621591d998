/**
 * A container without Docker: one process in a mount namespace of its own, with the root folder,
 * user, capabilities, environment and command line that its files state. It shares this machine's
 * network and its limits of memory.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pause } from '../../bench/lab/pause.ts'

export interface Mount {
  readonly kind: 'tmpfs' | 'ro' | 'rw'
  /** Inside the container. */
  readonly path: string
  /** On this machine; absent for a tmpfs. */
  readonly source?: string
}

export interface Healthcheck {
  readonly argv: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly startPeriodMs: number
  readonly retries: number
}

export interface ContainerOptions {
  readonly name: string
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingFolder: string
  readonly mounts: readonly Mount[]
  readonly readOnly: boolean
  /** null = root, with all that root may do. */
  readonly userId: number | null
  readonly healthcheck: Healthcheck | null
  readonly graceMs: number
  /** File with the addresses of all containers. */
  readonly hostsFile: string
  /** For what it needs on this machine while it runs. */
  readonly folder: string
}

export interface Executed {
  readonly code: number | null
  readonly output: string
}

const ENTER = fileURLToPath(new URL('container.sh', import.meta.url))
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const LINES_KEPT = 5_000
/** Docker looks once an interval; nobody wants to wait that long for what is well already. */
const LOOK_MS = 500

export class Container {
  readonly name: string
  /** What it printed: `docker compose logs NAME`. */
  readonly lines: string[] = []
  /** Of its own process alone, over its life. */
  peakBytes = 0
  readonly #options: ContainerOptions
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>

  constructor(options: ContainerOptions) {
    this.name = options.name
    this.#options = options
    const root = join(options.folder, `root-${options.name}`)
    mkdirSync(root, { recursive: true })
    const { mounts, hostsFile, readOnly, userId } = options
    const child = spawn(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', ENTER, ...this.#command(options.argv)],
      {
        // Ctrl-C is for us; we end the containers.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH,
          ROOT: root,
          HOSTS: hostsFile,
          MOUNTS: mounts.map(it => `${it.kind} ${it.path} ${it.source ?? ''}`).join('\n'),
          READ_ONLY: readOnly ? 'yes' : '',
          USER_ID: userId === null ? '' : String(userId),
        },
      },
    )
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) this.#keepLines(stream)
    this.#ended = once(child, 'exit').then(([code]) => code as number | null)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Its exit code; null = a signal ended it. */
  ended(): Promise<number | null> {
    return this.#ended
  }

  /** Waits as long as Docker would before it calls the container unhealthy. */
  async healthy(): Promise<void> {
    const { healthcheck } = this.#options
    if (healthcheck === null) return
    const { startPeriodMs, intervalMs, retries, argv, timeoutMs } = healthcheck
    const deadline = performance.now() + startPeriodMs + retries * (intervalMs + timeoutMs)
    let last = ''
    while (this.isRunning && performance.now() < deadline) {
      const { code, output } = await this.execute(argv, timeoutMs)
      if (code === 0) return
      last = output
      await pause(LOOK_MS)
    }
    const why = this.isRunning ? `its health check says: ${last}` : 'it ended'
    throw new Error(`${this.name} is not healthy: ${why}\n${this.lines.slice(-30).join('\n')}`)
  }

  /** `docker compose exec NAME …`. */
  async execute(argv: readonly string[], timeoutMs = 30_000): Promise<Executed> {
    const { userId, workingFolder } = this.#options
    const asUser = userId === null ? [] : [...unprivileged(userId)]
    const child = spawn(
      'nsenter',
      [
        `--target=${this.#child.pid}`,
        '--mount',
        '--root',
        `--wd=/proc/${this.#child.pid}/root${workingFolder}`,
        ...asUser,
        ...this.#command(argv),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' },
    )
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    }
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, output }
  }

  /** At once, for a process that ends without time to wait. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** `docker compose stop`: SIGTERM, and SIGKILL after its grace period. Answers its exit code. */
  async stop(graceMs = this.#options.graceMs): Promise<number | null> {
    if (!this.isRunning) return this.#child.exitCode
    this.#measure()
    this.#child.kill('SIGTERM')
    const cut = setTimeout(() => this.#child.kill('SIGKILL'), graceMs)
    const code = await this.#ended
    clearTimeout(cut)
    return code
  }

  #measure(): void {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
      this.peakBytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024
    } catch {
      // It has just ended.
    }
  }

  #command(argv: readonly string[]): string[] {
    const { environment, workingFolder } = this.#options
    const all = { PATH, HOME: '/tmp', ...environment }
    const pairs = Object.entries(all).map(([name, value]) => `${name}=${value}`)
    return ['env', '-i', '-C', workingFolder, ...pairs, ...argv]
  }

  #keepLines(stream: NodeJS.ReadableStream): void {
    let rest = ''
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop() ?? ''
      this.lines.push(...lines)
      this.lines.splice(0, Math.max(0, this.lines.length - LINES_KEPT))
    })
    stream.on('end', () => rest !== '' && this.lines.push(rest))
  }
}

/** As in container.sh. */
function unprivileged(userId: number): readonly string[] {
  return [
    'setpriv',
    `--reuid=${userId}`,
    `--regid=${userId}`,
    '--clear-groups',
    '--no-new-privs',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ]
}
