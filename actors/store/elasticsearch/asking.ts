/**
 * What every question to Elasticsearch has: the rows that are visible, in which indices, and how
 * it may fail.
 */
import type { PlacedPeriod } from '#actors/catalog/placements.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import { parseTime } from '#proto/time.ts'
import type { Clock } from '#runtime/clock.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { type Held, type HeldMemory, tooMuchMemory } from '../query-memory.ts'
import type { RowsAsked } from '../store.ts'
import { StoreError } from '../store-error.ts'
import type { ElasticServer } from './client.ts'
import { type Deletion, deletionClause, readDeletion } from './deletions.ts'
import { ANSWER_TOO_LARGE, ElasticError } from './elastic-error.ts'
import { FIELDS } from './field-names.ts'
import { type IndexNames, indicesOf, periodRange } from './index-names.ts'
import type { QuantileLimits } from './quantiles-asked.ts'
import type { AttributeTypes } from './query/attribute-clause.ts'
import { attributeTypes } from './query/attribute-types.ts'
import type { Clause } from './query/clause.ts'
import { attributeKeysOf, compileQuery } from './query/compile-query.ts'
import { RuntimeFields } from './query/runtime-fields.ts'
import { visibleRows } from './query/visible-rows.ts'
import type { Coverage, StoreState } from './store-state.ts'
import type { ReadAnswerInput, SearchAnswer } from './tasks/read-answer.ts'

export interface SearchTools {
  readonly server: ElasticServer
  readonly pool: TaskPool
  readonly state: StoreState
  readonly names: IndexNames
  /** Where the project's rows are; asked anew for each search. */
  readonly placesOf: (projectId: string) => Promise<readonly PlacedPeriod[]>
  readonly clock: Clock
  readonly timeoutMs: number
  readonly quantileLimits: QuantileLimits
  /** Of one answer. */
  readonly answerBytesMax: number
  readonly signal: AbortSignal
}

/** Of a question whose answers are held. */
export interface HoldingTools extends SearchTools {
  readonly memory: HeldMemory
}

/** Lucene's words about an expression whose automaton has too many states; they have no type. */
const TOO_COMPLEX = /\bDeterminizing .+ would require more than\b/s

/** An answer without rows. */
export const NO_ROWS: Omit<ReadAnswerInput, 'bytes'> = { limit: 0, fields: null }

/** Where the rows are that a question is about. */
export interface Scope {
  /** None = there is nothing. */
  readonly indices: readonly string[]
  readonly visible: Clause
  /** Rows of these are gone. */
  readonly deletions: readonly Deletion[]
  readonly positions: Positions
  /** Of the newest row that is covered; 0 = there is none. */
  readonly newestUs: () => Promise<number>
}

/** Conditions in the language of Elasticsearch, and the fields that are made for them. */
export interface Question {
  readonly query: Clause
  readonly runtime_mappings: Readonly<Record<string, unknown>>
}

export interface TypedQuestion {
  readonly question: Question
  /** Of the attributes that it is about. */
  readonly types: AttributeTypes
}

/** Runs a question; what Elasticsearch cannot do is told in the words of the store. */
export async function asking<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ElasticError)) throw error
    if (error.status === 400 && TOO_COMPLEX.test(error.message)) {
      const message = 'a regular expression or wildcard is too complex for Elasticsearch'
      throw new StoreError('LOGBOY_QUERY_TOO_DEAR', `${message}: fewer repeats, or a longer text`, {
        cause: error,
      })
    }
    if (!error.isPassing) throw error
    throw new StoreError('LOGBOY_STORE_AWAY', error.message, { cause: error })
  }
}

export class Asking {
  readonly #asked: RowsAsked
  readonly #tools: SearchTools

  constructor(asked: RowsAsked, tools: SearchTools) {
    this.#asked = asked
    this.#tools = tools
  }

  /** `first`: what the first page covered, as later pages see what it saw. */
  async scope(first: Positions | null): Promise<Scope> {
    const { projectId } = this.#asked
    const { state, placesOf, signal } = this.#tools
    const { coverage, project } = await state.read(projectId, signal)
    const covered = pageCoverage(coverage, first)
    // After the coverage: what it covers was placed before it was written.
    const places = project.isDropped ? [] : await placesOf(projectId)
    const { receivedFromUs } = project
    const visible = visibleRows({ projectId, receivedFromUs, coverage: covered })
    return {
      indices: this.#indices(places, receivedFromUs),
      visible,
      deletions: project.deletions.map(readDeletion),
      positions: covered.positions,
      newestUs: () => this.#newestUs(this.#allIndices(places), visible),
    }
  }

