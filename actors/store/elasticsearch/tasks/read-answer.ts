/** Task: what a search needs of an answer, parsed off the main thread. */
import { parsePortably } from '#actors/processing/exact-json.ts'
import { projectRow } from '#actors/processing/project-row.ts'
import type { RowKey } from '../../row-keys.ts'
import type { AggregationsAnswer } from '../query/aggregations.ts'
import { documentJson, type Hit, keyOfHit } from '../row-document.ts'

export interface ReadAnswerInput {
  readonly bytes: Uint8Array
  /** Rows of the page; one more tells that there is a next one. */
  readonly limit: number
  /** null = whole rows; else arrays of these fields. */
  readonly fields: readonly string[] | null
}

export interface SearchAnswer {
  /** null = not asked for. */
  readonly total: number | null
  readonly rows: readonly string[]
  /** Of the last row, where another page follows. */
  readonly last: RowKey | null
  readonly aggregations: AggregationsAnswer
  readonly isTimedOut: boolean
  readonly shards: number
  readonly shardsFailed: number
}

interface Answer {
  readonly timed_out?: boolean
  readonly _shards?: { readonly total?: number; readonly failed?: number }
  readonly hits?: { readonly total?: { readonly value: number }; readonly hits?: readonly Hit[] }
  readonly aggregations?: AggregationsAnswer
}

export function readAnswer({ bytes, limit, fields }: ReadAnswerInput): SearchAnswer {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  // Ids may hold so many digits that it looks twice: slower, never wrong.
  const answer = parsePortably(text) as Answer
  const hits = answer.hits?.hits ?? []
  const page = hits.slice(0, limit)
  const last = page.at(-1)
  return {
    total: answer.hits?.total?.value ?? null,
    rows: page.map(hit => {
      const json = documentJson(hit)
      return fields === null ? json : projectRow(json, fields)
    }),
    last: hits.length > limit && last !== undefined ? keyOfHit(last) : null,
    aggregations: answer.aggregations ?? {},
    isTimedOut: answer.timed_out === true,
    shards: answer._shards?.total ?? 0,
    shardsFailed: answer._shards?.failed ?? 0,
  }
}
