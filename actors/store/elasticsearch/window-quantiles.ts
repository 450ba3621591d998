/**
 * Exact quantiles of few groups and many rows: a sample tells for each group between which numbers
 * the quantile is, these are read, and of those above there is the count. Cells, which have to be
 * counted row by row, take three times as long.
 */
import { bothDone } from '../lanes.ts'
import { GroupNumbers, nameOf } from './group-numbers.ts'
import type { Counted } from './number-cells.ts'
import {
  type NumberWindow,
  widthOf,
  windowOf,
  windowPercents,
  windowQuantile,
} from './number-windows.ts'
import { type AskRows, ofSample, probabilityOf, type QuantilesAsked } from './quantiles-asked.ts'
import type { Clause } from './query/clause.ts'
import { either, every, not } from './query/clause.ts'
import { type GroupBucket, type GroupPage, groupQuestion, sharesOf } from './query/group-pages.ts'

/** All groups, as a script would answer them; null = this is no way to them. */
export async function askWindowQuantiles(
  asked: QuantilesAsked,
  ask: AskRows,
): Promise<GroupPage | null> {
  const { wanted, fields, rows, limits } = asked
  const isInColumns = Object.keys(fields.runtimeMappings).length === 0
  const isFew = wanted.barUs === null && wanted.by.length <= 1 && wanted.numbers.length === 1
  const probability = probabilityOf(limits.windowSampleRows, rows)
  if (!isInColumns || !isFew || probability === null) return null
  return await new WindowQuantiles(asked, ask, probability).run()
}

/** One group and where its quantiles are, in their order. */
interface Windows {
  readonly bucket: GroupBucket
  /** With a number. */
  readonly rows: number
  readonly windows: readonly NumberWindow[]
}

class WindowQuantiles {
  readonly #asked: QuantilesAsked
  readonly #ask: AskRows
  readonly #probability: number
  readonly #numbers: GroupNumbers
  readonly #shares: readonly number[]
  readonly #number: string
  readonly #key: string | undefined

  constructor(asked: QuantilesAsked, ask: AskRows, probability: number) {
    this.#asked = asked
    this.#ask = ask
    this.#probability = probability
    this.#numbers = new GroupNumbers(asked, ask)
    const { wanted, measures, fields } = asked
    this.#shares = sharesOf(measures, wanted.numbers[0]?.field ?? '')
    this.#number = fields.numbers[0] as string
    this.#key = fields.keys[0]
  }

