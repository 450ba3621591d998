/**
 * What every other part of the process stands on, whatever its roles: threads, memory, actors, the
 * catalog, and coordination with other processes. The first part of topology.ts.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { systemClock } from '#runtime/clock.ts'
import { type Fault, System } from '#runtime/index.ts'
import { systemRandom } from '#runtime/random.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import type { ServiceThread, TaskPool } from '#runtime/threads.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { openCatalog } from './catalog/open-catalog.ts'
import type { Closing } from './closing.ts'
import { Arena } from './commit-log/arena.ts'
import type { Coordination } from './coordination/coordination.ts'
import { InProcessCoordination } from './coordination/in-process.ts'
import { patiently } from './patience.ts'
import type { Config } from './settings.ts'
import type { Shape } from './shape.ts'

export interface FoundationOptions {
  readonly config: Config
  readonly shape: Shape
  readonly log: Logger
  /** Something without which there is no going on; the process should end. */
  readonly onFatal: (error: Error) => void
}

export type Foundation = Awaited<ReturnType<typeof openFoundation>>

const MANIFEST_URL = new URL('manifest.ts', import.meta.url)
/** One thread proves or matches millions of rows a second. */
const PROMPT_THREADS = 1
/** Tasks that wait for a thread; the queues before it are bounded far below. */
const TASKS_MAX = 4_096
const SERVICE_CALLS_MAX = 1_024
/** The part of the memory for batches in which the log is read back; doors cannot take it. */
const READER_SHARE = 8
const STOP_MS = 10_000

const clock = systemClock
const random = systemRandom

export async function openFoundation(options: FoundationOptions, closing: Closing) {
  const { config, log, onFatal } = options
  const onFault = (error: Error, where = ''): void => log.error({ err: error, where }, 'fault')
  // What senders and tails wait for must not queue behind row groups being encoded or searched.
  const openPool = (threads: number): TaskPool => {
    const opened = openWorkerPool({ manifestUrl: MANIFEST_URL, threads, queueMax: TASKS_MAX })
    closing.add(() => opened.close())
    return opened
  }
  const promptPool = openPool(PROMPT_THREADS)
  const pool = openPool(config.workers)
  const open = () => openCatalog(config)
  const isElsewhere = config.databaseUrl !== ''
  const catalog = await (isElsewhere
    ? patiently({ clock, config, log }, 'PostgreSQL', open)
    : open())
  closing.add(() => catalog.close())
  const coordination = await openCoordination(options)
  closing.add(() => coordination.close())
  const readerBytes = Math.floor(config.arenaBytes / READER_SHARE)
  const arena = new Arena({ capacityBytes: config.arenaBytes, readerBytes })
  const system = openSystem(options)
  const openThread = (service: string, serviceOptions: unknown): Promise<ServiceThread> =>
    openServiceThread({
      manifestUrl: MANIFEST_URL,
      service,
      options: serviceOptions,
      callsMax: SERVICE_CALLS_MAX,
      onLost: onFatal,
    })
  const folder = (name: string): string => folderOf(config, name)
  const parts = { ...options, clock, random, onFault, promptPool, pool, catalog, coordination }
  return {
    ...parts,
    arena,
    system,
    openThread,
    folder,
    stopActors: () => system.stop('stop', STOP_MS),
  }
}

async function openCoordination({ config, shape, log }: FoundationOptions): Promise<Coordination> {
  if (shape.coordination === 'in-process') return new InProcessCoordination(clock)
  const { RedisCoordination } = await import('./coordination/redis-coordination.ts')
  return new RedisCoordination({
    url: config.redisUrl,
    prefix: config.installation,
    clock,
    onAway: reason => log.warn({ reason }, 'Redis is away; changes take effect by polling'),
  })
}

function openSystem({ log, onFatal }: FoundationOptions): System {
  return new System({
    clock,
    random,
    onFault: ({ address, error, consequence }: Fault) =>
      log.error({ err: error, address, consequence }, 'an actor failed'),
    onEscalation: (group, rootCause) => {
      log.fatal({ err: rootCause, group }, 'an actor failed too often')
      onFatal(rootCause)
    },
  })
}

function folderOf({ dataFolder }: Config, name: string): string {
  const folder = join(dataFolder, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}
