/**
 * Exact quantiles in three steps: a sample of the numbers makes bounds of cells, the rows in each
 * cell are counted for each group, and the numbers of those cells are read in which a quantile
 * lies. The script that holds all different numbers takes three times as long.
 */
import { bothDone } from '../lanes.ts'
import { BUCKETS_MAX, GroupNumbers, nameOf } from './group-numbers.ts'
import { boundsOf, type Counted, cellOf, NumberCells } from './number-cells.ts'
import { type AskRows, ofSample, probabilityOf, type QuantilesAsked } from './quantiles-asked.ts'
import type { Clause } from './query/clause.ts'
import { either } from './query/clause.ts'
import {
  GROUPS_OF_PAGE,
  type GroupBucket,
  type GroupPage,
  type GroupQuestion,
  groupQuestion,
  rangeOf,
  sharesOf,
} from './query/group-pages.ts'

/** Cells of all groups that are aimed at: a cell is 100 bytes of the answer. */
const CELLS_WANTED = 40_000
/** With fewer in each group too much would have to be read. */
const CELLS_MIN = 32

/** All groups, their quantiles as a script would answer them; null = there is too much to read. */
export async function askCellQuantiles(
  asked: QuantilesAsked,
  ask: AskRows,
): Promise<GroupPage | null> {
  return await new CellQuantiles(asked, ask).run()
}

/** One field of which quantiles are wanted. */
interface FieldCells {
  readonly at: number
  readonly shares: readonly number[]
  readonly bounds: readonly number[]
  /** By group. */
  readonly groups: ReadonlyMap<string, NumberCells>
  /** Cells that some group has to read. */
  readonly toRead: ReadonlySet<number>
  /** In these. */
  readonly rows: number
}

class CellQuantiles {
  readonly #asked: QuantilesAsked
  readonly #ask: AskRows
  readonly #numbers: GroupNumbers

  constructor(asked: QuantilesAsked, ask: AskRows) {
    this.#asked = asked
    this.#ask = ask
    this.#numbers = new GroupNumbers(asked, ask)
  }

  async run(): Promise<GroupPage | null> {
    const bounds = await this.#bounds()
    const page = bounds === null ? null : await this.#count(bounds)
    if (bounds === null || page === null) return null
    const { wanted, measures, limits } = this.#asked
    const cells = wanted.numbers.flatMap(({ field, isEach }, at) =>
      isEach ? [cellsOf(page, at, bounds[at] ?? [], sharesOf(measures, field))] : [],
    )
    if (cells.reduce((sum, { rows }) => sum + rows, 0) > limits.readRowsMax) return null
    for (const each of cells) if (!(await this.#read(each))) return null
    return { buckets: page.buckets.map(bucket => answered(bucket, cells)) }
  }

  /**
   * Of each field; none where all numbers are few enough to be read, or nobody asks for them. null
   * = there are too many groups.
   */
  async #bounds(): Promise<readonly (readonly number[])[] | null> {
    const { wanted, rows, limits } = this.#asked
    const probability = probabilityOf(limits.sampleRows, rows)
    if (probability === null) return wanted.numbers.map(() => [])
    const fields = wanted.numbers.filter(({ isEach }) => isEach).length
    const groupsMax = Math.floor(CELLS_WANTED / CELLS_MIN / fields)
    const [groups, samples] = await bothDone(this.#groups(groupsMax), this.#samples(probability))
    if (groups === groupsMax) return null
    const cells = Math.min(limits.cellsMax, Math.floor(CELLS_WANTED / fields / groups))
    return samples.map(sample => boundsOf(sample, cells))
  }

  /** How many there are, at least one. */
  async #groups(max: number): Promise<number> {
    const question = this.#question({ type: 'keys' })
    const page = await this.#page(question, { after: null, size: max, clauses: [] })
    return Math.max(1, page.buckets.length)
  }

  /** Some numbers of each field of which quantiles are wanted. */
  async #samples(probability: number): Promise<readonly (readonly Counted[])[]> {
    const { wanted, fields, limits } = this.#asked
    const size = limits.sampleRows * 2
    const aggs = Object.fromEntries(
      wanted.numbers.flatMap(({ isEach }, at) =>
        isEach ? [[`s${at}`, { terms: { field: fields.numbers[at], size } }]] : [],
      ),
    )
    const asked = ofSample(probability, aggs)
    const { sample } = (await this.#ask(asked, fields.runtimeMappings)) as {
      readonly sample: Readonly<Record<string, SampleAnswer>>
    }
    return wanted.numbers.map((_, at) => sampleOf(sample[`s${at}`]?.buckets ?? []))
  }