  /** `others`: attributes whose types are wanted besides. */
  async question(
    { indices, visible, deletions }: Scope,
    others: readonly string[] = [],
  ): Promise<TypedQuestion> {
    const { server, signal } = this.#tools
    const keys = [this.#asked, ...deletions.map(({ filter }) => filter)].flatMap(attributeKeysOf)
    const types = await attributeTypes(server, indices, [...keys, ...others], signal)
    const runtime = new RuntimeFields()
    const { clauses } = compileQuery(this.#asked, types, runtime)
    const must_not = deletions.map(deletion => deletionClause(deletion, types, runtime))
    const query = { bool: { filter: [visible, ...clauses], must_not } }
    return { question: { query, runtime_mappings: runtime.mappings }, types }
  }

  #indices(places: readonly PlacedPeriod[], receivedFromUs: number): readonly string[] {
    const fromUs = Math.max(this.#asked.ingestedStartUs, receivedFromUs)
    const toUs = this.#asked.ingestedEndUs
    const reached = places.filter(({ period }) => {
      const { startUs, endUs } = periodRange(period)
      return startUs < toUs && endUs > fromUs
    })
    return this.#allIndices(reached)
  }

  #allIndices(places: readonly PlacedPeriod[]): readonly string[] {
    return indicesOf(places, this.#tools.names)
  }

  /** Receive time of the newest row that is covered; 0 = there is none. */
  async #newestUs(indices: readonly string[], visible: Clause): Promise<number> {
    const { server, timeoutMs, signal } = this.#tools
    const { hits } = await server.json<NewestAnswer>({
      method: 'POST',
      path: `/${indices.join(',')}/_search`,
      query: SEARCH_QUERY,
      body: {
        query: visible,
        size: 1,
        sort: NEWEST_FIRST,
        track_total_hits: false,
        _source: false,
      },
      timeoutMs,
      signal,
    })
    const [, newest] = hits.hits[0]?.sort ?? []
    return newest === undefined ? 0 : (parseTime(newest)?.timeUs ?? 0)
  }

  async search(
    indices: readonly string[],
    page: Omit<ReadAnswerInput, 'bytes'>,
    body: Readonly<Record<string, unknown>>,
  ): Promise<SearchAnswer> {
    const { pool, signal } = this.#tools
    const bytes = await this.#answer(indices, body, page.limit > 0 ? 'rows' : 'groups')
    const input: ReadAnswerInput = { bytes, ...page }
    const answer = await pool.run<SearchAnswer>('elastic-read-answer', input, { signal })
    const { isTimedOut, shardsFailed } = answer
    if (isTimedOut || shardsFailed > 0) {
      const what = isTimedOut ? 'took too long' : `failed on ${shardsFailed} shards`
      throw new StoreError('LOGBOY_STORE_AWAY', `the search ${what}`)
    }
    return answer
  }

  async #answer(
    indices: readonly string[],
    body: Readonly<Record<string, unknown>>,
    held: Held,
  ): Promise<Uint8Array> {
    const { server, timeoutMs, answerBytesMax: bytesMax, signal } = this.#tools
    const path = `/${indices.join(',')}/_search`
    try {
      const request = { method: 'POST', path, query: SEARCH_QUERY, body } as const
      return (await server.request({ ...request, timeoutMs, bytesMax, signal })).bytes
    } catch (error) {
      const isTooLarge = error instanceof ElasticError && error.type === ANSWER_TOO_LARGE
      throw isTooLarge ? tooMuchMemory(held, bytesMax) : error
    }
  }
}

function pageCoverage(coverage: Coverage, first: Positions | null): Coverage {
  if (first === null) return coverage
  return { ...coverage, positions: coverage.positions.intersection(first) }
}

interface NewestAnswer {
  readonly hits: {
    readonly hits: readonly { readonly sort: readonly [slot: number, receivedAt: string] }[]
  }
}

/** Half an answer is none: counts would be wrong without a word. */
const SEARCH_QUERY = {
  ignore_unavailable: true,
  allow_no_indices: true,
  allow_partial_search_results: false,
} as const
/** The slot decides before a row is looked at; indices of older versions have none. */
const NEWEST_FIRST = [
  { [FIELDS.slot]: { order: 'desc', unmapped_type: 'date' } },
  { [FIELDS.receivedAt]: { order: 'desc', format: 'strict_date_optional_time_nanos' } },
]
