/** One search: what is visible, in which indices, asked in one request, put into our words. */
import { joinInt64 } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { type Cursor, encodeCursor, openCursor } from '../cursor.ts'
import { bothDone } from '../lanes.ts'
import { type HeldMemory, rowBytes } from '../query-memory.ts'
import type { RowKey } from '../row-keys.ts'
import type { SearchPlanInput, SearchResult } from '../store.ts'
import { Asking, asking, type HoldingTools, NO_ROWS, type Question, type Scope } from './asking.ts'
import { FIELDS } from './field-names.ts'
import {
  type BarPage,
  barPage,
  countAggregations,
  hasMoreBars,
  readCounts,
} from './query/aggregations.ts'
import { SOURCE_FIELDS } from './row-document.ts'

export async function searchElastic(
  input: SearchPlanInput,
  tools: HoldingTools,
): Promise<SearchResult> {
  const cursor = openCursor(input.cursor, input.order)
  return await asking(() => new Search(input, cursor, tools).run())
}

class Search {
  readonly #input: SearchPlanInput
  readonly #cursor: Cursor | null
  readonly #asking: Asking
  readonly #memory: HeldMemory
  readonly #nowUs: () => number

  constructor(input: SearchPlanInput, cursor: Cursor | null, tools: HoldingTools) {
    this.#input = input
    this.#memory = tools.memory
    this.#nowUs = () => tools.clock.nowUs()
    this.#cursor = cursor
    this.#asking = new Asking(input, tools)
  }

  async run(): Promise<SearchResult> {
    const scope = await this.#asking.scope(this.#cursor?.positions ?? null)
    const { positions } = scope
    if (scope.indices.length === 0) return { ...this.#nothing(), positions, receivedAtUs: 0 }
    const [answer, receivedAtUs] = await bothDone(
      this.#ask(scope),
      this.#cursor === null ? scope.newestUs() : Promise.resolve(0),
    )
    return { ...answer, positions, receivedAtUs }
  }

  async #ask(scope: Scope): Promise<PageAndCounts> {
    const { include, limit, offset, order, intervalUs, fields } = this.#input
    const { indices, positions } = scope
    const { question } = await this.#asking.question(scope)
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
    const answer = await this.#asking.search(
      indices,
      { limit, fields },
      {
        ...question,
        track_total_hits: include.has('total'),
        aggs: countAggregations(this.#input, this.#nowUs()),
        ...(wantsRows ? page : { size: 0 }),
      },
    )
    const { total, rows, last, aggregations } = answer
    this.#memory.hold('rows', rowBytes(rows))
    const bars = await this.#bars(indices, question, aggregations.histogram)
    return {
      total: include.has('total') ? total : null,
      logs: rows,
      next_cursor: last === null ? null : encodeCursor({ order, key: last, positions }),
      aggregations: readCounts(aggregations, bars, intervalUs),
      explain: { indices: indices.length, shards: answer.shards },
    }
  }

  /** A histogram of very many bars comes in pages. */
  async #bars(
    indices: readonly string[],
    question: Question,
    first: BarPage | undefined,
  ): Promise<readonly BarPage[]> {
    if (first === undefined) return []
    const pages = [first]
    for (let last = first; hasMoreBars(last); ) {
      const aggs = barPage(this.#input.intervalUs, last.after_key)
      const body = { ...question, aggs, size: 0, track_total_hits: false }
      const { aggregations } = await this.#asking.search(indices, NO_ROWS, body)
      last = aggregations.histogram ?? { buckets: [] }
      pages.push(last)
    }
    return pages
  }

  #nothing(): PageAndCounts {
    const { include, intervalUs } = this.#input
    return {
      total: include.has('total') ? 0 : null,
      logs: [],
      next_cursor: null,
      aggregations: readCounts({}, [], intervalUs),
      explain: { indices: 0, shards: 0 },
    }
  }
}

type PageAndCounts = Omit<SearchResult, 'positions' | 'receivedAtUs'>

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
