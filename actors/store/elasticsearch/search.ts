/** One search: what is visible, in which indices, asked in one request, put into our words. */
import type { PlacedPeriod } from '#actors/catalog/placements.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import { joinInt64 } from '#proto/row-id.ts'
import { formatTime, parseTime } from '#proto/time.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { type Cursor, encodeCursor, openCursor } from '../cursor.ts'
import { bothDone } from '../lanes.ts'
import type { RowKey } from '../row-keys.ts'
import type { SearchPlanInput, SearchResult } from '../store.ts'
import { StoreError } from '../store-error.ts'
import type { ElasticServer } from './client.ts'
import { ElasticError } from './elastic-error.ts'
import { attributeField, FIELDS } from './field-names.ts'
import { type IndexNames, periodRange } from './index-names.ts'
import type { AttributeFieldType } from './index-template.ts'
import {
  askAggregations,
  type BarPage,
  hasMoreBars,
  histogram,
  readAggregate,
  readCounts,
} from './query/aggregations.ts'
import type { AttributeTypes } from './query/attribute-clause.ts'
import { attributeKeysOf, compileQuery } from './query/compile-query.ts'
import { type Clause, visibleRows } from './query/visible-rows.ts'
import { SOURCE_FIELDS } from './row-document.ts'
import type { Coverage, StoreState } from './store-state.ts'
import type { ReadAnswerInput, SearchAnswer } from './tasks/read-answer.ts'

export interface SearchTools {
  readonly server: ElasticServer
  readonly pool: TaskPool
  readonly state: StoreState
  readonly names: IndexNames
  /** Where the project's rows are; asked anew for each search. */
  readonly placesOf: (projectId: string) => Promise<readonly PlacedPeriod[]>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Lucene's words about an expression whose automaton has too many states; they have no type. */
const TOO_COMPLEX = /\bDeterminizing automaton\b/
/** More indices are named by their series, so that the line of the request stays short. */
const NAMED_INDICES_MAX = 40

export async function searchElastic(
  input: SearchPlanInput,
  tools: SearchTools,
): Promise<SearchResult> {
  const cursor = openCursor(input.cursor, input.order)
  try {
    return await new Search(input, cursor, tools).run()
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

class Search {
  readonly #input: SearchPlanInput
  readonly #cursor: Cursor | null
  readonly #tools: SearchTools

  constructor(input: SearchPlanInput, cursor: Cursor | null, tools: SearchTools) {
    this.#input = input
    this.#cursor = cursor
    this.#tools = tools
  }

  async run(): Promise<SearchResult> {
    const { projectId } = this.#input
    const { state, placesOf, signal } = this.#tools
    const { coverage, project } = await state.read(projectId, signal)
    const covered = this.#pageCoverage(coverage)
    // After the coverage: what it covers was placed before it was written.
    const places = project.isDropped ? [] : await placesOf(projectId)
    const { receivedFromUs } = project
    const indices = this.#indices(places, receivedFromUs)
    if (indices.length === 0) return this.#nothing(covered.positions)
    const visible = visibleRows({ projectId, receivedFromUs, coverage: covered })
    const [answer, receivedAtUs] = await bothDone(
      this.#ask({ indices, visible, positions: covered.positions }),
      this.#cursor === null
        ? this.#newestUs(this.#allIndices(places), visible)
        : Promise.resolve(0),
    )
    return { ...answer, positions: covered.positions, receivedAtUs }
  }

  /** Later pages see what the first saw: a tail goes on from there. */
  #pageCoverage(coverage: Coverage): Coverage {
    const first = this.#cursor?.positions
    if (first === undefined) return coverage
    return { ...coverage, positions: coverage.positions.intersection(first) }
  }

  #indices(places: readonly PlacedPeriod[], receivedFromUs: number): readonly string[] {
    const fromUs = Math.max(this.#input.ingestedStartUs, receivedFromUs)
    const toUs = this.#input.ingestedEndUs
    const reached = places.filter(({ period }) => {
      const { startUs, endUs } = periodRange(period)
      return startUs < toUs && endUs > fromUs
    })
    return this.#allIndices(reached)
  }

  #allIndices(places: readonly PlacedPeriod[]): readonly string[] {
    const indices = [...new Set(places.map(({ index }) => index))]
    if (indices.length <= NAMED_INDICES_MAX) return indices
    const { names } = this.#tools
    const series = new Set(indices.map(index => names.seriesOf(index)))
    return [...series].flatMap(name => (name === null ? [] : [names.patternOf(name)]))
  }

  async #ask({ indices, visible, positions }: Scope): Promise<PageAndCounts> {
    const { include, limit, offset, order, intervalUs, aggregate } = this.#input
    const compiled = compileQuery(this.#input, await this.#attributeTypes(indices))
    const asked = askAggregations(this.#input)
    const question = {
      query: { bool: { filter: [visible, ...compiled.clauses] } },
      runtime_mappings: { ...compiled.runtimeMappings, ...asked.runtimeMappings },
    }
    const wantsRows = include.has('logs') && limit > 0
    const page = {
      // One more than the page, to know whether there is a next one.
      size: limit + 1,
      sort: totalOrder(order),
      _source: SOURCE_FIELDS,
      ...(this.#cursor === null
        ? { from: offset }
        : { search_after: searchAfter(this.#cursor.key) }),
    }
    const answer = await this.#search(indices, limit, {
      ...question,
      track_total_hits: include.has('total') || aggregate?.fn === 'count',
      aggs: asked.aggs,
      ...(wantsRows ? page : { size: 0 }),
    })
    const { total, rows, last, aggregations } = answer
    const bars = await this.#bars(indices, question, aggregations.histogram)
    return {
      total: include.has('total') ? total : null,
      logs: rows,
      next_cursor: last === null ? null : encodeCursor({ order, key: last, positions }),
      aggregations: readCounts(aggregations, bars, intervalUs),
      ...(aggregate === null
        ? {}
        : { aggregate: readAggregate(aggregate, aggregations, total ?? 0) }),
      explain: { indices: indices.length, shards: answer.shards },
    }
  }

  /** A histogram of very many bars comes in pages. */
  async #bars(
    indices: readonly string[],
    question: Readonly<Record<string, unknown>>,
    first: BarPage | undefined,
  ): Promise<readonly BarPage[]> {
    if (first === undefined) return []
    const pages = [first]
    for (let last = first; hasMoreBars(last); ) {
      const aggs = { histogram: histogram(this.#input.intervalUs, last.after_key) }
      const body = { ...question, aggs, size: 0, track_total_hits: false }
      const { aggregations } = await this.#search(indices, 0, body)
      last = aggregations.histogram ?? { buckets: [] }
      pages.push(last)
    }
    return pages
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
        sort: [{ [FIELDS.receivedAt]: { order: 'desc', format: TIME_FORMAT } }],
        track_total_hits: false,
        _source: false,
      },
      timeoutMs,
      signal,
    })
    const [newest] = hits.hits[0]?.sort ?? []
    return newest === undefined ? 0 : (parseTime(newest)?.timeUs ?? 0)
  }

  async #search(
    indices: readonly string[],
    limit: number,
    body: Readonly<Record<string, unknown>>,
  ): Promise<SearchAnswer> {
    const { server, pool, timeoutMs, signal } = this.#tools
    const { bytes } = await server.request({
      method: 'POST',
      path: `/${indices.join(',')}/_search`,
      query: SEARCH_QUERY,
      body,
      timeoutMs,
      signal,
    })
    const input: ReadAnswerInput = { bytes, limit }
    const answer = await pool.run<SearchAnswer>('elastic-read-answer', input, { signal })
    const { isTimedOut, shardsFailed } = answer
    if (isTimedOut || shardsFailed > 0) {
      const what = isTimedOut ? 'took too long' : `failed on ${shardsFailed} shards`
      throw new StoreError('LOGBOY_STORE_AWAY', `the search ${what}`)
    }
    return answer
  }

