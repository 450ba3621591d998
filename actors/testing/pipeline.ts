/**
 * The pipeline of topology.ts on a simulated process: the same modules, wired the same way, with
 * virtual time, a disk in memory and threads inline. Sockets are handed in, the catalog is a table.
 */

import { Arena, type ArenaBytes, type ArenaUse } from '#actors/commit-log/arena.ts'
import type { CommitLog, LogEntry } from '#actors/commit-log/commit-log.ts'
import { type JournalLog, openJournalLog } from '#actors/commit-log/journal/journal-log.ts'
import type { KeyVerifier } from '#actors/gateway/authenticate.ts'
import { ingestRoutes } from '#actors/gateway/ingest-http.ts'
import type { StreamTransport } from '#actors/gateway/ingest-stream.ts'
import { OpenStreams } from '#actors/gateway/open-streams.ts'
import { SeenSignatures } from '#actors/gateway/seen-signatures.ts'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem, problemAnswer } from '#actors/http/problem.ts'
import { manifest } from '#actors/manifest.ts'
import { IngestMeter } from '#actors/project/ingest-meter.ts'
import { PROJECT_RESTART, type ProjectRequest, project } from '#actors/project/project.ts'
import { openParquetStore, type ParquetStore } from '#actors/store/parquet-store.ts'
import { ampleMemory } from '#actors/store/testing/query-memory.ts'
import { tail } from '#actors/tail/tail.ts'
import type { TailRequest } from '#actors/tail/tail-request.ts'
import { type Clock, type Ref, type System, toError } from '#runtime/index.ts'
import type { SimulatedProcess } from '#runtime/testing/simulated-process.ts'
import type {
  SimulatedServiceThread,
  SimulatedTaskPool,
} from '#runtime/testing/simulated-threads.ts'

/** What differs between runs; small sizes make every limit a thing of everyday. */
export interface PipelineSettings {
  readonly arenaBytes: number
  readonly slabBytes: number
  readonly flushBytes: number
  readonly flushIntervalMs: number
  readonly journalFileBytes: number
  readonly journalKeepMs: number
  readonly journalKeepBytes: number
  readonly diskReserveBytes: number
  readonly workers: number
  readonly actorIdleMs: number
}

/** Virtual time that a message to or from a thread takes, at random within these; may change. */
export interface Latency {
  minMs: number
  maxMs: number
}

export interface PipelineOptions {
  readonly settings: PipelineSettings
  readonly verifier: KeyVerifier
  readonly diskLatency: Latency
  readonly taskLatency: Latency
  /** Sees every delivery of the log to the store, before the store does. */
  readonly onDelivered: (entries: readonly LogEntry[]) => void
  /** The place to break what the project actors and the tail work with. */
  readonly logOf: (log: CommitLog, user: 'project' | 'tail') => CommitLog
  readonly onFault: (error: Error, where: string) => void
  /** There is no going on: the process ends. */
  readonly onFatal: (error: Error) => void
}

const TASKS_MAX = 4_096
const SERVICE_CALLS_MAX = 1_024
const PROJECTS_MAX = 100
const STOP_MS = 10_000
const CLOSE_GRACE_MS = 5_000
const PASSED_INTERVAL_MS = 1_000

/** Everything that a started server consists of, for a test to use and to look at. */
const NO_USE = { took: () => undefined, refused: () => undefined }

export class Pipeline {
  readonly process: SimulatedProcess
  readonly system: System
  readonly arena: Arena
  readonly pool: SimulatedTaskPool
  readonly services: readonly SimulatedServiceThread[]
  readonly store: ParquetStore
  readonly journal: JournalLog
  readonly tail: Ref<TailRequest>
  readonly streams: OpenStreams
  readonly meter: IngestMeter
  readonly #routes: readonly Route[]
  readonly #onFault: PipelineOptions['onFault']
  #requestsOpen = 0
  #isStopping = false

  private constructor(
    { process, store, journal, arena, pool, services }: Durable,
    options: PipelineOptions,
  ) {
    const { settings, verifier, logOf, onFault, onFatal } = options
    const { clock, random } = process
    this.process = process
    this.store = store
    this.journal = journal
    this.arena = arena
    this.pool = pool
    this.services = services
    this.#onFault = onFault
    this.system = process.system({
      onFault: ({ error, address }) => onFault(error, address),
      onEscalation: (_group, rootCause) => onFatal(rootCause),
    })
    this.tail = this.system.spawn(tail, {
      log: logOf(journal, 'tail'),
      pool,
      troubles: () => [],
    })
    const meter = new IngestMeter()
    this.meter = meter
    const log = logOf(journal, 'project')
    const projects = this.system.keyed<ProjectRequest, Parameters<typeof project.create>[1]>(
      project,
      projectId => ({ projectId, log, meter, use: NO_USE, spend: null }),
      { actorsMax: PROJECTS_MAX, idleMs: settings.actorIdleMs, restart: PROJECT_RESTART },
    )
    const ingest = {
      verifier,
      signatures: new SeenSignatures({ clock, spend: null }),
      projects: (projectId: string) => projects.ref(projectId),
      arena,
      pool,
      clock,
      meter,
      letters: { drop: () => undefined },
      onFault,
    }
    this.streams = new OpenStreams(ingest)
    this.#routes = ingestRoutes({ ...ingest, log: journal, random })
  }

  /** Starts on what the process' disk holds. Never settles when the process dies meanwhile. */
  static async open(process: SimulatedProcess, options: PipelineOptions): Promise<Pipeline> {
    return new Pipeline(await openDurable(process, options), options)
  }

  get alive(): boolean {
    return this.process.alive
  }

