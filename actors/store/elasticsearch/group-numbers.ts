/** Reads the different numbers of groups, with how many rows have each. */
import type { Counted } from './number-cells.ts'
import type { AskRows, QuantilesAsked } from './quantiles-asked.ts'
import type { Clause } from './query/clause.ts'
import { type GroupBucket, type GroupPage, groupQuestion, NUMBER } from './query/group-pages.ts'

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

  /**
   * Of the field at this place, in rows of which the clause holds: by the name that `into` gives
   * for a group and a number, ascending.
   */
  async read(
    at: number,
    clause: Clause,
    into: (group: string, number: number) => string,
  ): Promise<ReadonlyMap<string, readonly Counted[]>> {
    const found = new Map<string, Counted[]>()
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
        const counted = { number: Number(number), rows }
        const name = into(JSON.stringify(group), counted.number)
        const known = found.get(name)
        if (known === undefined) found.set(name, [counted])
        else known.push(counted)
      }
      if (buckets.length < BUCKETS_MAX || after_key === undefined) return found
      after = after_key
    }
  }
}

/** By which numbers are told apart. */
export function nameOf({ key = {} }: GroupBucket): string {
  return JSON.stringify(key)
}
