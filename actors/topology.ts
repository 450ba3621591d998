/**
 * THE pipeline, sink first: what is made later knows what was made before it, never the other way.
 *
 *   doors → project actors → journal → store, tail        page, REST → store, tail, catalog
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { type Cancel, systemClock } from '#runtime/clock.ts'
import { type Fault, System } from '#runtime/index.ts'
import { systemRandom } from '#runtime/random.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import type { ServiceThread, TaskPool } from '#runtime/threads.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { type ApiDeps, apiRoutes, apiSockets } from './api/api-routes.ts'
import { metricsText } from './api/metrics-text.ts'
import { OpenSockets } from './api/tail-socket.ts'
import { openCatalog } from './catalog/open-catalog.ts'
import { Arena } from './commit-log/arena.ts'
import {
  type JournalLog,
  openJournalLog,
  refuseNewerJournal,
} from './commit-log/journal/journal-log.ts'
import { startGrpc } from './gateway/grpc-server.ts'
import { ingestRoutes } from './gateway/ingest-http.ts'
import { OpenStreams } from './gateway/open-streams.ts'
import { startHttp } from './http/start-http.ts'
import { staticRoutes } from './http/static-files.ts'
import { KeyCache } from './identity/key-cache.ts'
import { Sessions } from './identity/sessions.ts'
import { metricFamilies } from './metrics.ts'
import { IngestMeter } from './project/ingest-meter.ts'
import {
  PROJECT_RESTART,
  type ProjectDeps,
  type ProjectRequest,
  project,
} from './project/project.ts'
import { retention } from './retention/retention.ts'
import type { Config } from './settings.ts'
import { openParquetStore, type ParquetStore } from './store/parquet-store.ts'
import { tail } from './tail/tail.ts'

export interface StartOptions {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly adminToken: string
  /** Something without which there is no going on; the process should end. */
  readonly onFatal: (error: Error) => void
}

/** A started server. */
export interface Running {
  readonly url: string
  readonly grpcUrl: string
  /** Takes no more, answers what is on its way, publishes nothing it need not, and ends. */
  stop(reason: string): Promise<void>
}

const MANIFEST_URL = new URL('manifest.ts', import.meta.url)
const UI_FOLDER = fileURLToPath(new URL('../ui/dist', import.meta.url))
/** One thread proves or matches millions of rows a second. */
const PROMPT_THREADS = 1
/** Tasks that wait for a thread; the queues before it are bounded far below. */
const TASKS_MAX = 4_096
const SERVICE_CALLS_MAX = 1_024
/** The part of the memory for batches in which the log is read back; doors cannot take it. */
const READER_SHARE = 8
/** Projects with an actor at the same time, and how long an idle one is kept. */
const PROJECTS_MAX = 20_000
const PROJECT_IDLE_MS = 5 * 60_000
const STOP_MS = 10_000
/** The journal is trimmed more rarely than this. */
const PASSED_INTERVAL_MS = 1_000
const CATCH_UP_MS_MAX = 30_000
const CATCH_UP_LOOK_MS = 5

export async function startLogboy(options: StartOptions): Promise<Running> {
  const closing = new Closing()
  try {
    const storage = await openStorage(options, closing)
    const pipeline = startActors(options, storage, closing)
    return await openDoors(options, { ...storage, ...pipeline }, closing)
  } catch (error) {
    await closing.run().catch(() => undefined)
    throw error
  }
}

