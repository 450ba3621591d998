/**
 * THE pipeline, sink first: what is made later knows what was made before it, never the other way.
 *
 *   doors → project actors → journal → store, tail        page, REST → store, tail, catalog
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { type Clock, systemClock } from '#runtime/clock.ts'
import { type Fault, System } from '#runtime/index.ts'
import { systemRandom } from '#runtime/random.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import type { ServiceThread } from '#runtime/threads.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { type ApiDeps, apiRoutes, apiSockets } from './api/api-routes.ts'
import { metricsText } from './api/metrics-text.ts'
import { OpenSockets } from './api/tail-socket.ts'
import { openEmbeddedCatalog } from './catalog/open-catalog.ts'
import { Arena } from './commit-log/arena.ts'
import { openJournalLog } from './commit-log/journal/journal-log.ts'
import type { Config } from './config.ts'
import { startGrpc } from './gateway/grpc-server.ts'
import { ingestRoutes } from './gateway/ingest-http.ts'
import { OpenStreams } from './gateway/open-streams.ts'
import { startHttp } from './http/start-http.ts'
import { staticRoutes } from './http/static-files.ts'
import { KeyCache } from './identity/key-cache.ts'
import { Sessions } from './identity/sessions.ts'
import { metricFamilies } from './metrics.ts'
import { IngestMeter } from './project/ingest-meter.ts'
import { PROJECT_RESTART, type ProjectRequest, project } from './project/project.ts'
import { retention } from './retention/retention.ts'
import { openParquetStore } from './store/parquet-store.ts'
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
  const { config, log, onFatal } = options
  const clock = systemClock
  const random = systemRandom
  const closing: (() => Promise<unknown>)[] = []
  const onFault = (error: Error, where = '') => log.error({ err: error, where }, 'fault')
  const folderOf = (name: string): string => {
    const folder = join(config.dataFolder, name)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  }
  const thread = (service: string, serviceOptions: unknown): Promise<ServiceThread> =>
    openServiceThread({
      manifestUrl: MANIFEST_URL,
      service,
      options: serviceOptions,
      callsMax: SERVICE_CALLS_MAX,
      onLost: onFatal,
    })

  try {
    const pool = openWorkerPool({
      manifestUrl: MANIFEST_URL,
      threads: config.workers,
      queueMax: TASKS_MAX,
    })
    closing.push(() => pool.close())
    const catalog = await openEmbeddedCatalog(config.dataFolder)
    closing.push(() => catalog.close())

    const readerBytes = Math.floor(config.arenaBytes / READER_SHARE)
    const arena = new Arena({ capacityBytes: config.arenaBytes, readerBytes })
    const storeFolder = folderOf('store')
    const segmentWriter = await thread('segment-writer', { folder: storeFolder })
    closing.push(() => segmentWriter.close())
    const store = await openParquetStore({
      folder: storeFolder,
      clock,
      pool,
      writer: segmentWriter,
      diskReserveBytes: config.diskReserveBytes,
      flushBytes: config.flushBytes,
      flushIntervalMs: config.flushIntervalMs,
      isMemoryShort: () => arena.isShort,
      onFault,
    })
    closing.push(() => store.close())

    const journalFolder = folderOf('journal')
    const journal = await openJournalLog({
      writer: await thread('journal-writer', {
        folder: journalFolder,
        diskReserveBytes: config.diskReserveBytes,
      }),
      tasks: pool,
      arena,
      clock,
      folder: journalFolder,
      keepMs: config.journalKeepMs,
      keepBytes: config.journalKeepBytes,
      endAtLeast: store.published(),
      unflushedBytes: () => store.recentBytes(),
      onFailure: onFatal,
    })
    closing.push(() => journal.close())
    const recoveredEnd = journal.end()
    const consumption = journal.consume({
      name: 'store',
      from: store.published(),
      receive: entries => store.receive(entries),
    })
    const tellPassed = (): void => {
      consumption.passed(store.published())
      clock.after(PASSED_INTERVAL_MS, tellPassed)
    }
    tellPassed()
    await caughtUp(() => store.received() >= recoveredEnd, clock)

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
    closing.push(() => system.stop('stop', STOP_MS))
    system.spawn(retention, { catalog, store, intervalMs: config.retentionIntervalMs })
    const tailRef = system.spawn(tail, { log: journal, pool })
    const meter = new IngestMeter()
    const projects = system.keyed<ProjectRequest, Parameters<typeof project.create>[1]>(
      project,
      projectId => ({ projectId, log: journal, meter }),
      { actorsMax: PROJECTS_MAX, idleMs: PROJECT_IDLE_MS, restart: PROJECT_RESTART },
    )

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
    closing.push(() => keys.close())
    const ingest = {
      verifier: keys,
      projects: (projectId: string) => projects.ref(projectId),
      arena,
      pool,
      clock,
      meter,
      onFault,
    }
    const streams: OpenStreams = new OpenStreams(ingest)
    const sessions = new Sessions({ catalog, clock, random, adminToken: options.adminToken })

    const observe = (): Record<string, unknown> => ({
      actors: system.observe(),
      ingest: meter.observe(),
      streams: streams.observe(),
      memory: arena.observe(),
      journal: journal.observe(),
      store: store.observe(),
      pool: pool.observe(),
      keys: keys.observe(),
      http: http.observe(),
    })
    const api: ApiDeps = {
      catalog,
      keys,
      sessions,
      store,
      tail: tailRef,
      sockets,
      clock,
      random,
      version: options.version,
      retentionDays: config.retentionDays,
      publicUrl: () => publicUrl,
      notReady: () => journal.refusal(),
      observe,
      flush: () => store.flush(),
      metrics: async () =>
        metricsText(metricFamilies({ meter, actors: system.observe(), arena, store, journal })),
    }
    const tls = config.tlsCert === '' ? null : { certFile: config.tlsCert, keyFile: config.tlsKey }
    const grpc = await startGrpc({
      host: config.host,
      port: config.grpcPort,
      tls,
      streams,
      clock,
      onFault,
    })
    closing.push(() => grpc.close())
    const http = await startHttp({
      driver: config.httpDriver,
      routes: [
        ...ingestRoutes({ ...ingest, log: journal, random }),
        ...apiRoutes(api),
        ...staticRoutes(UI_FOLDER),
      ],
      sockets: apiSockets(api),
      host: config.host,
      ports: config.httpPorts,
      tls,
      clock,
      onFault,
    })
    closing.push(() => http.close())
    const scheme = tls === null ? 'http' : 'https'
    const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host
    const url = `${scheme}://${host}:${http.ports[0] ?? 0}`
    const publicUrl = config.publicUrl === '' ? url : config.publicUrl.replace(/\/+$/, '')
    return { url, grpcUrl: `${scheme}://${host}:${grpc.port}`, stop: () => closeAll(closing) }
  } catch (error) {
    await closeAll(closing).catch(() => undefined)
    throw error
  }
}

/**
 * A search right after the start finds everything that was acknowledged before it. Where a full
 * disk holds the store up, doors open all the same: what is there can be read.
 */
async function caughtUp(isCaughtUp: () => boolean, clock: Clock): Promise<void> {
  const deadlineMs = clock.monotonicMs() + CATCH_UP_MS_MAX
  while (!isCaughtUp() && clock.monotonicMs() < deadlineMs) {
    await new Promise<void>(resolve => void clock.after(CATCH_UP_LOOK_MS, resolve))
  }
}

/** Doors first, files last; one that fails does not keep the others open. */
async function closeAll(closing: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closing.toReversed()) {
    await close().catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}
