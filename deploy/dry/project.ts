/** `docker compose up` without Docker: every service in the order in which they need each other. */
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  type ComposeHealthcheck,
  type ComposeService,
  durationMs,
  sizeBytes,
} from './compose-file.ts'
import { Container, type Healthcheck, type Mount } from './container.ts'
import type { ImageConfig } from './dockerfile.ts'
import { Network } from './network.ts'
import { atAddress, hostPortOf, imageName, PROGRAMS, type Program, SERVERS } from './stand-ins.ts'

export interface ProjectOptions {
  readonly services: ReadonlyMap<string, ComposeService>
  /** Of the image that is built here, and its folder. */
  readonly image: ImageConfig
  readonly imageFolder: string
  /** Where the compose file lies. */
  readonly context: string
  /** For volumes and what else is needed meanwhile. */
  readonly folder: string
  /** Names the servers that run already. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Given to each of our containers on top of what its files state. */
  readonly additions: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly tell: (text: string) => void
}

const GRACE_MS = 10_000
/** Docker's own. */
const HEALTH = { interval: '30s', timeout: '30s', start_period: '0s', retries: 3 }

export class Project {
  readonly network: Network
  /** Services that nothing here can stand in for. */
  readonly absent: string[] = []
  readonly #options: ProjectOptions
  readonly #hostsFile: string
  readonly #containers = new Map<string, Container>()
  readonly #started = new Map<string, Promise<void>>()

