/** Values of a numeric field per group: what an aggregate is made of. */
import { entryText } from '#actors/processing/folded-bytes.ts'
import { denseRanks } from '#actors/processing/take-rows.ts'
import { type AggregateRequest, levelOfSeverity } from '#proto/api.ts'
import {
  type AttributeColumn,
  entryOf,
  isPresent,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'

export interface ValuesWanted {
  /** null = only count the rows of each group. */
  readonly field: string | null
  /** null = one group for all, its key ''. */
  readonly by: string | null
}

/** What an aggregate needs of each row. */
export function valuesWanted(aggregate: AggregateRequest): ValuesWanted {
  const field = aggregate.fn === 'count' ? null : (aggregate.field ?? null)
  return { field, by: aggregate.by ?? null }
}

/** Groups as they cross threads: group i has `counts[i]` rows and so many values, one after another. */
export interface ValueGroups {
  readonly keys: readonly string[]
  /** Rows of the group; with a field: rows that have a number there. */
  readonly counts: Float64Array
  /** In the order of the groups; empty without a field. */
  readonly values: Float64Array
}

/** Collects rows of any number of units. Rows without the group's field belong to no group. */
export class ValueCollector {
  readonly #wanted: ValuesWanted
  readonly #groups = new Map<string, Group>()

  constructor(wanted: ValuesWanted) {
    this.#wanted = wanted
  }

  add(rows: RowColumns, selected: Uint32Array): void {
    const { field, by } = this.#wanted
    const value = field === null ? null : numberReader(rows, field)
    if (field !== null && value === null) return
    const groupOf = this.#groupReader(rows, by)
    for (const row of selected) {
      const number = value === null ? 0 : value(row)
      if (!Number.isFinite(number)) continue
      const group = groupOf(row)
      if (group === null) continue
      if (value !== null) group.push(number)
      else group.count++
    }
  }

  merge({ keys, counts, values }: ValueGroups): void {
    let at = 0
    for (const [i, key] of keys.entries()) {
      const count = counts[i] as number
      const group = this.#group(key)
      if (this.#wanted.field === null) group.count += count
      else group.append(values.subarray(at, at + count))
      at += count
    }
  }

  groups(): ValueGroups {
    const entries = [...this.#groups].filter(([, group]) => group.count > 0)
    const counts = Float64Array.from(entries, ([, group]) => group.count)
    const hasValues = this.#wanted.field !== null
    const values = new Float64Array(hasValues ? counts.reduce((sum, count) => sum + count, 0) : 0)
    let at = 0
    for (const [, group] of hasValues ? entries : []) {
      values.set(group.values, at)
      at += group.count
    }
    return { keys: entries.map(([key]) => key), counts, values }
  }

  /** Texts are looked up once per entry, not per row. */
  #groupReader(rows: RowColumns, by: string | null): (row: number) => Group | null {
    if (by === null) {
      const all = this.#group('')
      return () => all
    }
    const key = keyReader(rows, by)
    const known: (Group | undefined)[] = []
    return row => {
      const slot = key.slotOf(row)
      if (slot < 0) return null
      known[slot] ??= this.#group(key.textOf(slot))
      return known[slot] as Group
    }
  }

  #group(key: string): Group {
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = new Group()
      this.#groups.set(key, group)
    }
    return group
  }
}

class Group {
  count = 0
  #values = new Float64Array(64)

  get values(): Float64Array {
    return this.#values.subarray(0, this.count)
  }

  push(value: number): void {
    if (this.count === this.#values.length) this.#grow(this.count * 2)
    this.#values[this.count++] = value
  }

  append(values: Float64Array): void {
    const count = this.count + values.length
    if (count > this.#values.length) this.#grow(Math.max(count, this.count * 2))
    this.#values.set(values, this.count)
    this.count = count
  }

  #grow(capacity: number): void {
    const values = new Float64Array(capacity)
    values.set(this.values)
    this.#values = values
  }
}

/** The number of a row in the columns of `field`, NaN where it has none; null = nobody has one. */
function numberReader(rows: RowColumns, field: string): ((row: number) => number) | null {
  const readers = rows.attributes.flatMap(column =>
    column.key === field && (column.type === 'i' || column.type === 'd')
      ? [columnNumbers(column, rows.count)]
      : [],
  )
  const [first, second] = readers
  if (first === undefined || second === undefined) return first ?? null
  return row => {
    const number = first(row)
    return Number.isNaN(number) ? second(row) : number
  }
}

function columnNumbers(
  column: AttributeColumn & { type: 'i' | 'd' },
  count: number,
): (row: number) => number {
  const valueAt = valueNumbers(column.presence, count)
  if (column.type === 'd') {
    const { doubles } = column
    return row => doubles[valueAt(row)] ?? Number.NaN
  }
  const { ints } = column
  return row => {
    const at = valueAt(row) * 2
    return at < 0 ? Number.NaN : intAt(ints, at)
  }
}

function intAt(pairs: Int32Array, at: number): number {
  return (pairs[at + 1] as number) * 2 ** 32 + ((pairs[at] as number) >>> 0)
}

/** Where the value of a row stands among the present ones; -1 = it has none. */
function valueNumbers(presence: Uint8Array | null, count: number): (row: number) => number {
  if (presence === null) return row => row
  const ranks = denseRanks(presence, count)
  return row => (isPresent(presence, row) ? (ranks[row] as number) : -1)
}

/** Group keys by slots: rows with the same slot have the same key. */
interface KeyReader {
  /** -1 = the row has no such field. */
  slotOf(row: number): number
  textOf(slot: number): string
}

function keyReader(rows: RowColumns, by: string): KeyReader {
  switch (by) {
    case 'level':
      return {
        slotOf: row => rows.severity[row] as number,
        textOf: severity => levelOfSeverity(severity),
      }
    case 'service':
      return textKeys(rows.service)
    case 'host':
      return textKeys(rows.host)
    case 'file':
      return textKeys(rows.file)
    case 'severity_text':
      return textKeys(rows.severityText)
    case 'message':
      return textKeys(rows.message)
    default:
      return attributeKeys(rows, by)
  }
}

function textKeys(column: TextColumn): KeyReader {
  return { slotOf: row => entryOf(column, row), textOf: entry => entryText(column, entry) }
}

function attributeKeys(rows: RowColumns, key: string): KeyReader {
  const columns = rows.attributes
    .filter(column => column.key === key)
    .map(column => ({ column, valueAt: valueNumbers(column.presence, rows.count) }))
  const stride = columns.length
  return {
    slotOf(row) {
      for (const [i, { column, valueAt }] of columns.entries()) {
        const value = valueAt(row)
        if (value < 0) continue
        const isText = column.type === 's' || column.type === 'j'
        return (isText ? entryOf(column.texts, value) : value) * stride + i
      }
      return -1
    },
    textOf(slot) {
      const { column } = columns[slot % stride] as (typeof columns)[number]
      return valueText(column, Math.floor(slot / stride))
    },
  }
}

function valueText(column: AttributeColumn, slot: number): string {
  switch (column.type) {
    case 's':
    case 'j':
      return entryText(column.texts, slot)
    case 'i': {
      const high = BigInt(column.ints[slot * 2 + 1] as number)
      return String((high << 32n) | BigInt((column.ints[slot * 2] as number) >>> 0))
    }
    case 'd':
      return String(column.doubles[slot])
    case 'b':
      return column.bools[slot] === 1 ? 'true' : 'false'
  }
}