  /** A connection for an SDK's stream; null = the listener is closed. */
  accept(transport: StreamTransport): ReturnType<OpenStreams['open']> | null {
    return this.#isStopping ? null : this.streams.open(transport)
  }

  /** Answers as the HTTP server does; null = the listener is closed. */
  async request(request: HttpRequest): Promise<HttpAnswer | null> {
    const route = this.#routes.find(({ method, path }) => {
      return method === request.method && path === request.path
    })
    if (route === undefined || this.#isStopping) return null
    this.#requestsOpen++
    try {
      return await route.handle(request)
    } catch (thrown) {
      if (thrown instanceof HttpProblem) return problemAnswer(thrown)
      this.#onFault(toError(thrown), request.path)
      return problemAnswer(new HttpProblem('LOGBOY_INTERNAL', 'the server failed'))
    } finally {
      this.#requestsOpen--
    }
  }

  /** Doors first, files last, as closeAll of topology.ts. */
  async close(): Promise<void> {
    const { clock } = this.process
    this.#isStopping = true
    for (let waitedMs = 0; this.#requestsOpen > 0 && waitedMs < CLOSE_GRACE_MS; waitedMs += 10) {
      await new Promise<void>(resolve => void clock.after(10, resolve))
    }
    await this.streams.stop(CLOSE_GRACE_MS)
    await this.system.stop('stop', STOP_MS)
    await this.journal.close()
    await this.store.close()
    for (const service of this.services) await service.close()
    await this.pool.close()
  }
}

interface Durable {
  readonly process: SimulatedProcess
  readonly arena: Arena
  readonly pool: SimulatedTaskPool
  readonly services: readonly SimulatedServiceThread[]
  readonly store: ParquetStore
  readonly journal: JournalLog
}

async function openDurable(process: SimulatedProcess, options: PipelineOptions): Promise<Durable> {
  const { settings, onFault } = options
  const { clock } = process
  const { diskReserveBytes, slabBytes, arenaBytes } = settings
  const pool = openPool(process, options)
  const service = (name: string, serviceOptions: unknown): Promise<SimulatedServiceThread> =>
    openService(process, options, name, serviceOptions)
  const arena = new PoisoningArena({
    capacityBytes: arenaBytes,
    readerBytes: slabBytes,
    slabBytes,
  })
  const segmentWriter = await service('segment-writer', { folder: STORE_FOLDER })
  const store = await openParquetStore({
    queryMemory: ampleMemory(),
    folder: STORE_FOLDER,
    clock,
    pool,
    writer: segmentWriter,
    diskReserveBytes,
    flushBytes: settings.flushBytes,
    flushIntervalMs: settings.flushIntervalMs,
    isMemoryShort: () => arena.isShort,
    // It answers only aggregates, and reads files that no simulated disk holds.
    openDuckdb: null,
    onFault: error => onFault(error, 'store'),
  })
  const journalWriter = await service('journal-writer', {
    folder: JOURNAL_FOLDER,
    diskReserveBytes,
  })
  const journal = await openJournalLog({
    writer: journalWriter,
    tasks: pool,
    arena,
    clock,
    folder: JOURNAL_FOLDER,
    keepMs: settings.journalKeepMs,
    keepBytes: settings.journalKeepBytes,
    fileBytes: settings.journalFileBytes,
    endAtLeast: store.published().at(0),
    unflushedBytes: () => store.recentBytes(),
    onFailure: options.onFatal,
  })
  feedStore(journal, store, options, clock)
  return { process, arena, pool, services: [segmentWriter, journalWriter], store, journal }
}

const STORE_FOLDER = '/data/store'
const JOURNAL_FOLDER = '/data/journal'

function feedStore(
  journal: JournalLog,
  store: ParquetStore,
  { onDelivered }: PipelineOptions,
  clock: Clock,
): void {
  const consumption = journal.consume({
    name: 'store',
    from: store.published(),
    receive: entries => {
      onDelivered(entries)
      return store.receive(entries)
    },
  })
  const tellPassed = (): void => {
    consumption.passed(store.published())
    clock.after(PASSED_INTERVAL_MS, tellPassed)
  }
  tellPassed()
}

// Latencies are getters: the simulation looks at them for every message.
function openPool(
  process: SimulatedProcess,
  { settings, taskLatency }: PipelineOptions,
): SimulatedTaskPool {
  return process.taskPool(manifest, {
    threads: settings.workers,
    queueMax: TASKS_MAX,
    get latencyMinMs() {
      return taskLatency.minMs
    },
    get latencyMaxMs() {
      return taskLatency.maxMs
    },
  })
}

function openService(
  process: SimulatedProcess,
  { diskLatency, onFatal }: PipelineOptions,
  name: string,
  serviceOptions: unknown,
): Promise<SimulatedServiceThread> {
  return process.serviceThread(manifest, name, serviceOptions, {
    callsMax: SERVICE_CALLS_MAX,
    onLost: onFatal,
    get latencyMinMs() {
      return diskLatency.minMs
    },
    get latencyMaxMs() {
      return diskLatency.maxMs
    },
  })
}

/** Overwrites batches when their last holder lets go, so that whoever still reads them is found. */
class PoisoningArena extends Arena {
  override allocate(length: number, use?: ArenaUse, shift?: number): ArenaBytes | null {
    const bytes = super.allocate(length, use, shift)
    return bytes === null ? null : poisoning(bytes)
  }
}

function poisoning(bytes: ArenaBytes): ArenaBytes {
  let holders = 1
  return {
    memory: bytes.memory,
    offset: bytes.offset,
    length: bytes.length,
    get view() {
      return bytes.view
    },
    retain() {
      holders++
      bytes.retain()
    },
    release() {
      if (--holders === 0) bytes.view.fill(0xdb)
      bytes.release()
    },
  }
}