  /** Groups with their cells; null = more than fit into one answer. */
  async #count(bounds: readonly (readonly number[])[]): Promise<GroupPage | null> {
    const question = this.#question({ type: 'measures', quantiles: bounds })
    const buckets = bounds.reduce((sum, each) => sum + each.length + 1, 1)
    const groupsMax = Math.min(GROUPS_OF_PAGE, Math.floor(BUCKETS_MAX / buckets))
    const page = await this.#page(question, { after: null, size: groupsMax, clauses: [] })
    return page.buckets.length < groupsMax ? page : null
  }

  /** False = rows were deleted since they were counted. */
  async #read({ at, bounds, groups, toRead }: FieldCells): Promise<boolean> {
    if (toRead.size === 0) return true
    const field = this.#asked.fields.numbers[at] as string
    const ranges = [...toRead].map(cell => ({
      range: { [field]: rangeOf(bounds, cell, 'gte', 'lt') },
    }))
    const numbers = await this.#numbers.read(
      at,
      either(ranges),
      (group, number) => `${cellOf(bounds, number)} ${group}`,
    )
    return [...groups].every(([group, cells]) =>
      [...toRead].every(cell => cells.read(cell, numbers.get(`${cell} ${group}`) ?? [])),
    )
  }

  #question(asked: Parameters<typeof groupQuestion>[3]): GroupQuestion {
    const { wanted, measures, fields } = this.#asked
    return groupQuestion(wanted, measures, fields, asked)
  }

  async #page(
    { page, runtimeMappings }: GroupQuestion,
    asked: {
      readonly after: unknown
      readonly size: number
      readonly clauses: readonly Clause[]
    },
  ): Promise<GroupPage> {
    const aggs = { groups: page(asked.after, asked.size) }
    const { groups } = await this.#ask(aggs, runtimeMappings, asked.clauses)
    return (groups as GroupPage | undefined) ?? { buckets: [] }
  }
}

interface SampleAnswer {
  readonly buckets: readonly { readonly key: number | string; readonly doc_count: number }[]
}

/** Integers beyond 2^53 come as text. */
function sampleOf(buckets: SampleAnswer['buckets']): Counted[] {
  return buckets
    .map(({ key, doc_count: rows }) => ({ number: Number(key), rows }))
    .sort((a, b) => a.number - b.number)
}

function cellsOf(
  { buckets }: GroupPage,
  at: number,
  bounds: readonly number[],
  shares: readonly number[],
): FieldCells {
  const groups = new Map<string, NumberCells>()
  const toRead = new Set<number>()
  for (const bucket of buckets) {
    const cells = new NumberCells(bounds, countsOf(bucket, at))
    for (const cell of cells.toRead(shares)) toRead.add(cell)
    groups.set(nameOf(bucket), cells)
  }
  const inCells = (bucket: GroupBucket): number =>
    countsOf(bucket, at).reduce((sum, count, cell) => (toRead.has(cell) ? sum + count : sum), 0)
  const rows = buckets.reduce((sum, bucket) => sum + inCells(bucket), 0)
  return { at, shares, bounds, groups, toRead, rows }
}

/** Rows in each cell; where there is but one, it has all numbers. */
function countsOf(bucket: GroupBucket, at: number): number[] {
  const cells = bucket[`c${at}`]?.buckets.map(({ doc_count: rows }) => rows)
  return cells ?? [Number(bucket[`n${at}`]?.value ?? 0)]
}

function answered(bucket: GroupBucket, fields: readonly FieldCells[]): GroupBucket {
  const answers = fields.map(({ at, shares, groups }) => {
    const cells = groups.get(nameOf(bucket))
    return [`q${at}`, { value: shares.map(share => cells?.quantile(share) ?? null) }] as const
  })
  return { ...bucket, ...Object.fromEntries(answers) }
}