/** What has to be closed, in the order in which it was opened. */
class Closing {
  readonly #steps: (() => unknown)[] = []

  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  /** Doors first, files last; one that fails does not keep the others open. */
  async run(): Promise<void> {
    const failures: unknown[] = []
    for (const step of this.#steps.splice(0).toReversed()) {
      await Promise.resolve()
        .then(step)
        .catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

const clock = systemClock
const random = systemRandom

/** Catalog, store and journal, opened so that searches find all that was ever acknowledged. */
async function openStorage({ config, log, onFatal }: StartOptions, closing: Closing) {
  // What senders and tails wait for must not queue behind row groups being encoded or searched.
  const openPool = (threads: number): TaskPool => {
    const opened = openWorkerPool({ manifestUrl: MANIFEST_URL, threads, queueMax: TASKS_MAX })
    closing.add(() => opened.close())
    return opened
  }
  const promptPool = openPool(PROMPT_THREADS)
  const pool = openPool(config.workers)
  const catalog = await openCatalog(config)
  closing.add(() => catalog.close())
  const readerBytes = Math.floor(config.arenaBytes / READER_SHARE)
  const arena = new Arena({ capacityBytes: config.arenaBytes, readerBytes })
  const parts = { config, log, onFatal, pool, arena }
  const journalWriter = await openJournalWriter(parts, closing)
  const store = await openStore(parts, closing)
  const journal = await openJournal({ ...parts, store, writer: journalWriter }, closing)
  const recoveredEnd = journal.end()
  const consumption = journal.consume({
    name: 'store',
    from: store.published(),
    receive: entries => store.receive(entries),
  })
  let cancel: Cancel = () => undefined
  const tellPassed = (): void => {
    consumption.passed(store.published())
    cancel = clock.after(PASSED_INTERVAL_MS, tellPassed)
  }
  tellPassed()
  closing.add(() => cancel())
  await caughtUp(() => store.received().coversAll(recoveredEnd))
  return { promptPool, pool, catalog, arena, store, journal }
}

interface StorageParts extends Pick<StartOptions, 'config' | 'log' | 'onFatal'> {
  readonly pool: TaskPool
  readonly arena: Arena
}

async function openStore(parts: StorageParts, closing: Closing): Promise<ParquetStore> {
  const { config, pool, arena } = parts
  const folder = folderOf(config, 'store')
  const writer = await openThread('segment-writer', { folder }, parts)
  closing.add(() => writer.close())
  const store = await openParquetStore({
    folder,
    clock,
    pool,
    writer,
    openDuckdb: () => openThread('duckdb', { memoryBytes: config.searchMemoryBytes }, parts),
    diskReserveBytes: config.diskReserveBytes,
    flushBytes: config.flushBytes,
    flushIntervalMs: config.flushIntervalMs,
    isMemoryShort: () => arena.isShort,
    onFault: faultLog(parts.log),
  })
  closing.add(() => store.close())
  return store
}

/** Before the store is opened, which writes: a journal of a newer version ends the start. */
async function openJournalWriter(parts: StorageParts, closing: Closing): Promise<ServiceThread> {
  const folder = folderOf(parts.config, 'journal')
  const { diskReserveBytes } = parts.config
  const writer = await openThread('journal-writer', { folder, diskReserveBytes }, parts)
  closing.add(() => writer.close())
  await refuseNewerJournal(writer)
  return writer
}

async function openJournal(
  parts: StorageParts & { readonly store: ParquetStore; readonly writer: ServiceThread },
  closing: Closing,
): Promise<JournalLog> {
  const { config, log, pool, arena, store, writer } = parts
  const folder = folderOf(config, 'journal')
  const journal = await openJournalLog({
    writer,
    tasks: pool,
    arena,
    clock,
    folder,
    keepMs: config.journalKeepMs,
    keepBytes: config.journalKeepBytes,
    endAtLeast: store.published().at(0),
    unflushedBytes: () => store.recentBytes(),
    onFailure: parts.onFatal,
  })
  closing.add(() => journal.close())
  const { tornBytes, quarantined } = journal.recovered
  if (tornBytes > 0) log.info({ tornBytes }, 'cut off what was written but never acknowledged')
  if (quarantined.length > 0)
    log.error({ quarantined }, 'parts of the journal are damaged, set aside')
  return journal
}

type Storage = Awaited<ReturnType<typeof openStorage>>

/** Everything that lives on batches; downstream first. */
function startActors({ config, log, onFatal }: StartOptions, storage: Storage, closing: Closing) {
  const { catalog, store, journal, promptPool } = storage
  const system = new System({
    clock,
    random,
    onFault: ({ address, error, consequence }: Fault) =>
      log.error({ err: error, address, consequence }, 'an actor failed'),
    onEscalation: (group, rootCause) => {
      log.fatal({ err: rootCause, group }, 'an actor failed too often')
      onFatal(rootCause)
    },
  })
  closing.add(() => system.stop('stop', STOP_MS))
  system.spawn(retention, { catalog, store, intervalMs: config.retentionIntervalMs })
  const tailRef = system.spawn(tail, { log: journal, pool: promptPool })
  const meter = new IngestMeter()
  const projects = system.keyed<ProjectRequest, ProjectDeps>(
    project,
    projectId => ({ projectId, log: journal, meter }),
    { actorsMax: PROJECTS_MAX, idleMs: PROJECT_IDLE_MS, restart: PROJECT_RESTART },
  )
  return { system, tail: tailRef, meter, projects }
}

type Pipeline = Storage & ReturnType<typeof startActors>

/** What lets senders and people in. */
async function openDoors(
  { config, log, version, adminToken }: StartOptions,
  pipeline: Pipeline,
  closing: Closing,
): Promise<Running> {
  const { catalog, store, journal, arena, promptPool, system, meter, projects } = pipeline
  const onFault = faultLog(log)
  const sockets = new OpenSockets()
  const keys: KeyCache = new KeyCache({
    catalog,
    clock,
    watcher: {
      revoked(keyId) {
        streams.revoked(keyId)
        sockets.revoked(keyId)
      },
      changed: key => streams.changed(key),
    },
  })
  closing.add(() => keys.close())
  const ingest = {
    verifier: keys,
    projects: (projectId: string) => projects.ref(projectId),
    arena,
    pool: promptPool,
    clock,
    meter,
    onFault,
  }
  const streams: OpenStreams = new OpenStreams(ingest)
  const tls = config.tlsCert === '' ? null : { certFile: config.tlsCert, keyFile: config.tlsKey }
  const { host } = config
  const grpc = await startGrpc({ host, port: config.grpcPort, tls, streams, clock, onFault })
  closing.add(() => grpc.close())
  const api: ApiDeps = {
    ...pipeline,
    keys,
    sessions: new Sessions({ catalog, clock, random, adminToken }),
    sockets,
    clock,
    random,
    version,
    retentionDays: config.retentionDays,
    publicUrl: () => (config.publicUrl === '' ? urls.http : config.publicUrl.replace(/\/+$/, '')),
    notReady: () => journal.refusal(),
    observe: () => ({ ...observe(pipeline), streams: streams.observe(), keys: keys.observe() }),
    flush: () => store.flush(),
    metrics: async () =>
      metricsText(metricFamilies({ meter, actors: system.observe(), arena, store, journal })),
  }
  const http = await startHttp({
    driver: config.httpDriver,
    routes: [
      ...ingestRoutes({ ...ingest, log: journal, random }),
      ...apiRoutes(api),
      ...staticRoutes(UI_FOLDER),
    ],
    sockets: apiSockets(api),
    host,
    ports: config.httpPorts,
    tls,
    clock,
    onFault,
  })
  closing.add(() => http.close())
  const urls = urlsOf(config, http.ports[0] ?? 0, grpc.port)
  return { url: urls.http, grpcUrl: urls.grpc, stop: () => closing.run() }
}

function observe({
  system,
  meter,
  arena,
  journal,
  store,
  promptPool,
  pool,
}: Pipeline): Record<string, unknown> {
  return {
    actors: system.observe(),
    ingest: meter.observe(),
    memory: arena.observe(),
    journal: journal.observe(),
    store: store.observe(),
    promptPool: promptPool.observe(),
    pool: pool.observe(),
  }
}

/** As programs on this machine reach us. */
function urlsOf(
  { host, tlsCert }: Config,
  httpPort: number,
  grpcPort: number,
): { http: string; grpc: string } {
  const scheme = tlsCert === '' ? 'http' : 'https'
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return {
    http: `${scheme}://${reachable}:${httpPort}`,
    grpc: `${scheme}://${reachable}:${grpcPort}`,
  }
}

function openThread(
  service: string,
  serviceOptions: unknown,
  { onFatal }: Pick<StartOptions, 'onFatal'>,
): Promise<ServiceThread> {
  return openServiceThread({
    manifestUrl: MANIFEST_URL,
    service,
    options: serviceOptions,
    callsMax: SERVICE_CALLS_MAX,
    onLost: onFatal,
  })
}

function folderOf({ dataFolder }: Config, name: string): string {
  const folder = join(dataFolder, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

function faultLog(log: Logger): (error: Error, where?: string) => void {
  return (error, where = '') => log.error({ err: error, where }, 'fault')
}

/**
 * A search right after the start finds everything that was acknowledged before it. Where a full
 * disk holds the store up, doors open all the same: what is there can be read.
 */
async function caughtUp(isCaughtUp: () => boolean): Promise<void> {
  const deadlineMs = clock.monotonicMs() + CATCH_UP_MS_MAX
  while (!isCaughtUp() && clock.monotonicMs() < deadlineMs) {
    await new Promise<void>(resolve => void clock.after(CATCH_UP_LOOK_MS, resolve))
  }
}