  async run(): Promise<GroupPage | null> {
    const numbersOfAll = await this.#countNumbers()
    const areAllNumbers = numbersOfAll === this.#asked.rows
    const [buckets, samples] = await bothDone(this.#groups(areAllNumbers), this.#samples())
    if (buckets.length > this.#asked.limits.windowGroupsMax) return null
    const groups = buckets.map(bucket => this.#windows(bucket, samples.get(nameOf(bucket))))
    if (this.#rowsToRead(groups) > this.#asked.limits.readRowsMax) return null
    // A number that many rows have is a cell of its own, and nobody has to read it.
    if (groups.some(({ windows }) => windows.some(isPoint))) return null
    const [numbers, above] = await bothDone(this.#read(groups), this.#countAbove(groups))
    // Where rows were deleted meanwhile, what was counted does not fit to what was read.
    if (numbersOfAll !== (await this.#countNumbers())) return null
    const answers: GroupBucket[] = []
    for (const { bucket, rows, windows } of groups) {
      const name = nameOf(bucket)
      const value = windows.map((window, at) =>
        windowQuantile(this.#shares[at] as number, {
          rows,
          above: above[at]?.get(name) ?? 0,
          numbers: (numbers.get(name) ?? []).filter(({ number }) => isIn(window, number)),
        }),
      )
      if (value.includes(null)) return null
      answers.push({ ...bucket, q0: { value } })
    }
    return { buckets: answers }
  }

  /** All groups with how many numbers they have, and the measures that need no quantile. */
  async #groups(areAllNumbers: boolean): Promise<readonly GroupBucket[]> {
    const { wanted, measures, fields } = this.#asked
    const question = groupQuestion(wanted, measures, fields, { type: 'measures', quantiles: [[]] })
    const { aggs } = question.page(null) as { readonly aggs: Aggregations }
    if (!areAllNumbers) return this.#bucketsOf(await this.#ask(this.#byKey(aggs), {}))
    // The count takes two thirds of the time.
    const { n0: _, ...others } = aggs
    const buckets = this.#bucketsOf(await this.#ask(this.#byKey(others), {}))
    return buckets.map(bucket => ({ ...bucket, n0: { value: bucket.doc_count } }))
  }

  /** Of each group how many rows are in the sample, and their numbers at the percents. */
  async #samples(): Promise<ReadonlyMap<string, Sample>> {
    const percents = [...new Set(this.#shares.flatMap(windowPercents))].sort((a, b) => a - b)
    const at = { percentiles: { field: this.#number, percents, keyed: false } }
    const aggs = ofSample(this.#probability, this.#byKey({ at }))
    const answer = await this.#ask(aggs, {}, [{ exists: { field: this.#number } }])
    const sampled = this.#bucketsOf(answer['sample'] as Readonly<Record<string, unknown>>)
    return new Map(
      (sampled as readonly (GroupBucket & PercentilesAnswer)[]).map(bucket => [
        nameOf(bucket),
        {
          // The server tells how many there would be without a sample.
          rows: bucket.doc_count * this.#probability,
          numberAt: new Map(bucket.at.values.map(({ key, value }) => [key, value])),
        },
      ]),
    )
  }

  #windows(bucket: GroupBucket, sample: Sample | undefined): Windows {
    const rows = Number(bucket.n0?.value ?? 0)
    const everywhere = { from: null, to: null }
    const windows = (rows === 0 ? [] : this.#shares).map(share =>
      sample === undefined ? everywhere : windowOf(share, sample.rows, sample.numberAt),
    )
    return { bucket, rows, windows }
  }

  #rowsToRead(groups: readonly Windows[]): number {
    const share = (rows: number): number =>
      this.#shares.reduce((sum, each) => sum + widthOf(each, rows * this.#probability), 0)
    return groups.reduce((sum, { rows }) => sum + rows * Math.min(1, share(rows)), 0)
  }

  async #read(groups: readonly Windows[]): Promise<ReadonlyMap<string, readonly Counted[]>> {
    const clauses = groups.flatMap(({ bucket, windows }) =>
      windows.map(({ from, to }) => this.#within(bucket, { gte: from, lte: to })),
    )
    return await this.#numbers.read(0, either(clauses), group => group)
  }

  /** For each quantile how many rows of each group lie above its window. */
  async #countAbove(groups: readonly Windows[]): Promise<readonly ReadonlyMap<string, number>[]> {
    const counts: ReadonlyMap<string, number>[] = []
    for (const at of this.#shares.keys()) {
      const clauses = groups.flatMap(({ bucket, windows }) => {
        const to = windows[at]?.to ?? null
        return to === null ? [] : [this.#within(bucket, { gt: to })]
      })
      const asked =
        clauses.length === 0 ? {} : await this.#ask(this.#byKey({}), {}, [either(clauses)])
      const buckets = this.#bucketsOf(asked)
      counts.push(new Map(buckets.map(bucket => [nameOf(bucket), bucket.doc_count])))
    }
    return counts
  }

  async #countNumbers(): Promise<number> {
    return await this.#asked.countRows({ exists: { field: this.#number } })
  }

  /** Rows of the group with a number in the range, of which a bound that is null is none. */
  #within({ key }: GroupBucket, range: Readonly<Record<string, number | null>>): Clause {
    const bounds = Object.entries(range).filter(([, bound]) => bound !== null)
    const numbers =
      bounds.length === 0
        ? { exists: { field: this.#number } }
        : { range: { [this.#number]: Object.fromEntries(bounds) } }
    if (this.#key === undefined) return numbers
    const value = key?.['k0'] ?? null
    const field = this.#key
    const group = value === null ? not({ exists: { field } }) : { term: { [field]: value } }
    return every([group, numbers])
  }

  /** One more group than there may be, and that without a key: no count is a guess. */
  #byKey(aggs: Aggregations): Aggregations {
    const field = this.#key
    if (field === undefined) return { groups: { filters: { filters: [{ match_all: {} }] }, aggs } }
    const size = this.#asked.limits.windowGroupsMax + 1
    return {
      groups: { terms: { field, size }, aggs },
      none: { filter: not({ exists: { field } }), aggs },
    }
  }

  #bucketsOf(answer: Readonly<Record<string, unknown>>): readonly GroupBucket[] {
    const { groups, none } = answer as KeyedAnswer
    const named = (groups?.buckets ?? []).map(({ key, ...bucket }) =>
      key === undefined ? bucket : { ...bucket, key: { k0: key } },
    )
    const isNone = none !== undefined && none.doc_count > 0
    return isNone ? [...named, { ...none, key: { k0: null } }] : named
  }
}

type Aggregations = Readonly<Record<string, unknown>>

interface Sample {
  readonly rows: number
  readonly numberAt: ReadonlyMap<number, number>
}

interface PercentilesAnswer {
  readonly at: { readonly values: readonly { readonly key: number; readonly value: number }[] }
}

interface KeyedAnswer {
  readonly groups?: { readonly buckets: readonly TermBucket[] }
  readonly none?: TermBucket
}

interface TermBucket extends Omit<GroupBucket, 'key'> {
  readonly key?: string
}

function isPoint({ from, to }: NumberWindow): boolean {
  return from !== null && from === to
}

function isIn({ from, to }: NumberWindow, number: number): boolean {
  return (from === null || number >= from) && (to === null || number <= to)
}