  /** Which types the attributes of the query have, and where. */
  async #attributeTypes(indices: readonly string[]): Promise<AttributeTypes> {
    const keys = attributeKeysOf(this.#input)
    if (keys.length === 0) return new Map()
    const { server, signal } = this.#tools
    const { fields } = await server.json<FieldCapsAnswer>({
      method: 'POST',
      path: `/${indices.join(',')}/_field_caps`,
      query: { ignore_unavailable: true, allow_no_indices: true },
      body: { fields: keys.map(attributeField) },
      signal,
    })
    return new Map(
      keys.map(key => {
        const found = Object.values(fields[attributeField(key)] ?? {})
        return [key, found.map(({ type, indices: where = null }) => ({ type, indices: where }))]
      }),
    )
  }

  #nothing(positions: Positions): SearchResult {
    const { include, intervalUs, aggregate } = this.#input
    return {
      total: include.has('total') ? 0 : null,
      logs: [],
      next_cursor: null,
      aggregations: readCounts({}, [], intervalUs),
      ...(aggregate === null ? {} : { aggregate: readAggregate(aggregate, {}, 0) }),
      positions,
      receivedAtUs: 0,
      explain: { indices: 0, shards: 0 },
    }
  }
}

interface Scope {
  readonly indices: readonly string[]
  readonly visible: Clause
  readonly positions: Positions
}

type PageAndCounts = Omit<SearchResult, 'positions' | 'receivedAtUs'>

interface NewestAnswer {
  readonly hits: { readonly hits: readonly { readonly sort: readonly string[] }[] }
}

interface FieldCapsAnswer {
  readonly fields: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly type: AttributeFieldType; readonly indices?: readonly string[] }>
      >
    >
  >
}

/** Half an answer is none: counts would be wrong without a word. */
const SEARCH_QUERY = {
  ignore_unavailable: true,
  allow_no_indices: true,
  allow_partial_search_results: false,
} as const
const TIME_FORMAT = 'strict_date_optional_time_nanos'

/** time, time_sub_ns, producer, seq, row. Without gaps and repeats no point in time is needed. */
function totalOrder(order: SearchPlanInput['order']): unknown[] {
  return [
    { [FIELDS.time]: { order, format: TIME_FORMAT } },
    ...[FIELDS.producer, FIELDS.seq, FIELDS.row].map(field => ({ [field]: { order } })),
  ]
}

/** Integers as text, for they are beyond 2^53. */
function searchAfter(key: RowKey): unknown[] {
  const { timeUs, subNs, producerLow, producerHigh, seqLow, seqHigh, row } = key
  return [
    formatTime(timeUs, subNs),
    String(joinInt64(producerLow, producerHigh)),
    String(joinInt64(seqLow, seqHigh)),
    row,
  ]
}
