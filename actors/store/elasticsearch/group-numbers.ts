/** Reads the different numbers of groups, with how many rows have each. */
import type { Measure } from '#proto/query/analysis.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import type { HeldMemory } from '../query-memory.ts'
import type { Counted } from './number-cells.ts'
import type { GroupFields } from './query/group-fields.ts'
import { type GroupBucket, type GroupPage, groupQuestion, NUMBER } from './query/group-pages.ts'
import type { Clause } from './query/visible-rows.ts'

/** Groups of which quantiles are wanted. */
export interface QuantilesAsked {
  readonly wanted: GroupsWanted
  readonly measures: readonly Measure[]
  readonly fields: GroupFields
  /** That match. */
  readonly rows: number
  /** Of which the clause holds, too. */
  readonly countRows: (clause: Clause) => Promise<number>
  readonly limits: QuantileLimits
  readonly memory: HeldMemory
}

export interface QuantileLimits {
  /** Rows that make the bounds of cells; of fewer all numbers are read. */
  readonly sampleRows: number
  /** Of one field; fewer where there are many groups. */
  readonly cellsMax: number
  /** Rows that make the bounds of windows. */
  readonly windowSampleRows: number
  /** Groups for each of which there are windows. */
  readonly windowGroupsMax: number
  /** Rows whose numbers are read in the end. */
  readonly readRowsMax: number
  /** Different numbers that a script may hold. */
  readonly scriptNumbersMax: number
}

/** Asks for aggregations of the rows that match, and of which the clauses hold. */
export type AskRows = (
  aggs: Readonly<Record<string, unknown>>,
  runtimeMappings: Readonly<Record<string, unknown>>,
  clauses?: readonly Clause[],
) => Promise<Readonly<Record<string, unknown>>>

/** Below the server's limit of 65,536 on all groups of one answer. */
export const BUCKETS_MAX = 60_000
/** A number and its rows while they are held. */
const NUMBER_BYTES = 64

export class GroupNumbers {
  readonly #asked: QuantilesAsked
  readonly #ask: AskRows
  #held = 0

  constructor(asked: QuantilesAsked, ask: AskRows) {
    this.#asked = asked
    this.#ask = ask
  }

  /** Of the field at this place, in rows of which the clause holds; ascending within a group. */
  async read(
    at: number,
    clause: Clause,
    take: (group: string, counted: Counted) => void,
  ): Promise<void> {
    const { wanted, measures, fields, memory } = this.#asked
    const asked = { type: 'numbers', at } as const
    const question = groupQuestion(wanted, measures, fields, asked)
    for (let after: unknown = null; ; ) {
      const aggs = { groups: question.page(after, BUCKETS_MAX) }
      const { groups } = await this.#ask(aggs, question.runtimeMappings, [clause])
      const { buckets, after_key } = (groups as GroupPage | undefined) ?? { buckets: [] }
      this.#held += buckets.length
      memory.hold('groups', this.#held * NUMBER_BYTES)
      for (const { key, doc_count: rows } of buckets) {
        const { [NUMBER]: number, ...group } = key ?? {}
        take(JSON.stringify(group), { number: Number(number), rows })
      }
      if (buckets.length < BUCKETS_MAX || after_key === undefined) return
      after = after_key
    }
  }
}

/** By which numbers are told apart. */
export function nameOf({ key = {} }: GroupBucket): string {
  return JSON.stringify(key)
}
