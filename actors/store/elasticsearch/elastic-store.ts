/**
 * The store on Elasticsearch: batches go through an actor for each project, searches of every
 * process see what writers of all processes have made visible.
 */
import type { Placements } from '#actors/catalog/placements.ts'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Position, Positions } from '#actors/commit-log/positions.ts'
import type { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import {
  type Clock,
  type Keyed,
  type Random,
  RuntimeError,
  type System,
  type TaskPool,
} from '#runtime/index.ts'
import { Turnstile } from '../lanes.ts'
import { countAll, searchById } from '../own-searches.ts'
import type { QueryMemory } from '../query-memory.ts'
import type {
  AnalysisInput,
  AnalysisResult,
  LogStore,
  PatternsInput,
  PatternsResult,
  RowsAsked,
  SearchPlanInput,
  SearchResult,
} from '../store.ts'
import { StoreError } from '../store-error.ts'
import { streamOf } from '../streams.ts'
import { analyseElastic } from './analyse.ts'
import type { HoldingTools, SearchTools } from './asking.ts'
import { BulkWriter } from './bulk-writer.ts'
import type { ElasticServer } from './client.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import type { DeadLetters } from './dead-letters.ts'
import { type DeletionTools, deleteMatching, forgetDeletions } from './deletions.ts'
import { type ExpiryTools, removeHidden } from './expiry.ts'
import { indexNames } from './index-names.ts'
import { IndexPlaces } from './index-places.ts'
import { Ledger } from './ledger.ts'
import { ElasticPatterns, elasticPatterns } from './patterns.ts'
import { prepareTemplate } from './prepare.ts'
import { ProjectStates } from './project-states.ts'
import {
  PROJECT_WRITER_RESTART,
  type ProjectWriterDeps,
  projectWriter,
  type WriteRequest,
} from './project-writer.ts'
import { QUANTILE_LIMITS, type QuantileLimits } from './quantiles-asked.ts'
import { Refresher } from './refresher.ts'
import { searchElastic } from './search.ts'
import type { Storage } from './storage.ts'
import { StoreState } from './store-state.ts'

export interface ElasticStoreOptions {
  readonly server: ElasticServer
  /** 'logboy', unless several installations share one Elasticsearch. */
  readonly name: string
  readonly system: System
  readonly pool: TaskPool
  readonly clock: Clock
  readonly random: Random
  readonly placements: Placements
  readonly retentionDaysOf: (projectId: string) => Promise<number>
  readonly deadLetters: DeadLetters
  /** Batches held until they are written; beyond it the log waits. */
  readonly memoryBytes: number
  /** Rows are visible about so long after they were written. */
  readonly refreshIntervalMs: number
  readonly searchTimeoutMs: number
  /** QUANTILE_LIMITS unless given. */
  readonly quantileLimits?: QuantileLimits
  readonly queryMemory: QueryMemory
  /** How rows are stored; null = as well as the server can. */
  readonly storage: Storage | null
  /** Told of what cannot go on by itself. */
  readonly onFault: (error: Error) => void
}

const REQUESTS = { min: 2, max: 16 } as const
const SEARCHES = { running: 16, waiting: 256 } as const
const PROJECT_WRITERS = { actorsMax: 20_000, idleMs: 60_000 } as const
/** Until it is looked again whether an idle writer has gone. */
const ROOM_MS = 50
const UNIQUE_BYTES = 6

/** Makes what is missing in Elasticsearch, and begins where all writers before have come to. */
export async function openElasticStore(options: ElasticStoreOptions): Promise<ElasticStore> {
  const { server, name, random } = options
  const names = indexNames(name)
  const unique = Buffer.from(random.bytes(UNIQUE_BYTES)).toString('hex')
  const state = new StoreState(server, names)
  const storage = await prepareTemplate(server, names, unique, options.storage)
  await state.prepare()
  const { positions } = await state.coverage()
  return new ElasticStore(options, { storage, covered: positions, state })
}

interface Found {
  readonly storage: Storage
  readonly covered: Positions
  readonly state: StoreState
}

export class ElasticStore implements LogStore {
  readonly #options: ElasticStoreOptions
  readonly #storage: Storage
  readonly #state: StoreState
  readonly #names: ReturnType<typeof indexNames>
  readonly #ledger: Ledger
  readonly #refresher: Refresher
  readonly #projects: ProjectStates
  readonly #writer: BulkWriter
  readonly #writers: Keyed<WriteRequest, ProjectWriterDeps>
  readonly #searches = new Turnstile(SEARCHES)
  readonly #patterns: ElasticPatterns
  readonly #closing = new AbortController()

  constructor(options: ElasticStoreOptions, { storage, covered, state }: Found) {
    this.#options = options
    this.#storage = storage
    this.#state = state
    this.#names = indexNames(options.name)
    const names = this.#names
    const { server, clock, onFault, system } = options
    this.#ledger = new Ledger(covered)
    this.#refresher = new Refresher({
      server,
      names,
      state,
      ledger: this.#ledger,
      clock,
      intervalMs: options.refreshIntervalMs,
      covered,
      onFault,
    })
    this.#projects = new ProjectStates(state)
    const limit = new ConcurrencyLimit(REQUESTS)
    this.#writer = new BulkWriter({
      ...options,
      places: new IndexPlaces({ ...options, names }),
      projects: this.#projects,
      limit,
      ledger: this.#ledger,
      refresher: this.#refresher,
    })
    this.#patterns = new ElasticPatterns({
      pool: options.pool,
      clock,
      onFault,
      toolsOf: signal => this.#tools(AbortSignal.any([signal, this.#closing.signal])),
    })
    this.#writers = system.keyed(
      projectWriter,
      projectId => ({
        projectId,
        writer: this.#writer,
        open: () => this.#ledger.openOf(projectId),
        requestsMax: () => limit.limit,
      }),
      { ...PROJECT_WRITERS, restart: PROJECT_WRITER_RESTART },
    )
  }

  async receive(entries: readonly LogEntry[]): Promise<void> {
    this.#demandOpen()
    if (this.#writer.isClosed) return
    for (const entry of entries) {
      const open = this.#ledger.receive(entry)
      if (open === null) continue
      const { envelope } = entry
      const rows = envelope.recordCount - envelope.rejected.length
      if (rows === 0) this.#ledger.settle(open)
      else await this.#tell(streamOf(envelope), { type: 'write', open })
    }
    await this.#ledger.belowBytes(this.#options.memoryBytes)
  }

  /** Deliveries of the partition begin anew after `from`: another process may have written it. */
  assigned(partition: number, from: Position): void {
    this.#ledger.restart(partition, from)
    this.#refresher.touchAll()
  }

  revoked(partition: number): void {
    this.#ledger.forget(partition)
  }

  published(): Positions {
    return this.#refresher.covered
  }

  async search(input: SearchPlanInput, signal: AbortSignal): Promise<SearchResult> {
    return await this.#entered(input, signal, tools => searchElastic(input, tools))
  }

  async analyse(input: AnalysisInput, signal: AbortSignal): Promise<AnalysisResult> {
    return await this.#entered(input, signal, tools => analyseElastic(input, tools))
  }

  async #entered<Result>(
    { projectId }: RowsAsked,
    signal: AbortSignal,
    ask: (tools: HoldingTools) => Promise<Result>,
  ): Promise<Result> {
    this.#demandOpen()
    const ends = AbortSignal.any([signal, this.#closing.signal])
    const entered = await this.#searches.enter(async () => {
      const memory = this.#options.queryMemory.open(projectId)
      try {
        return await ask({ ...this.#tools(ends), memory })
      } finally {
        memory.release()
      }
    }, ends)
    if (entered === false) throw new StoreError('LOGBOY_SEARCH_BUSY', 'too many searches wait')
    return entered.result
  }

  async patterns(input: PatternsInput, signal: AbortSignal): Promise<PatternsResult> {
    this.#demandOpen()
    return await this.#entered(input, signal, tools =>
      elasticPatterns(input, () => this.#patterns.groups(input.projectId, true), tools),
    )
  }

  async patternGroups(projectId: string, whole: boolean): Promise<PatternGroups> {
    this.#demandOpen()
    return await this.#patterns.groups(projectId, whole)
  }

  async row(projectId: string, id: string, signal: AbortSignal): Promise<string | null> {
    const input = searchById(projectId, id)
    if (input === null) return null
    const { logs } = await this.search(input, signal)
    return logs[0] ?? null
  }

  async delete(filter: RowsAsked): Promise<number> {
    this.#demandOpen()
    // What this process has received counts as well.
    await this.flush()
    const places = await this.#options.placements.list(filter.projectId)
    await forgetDeletions(filter.projectId, places, this.#deletion())
    return await deleteMatching(filter, places, this.#deletion())
  }

  async expire(projectId: string, receivedBeforeUs: number): Promise<number> {
    const { isDropped, receivedFromUs } = await this.#state.project(projectId)
    if (isDropped || receivedBeforeUs <= receivedFromUs) return 0
    // What this process has received counts as well.
    await this.flush()
    const range = { ingestedStartUs: receivedFromUs, ingestedEndUs: receivedBeforeUs }
    const asked = { ...countAll(projectId), ...range }
    const { total } = await this.search(asked, this.#closing.signal)
    await this.#state.change(projectId, { receivedFromUs: receivedBeforeUs })
    this.#projects.forget(projectId)
    const places = await this.#options.placements.list(projectId)
    await removeHidden(this.#expiry(), projectId, receivedBeforeUs)
    await forgetDeletions(projectId, places, this.#deletion())
    return total ?? 0
  }

  async drop(projectId: string): Promise<void> {
    await this.#state.change(projectId, { isDropped: true })
    this.#projects.forget(projectId)
    await removeHidden(this.#expiry(), projectId, Number.POSITIVE_INFINITY)
  }

  async flush(): Promise<void> {
    await this.#ledger.settled()
    await this.#refresher.flush()
  }

  sizeOf(): null {
    return null
  }

  observe(): Record<string, unknown> {
    return {
      storage: this.#storage,
      entries: this.#ledger.entries,
      bytes: this.#ledger.bytes,
      written: this.#ledger.written(),
      ...this.#refresher.observe(),
      ...this.#writer.observe(),
      searches: this.#searches.observe(),
      queryMemory: this.#options.queryMemory.observe(),
      writers: this.#writers.observe(),
    }
  }

  /** Writers that have much before them would hold up the end of the process. */
  async halt(): Promise<void> {
    await this.#writer.close()
    await this.#refresher.close()
    this.#ledger.close()
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(new StoreError('LOGBOY_STORE_CLOSED', 'the store is closed'))
    this.#patterns.close()
    await this.halt()
  }

  #tools(signal: AbortSignal): SearchTools {
    const { server, pool, placements, clock, searchTimeoutMs: timeoutMs } = this.#options
    const { quantileLimits = QUANTILE_LIMITS } = this.#options
    return {
      server,
      pool,
      state: this.#state,
      names: this.#names,
      placesOf: projectId => placements.list(projectId),
      clock,
      timeoutMs,
      quantileLimits,
      answerBytesMax: this.#options.queryMemory.limits.perQueryBytes,
      signal,
    }
  }

  /** Waits while there are too many projects at once. */
  async #tell(projectId: string, request: WriteRequest): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        return await this.#writers.ref(projectId).tell(request)
      } catch (error) {
        const isFull = error instanceof RuntimeError && error.code === 'LOGBOY_KEYED_FULL'
        if (!isFull) throw error
        await new Promise<void>(resolve => this.#options.clock.after(ROOM_MS, resolve))
      }
    }
  }

  #deletion(): DeletionTools {
    const { server, clock, searchTimeoutMs: timeoutMs } = this.#options
    return { server, state: this.#state, names: this.#names, nowUs: clock.nowUs(), timeoutMs }
  }

  #expiry(): ExpiryTools {
    const { server, placements } = this.#options
    return { server, state: this.#state, placements }
  }

  #demandOpen(): void {
    this.#closing.signal.throwIfAborted()
  }
}