  constructor(options: ProjectOptions) {
    this.#options = options
    this.network = new Network(options.services.keys())
    this.#hostsFile = join(options.folder, 'hosts')
    this.network.writeHosts(this.#hostsFile)
    // Whoever started them and ends, ends them.
    process.once('exit', () => {
      for (const container of this.#containers.values()) container.kill()
    })
  }

  /** Starts everything; settles when all that have a health check are well. */
  async up(): Promise<void> {
    const names = [...this.#options.services.keys()]
    await Promise.all(names.map(name => this.#isWell(name)))
  }

  container(name: string): Container {
    const found = this.#containers.get(name)
    if (found === undefined) throw new Error(`${name} does not run`)
    return found
  }

  isRunning(name: string): boolean {
    return this.#containers.get(name)?.isRunning ?? false
  }

  /** `docker compose restart NAME`. */
  async restart(name: string): Promise<void> {
    await this.#stop(this.container(name))
    this.#started.delete(name)
    await this.#isWell(name)
  }

  /** Dependents first; what does not end well is told. */
  async down(): Promise<void> {
    const latestFirst = [...this.#containers.values()].reverse()
    for (const container of latestFirst) if (container.isRunning) await this.#stop(container)
    this.network.close()
  }

  /** At once, whatever it costs. */
  async abandon(): Promise<void> {
    const containers = [...this.#containers.values()].filter(({ isRunning }) => isRunning)
    for (const container of containers) container.kill()
    await Promise.all(containers.map(container => container.ended()))
    this.network.close()
  }

  #isWell(name: string): Promise<void> {
    const known = this.#started.get(name)
    if (known !== undefined) return known
    const starting = this.#start(name, this.#service(name))
    this.#started.set(name, starting)
    return starting
  }

  async #start(name: string, service: ComposeService): Promise<void> {
    await Promise.all(Object.keys(service.depends_on ?? {}).map(other => this.#isWell(other)))
    const { signal, tell } = this.#options
    signal.throwIfAborted()
    const server = SERVERS[imageName(service)]
    const program = PROGRAMS[imageName(service)]
    if (server !== undefined) return this.#forward(name, server)
    if (!isOurs(service) && program === undefined) return void this.absent.push(name)
    const begunMs = performance.now()
    const container = new Container(
      program === undefined ? this.#ours(name, service) : this.#stranger(name, service, program),
    )
    this.#containers.set(name, container)
    if (service.restart === 'no') {
      const code = await container.ended()
      if (code !== 0) throw new Error(`${name} ended with ${code}\n${container.lines.join('\n')}`)
      return tell(`${name}: done in ${Math.round(performance.now() - begunMs)} ms`)
    }
    await container.healthy()
    tell(`${name}: healthy after ${((performance.now() - begunMs) / 1_000).toFixed(1)} s`)
  }

  async #forward(name: string, server: (typeof SERVERS)[string]): Promise<void> {
    const address = this.#options.environment[server.variable]
    if (address === undefined) throw new Error(`${name}: ${server.variable} is not set`)
    await this.network.forward(name, server.port, hostPortOf(address))
    this.#options.tell(`${name}: the one of ${server.variable}`)
  }

  #ours(name: string, service: ComposeService): ConstructorParameters<typeof Container>[0] {
    const { image, imageFolder, additions } = this.#options
    const userId = userIdOf(service.user ?? image.user)
    const isServer = service.entrypoint === undefined
    return {
      ...this.#common(name, service, image.healthcheck, userId),
      argv: [
        ...(service.entrypoint ?? image.entrypoint),
        ...(service.command ?? (isServer ? image.command : [])),
      ],
      environment: {
        ...image.environment,
        ...service.environment,
        ...(isServer ? { ...additions, LOGBOY_HOST: this.network.addressOf(name) } : {}),
      },
      workingFolder: image.workingFolder,
      mounts: [
        { kind: 'ro', path: image.workingFolder, source: imageFolder },
        // The image's own Node.
        { kind: 'ro', path: '/usr/local/bin', source: dirname(process.execPath) },
        ...this.#mounts(service, userId),
      ],
      userId,
    }
  }

  #stranger(
    name: string,
    service: ComposeService,
    program: Program,
  ): ConstructorParameters<typeof Container>[0] {
    const address = this.network.addressOf(name)
    const { userId, workingFolder = '/', mounts = [], rewrite } = program
    const changed = (mount: Mount): Mount => {
      if (rewrite === undefined || mount.source === undefined) return mount
      const source = join(this.#options.folder, `${name}-${basename(mount.source)}`)
      writeFileSync(source, rewrite(readFileSync(mount.source, 'utf8'), address))
      return { ...mount, source }
    }
    return {
      ...this.#common(name, service, service.healthcheck, userId),
      argv: program.argv(service, address),
      environment: service.environment ?? {},
      workingFolder,
      mounts: [...mounts, ...this.#mounts(service, userId).map(changed)],
      userId,
    }
  }

  #common(
    name: string,
    service: ComposeService,
    healthcheck: ComposeHealthcheck | undefined,
    userId: number | null,
  ) {
    const { folder } = this.#options
    const { stop_grace_period: grace, read_only: readOnly = false } = service
    return {
      name,
      userId,
      readOnly,
      folder,
      hostsFile: this.#hostsFile,
      graceMs: grace === undefined ? GRACE_MS : durationMs(grace),
      healthcheck:
        healthcheck === undefined ? null : healthOf(healthcheck, this.network.addressOf(name)),
    }
  }

  #mounts(service: ComposeService, userId: number | null): Mount[] {
    const { context, folder } = this.#options
    const volumes = (service.volumes ?? []).map((text): Mount => {
      const [from = '', path = '', mode] = text.split(':')
      const isFile = from.startsWith('.')
      const source = isFile ? join(context, from) : join(folder, 'volumes', from)
      if (!isFile) makeVolume(source, userId)
      return { kind: mode === 'ro' ? 'ro' : 'rw', path, source }
    })
    const temporary = (service.tmpfs ?? []).map((path): Mount => ({ kind: 'tmpfs', path }))
    return [...temporary, ...volumes]
  }

  /** It has to end by itself, in time, and to have kept below its limit. */
  async #stop(container: Container): Promise<void> {
    const service = this.#service(container.name)
    const begunMs = performance.now()
    const code = await container.stop()
    if (!isOurs(service)) return
    const tail = container.lines.slice(-20).join('\n')
    if (code !== 0) throw new Error(`${container.name} ended with ${code}\n${tail}`)
    const limit = sizeBytes(service.mem_limit ?? '')
    const used = `${mib(container.peakBytes)} of ${mib(limit)} MiB at most`
    if (container.peakBytes > limit) throw new Error(`${container.name} took ${used}`)
    const ms = Math.round(performance.now() - begunMs)
    this.#options.tell(`${container.name}: ended with 0 after ${ms} ms, took ${used}`)
  }

  #service(name: string): ComposeService {
    const service = this.#options.services.get(name)
    if (service === undefined) throw new Error(`there is no service ${name}`)
    return service
  }
}

export function isOurs({ build }: ComposeService): boolean {
  return build !== undefined
}

function healthOf(check: ComposeHealthcheck, address: string): Healthcheck {
  const { test, interval, timeout, start_period, retries } = { ...HEALTH, ...check }
  const [kind, ...rest] = test.map(part => atAddress(part, address))
  return {
    argv: kind === 'CMD-SHELL' ? ['sh', '-c', ...rest] : rest,
    intervalMs: durationMs(interval),
    timeoutMs: durationMs(timeout),
    startPeriodMs: durationMs(start_period),
    retries,
  }
}

/** Users by number, as `1000:1000`; null = root. */
function userIdOf(user: string): number | null {
  if (user === 'root') return null
  const [, id] = /^(\d+)(:\1)?$/.exec(user) ?? []
  if (id === undefined) throw new Error(`user '${user}' is not named by its number`)
  return Number(id)
}

/** As the folder of the image that it replaces: of the image's user, for nobody else. */
function makeVolume(folder: string, userId: number | null): void {
  if (existsSync(folder)) return
  mkdirSync(folder, { recursive: true, mode: userId === null ? 0o755 : 0o700 })
  if (userId !== null) chownSync(folder, userId, userId)
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
