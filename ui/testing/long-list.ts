/** A project with as many rows as wanted, each made when it is asked for: row 0 is the newest. */
import type { Row, SearchReply, SearchRequest } from '#proto/api.ts'
import { FakeData } from './fake-data.ts'

const ID_CHARS = 28

export class LongList {
  readonly count: number
  readonly #newestMs = Date.now() - 1_000
  readonly #kinds: readonly Row[]

  constructor(count: number) {
    this.count = count
    this.#kinds = new FakeData(3).history(200, this.#newestMs - 60_000, this.#newestMs)
  }

  /** Whatever the question, its rows are all; a cursor is the number of the row that follows. */
  search({ cursor, limit = 100, include = [] }: SearchRequest, token: string): SearchReply {
    const first = Number(cursor ?? 0)
    const end = Math.min(this.count, first + limit)
    const wantsRows = include.includes('logs')
    return {
      total: include.includes('total') ? this.count : null,
      logs: wantsRows ? Array.from({ length: end - first }, (_, i) => this.#row(first + i)) : [],
      aggregations: { by_level: {}, by_service: {}, histogram: [], interval: 60 },
      query_time_ms: 1,
      next_cursor: wantsRows && end < this.count ? String(end) : null,
      tail_token: token,
    }
  }

  #row(index: number): Row {
    const kind = this.#kinds[index % this.#kinds.length] as Row
    const time = new Date(this.#newestMs - index).toISOString()
    const id = String(this.count - index).padStart(ID_CHARS, '0')
    return { ...kind, id, time, ingested_at: time, message: `row ${index}: ${kind.message}` }
  }
}
