/** Values of a numeric field per group: what an aggregate is made of. */
import { entryText } from '#actors/processing/folded-bytes.ts'
import { type AggregateRequest, levelOfSeverity } from '#proto/api.ts'
import {
  type AttributeColumn,
  isPresent,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'
import { joinInt64 } from '#proto/row-id.ts'

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

/**
 * Groups as they cross threads: group i has `counts[i]` rows and so many values, one after another.
 */
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
    const numbers = field === null ? null : readNumbers(rows, field, selected)
    if (field !== null && numbers === null) return
    const { slots, textOf } = readSlots(rows, by, selected)
    const groups: (Group | undefined)[] = []
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number
      const number = numbers === null ? 0 : (numbers[i] as number)
      if (slot < 0 || !Number.isFinite(number)) continue
      const group = groups[slot] ?? this.#group(textOf(slot))
      groups[slot] = group
      if (numbers === null) group.count++
      else group.push(number)
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

/** Numbers of the selected rows, NaN where there is none; null = nobody has one. */
function readNumbers(rows: RowColumns, field: string, selected: Uint32Array): Float64Array | null {
  let numbers: Float64Array | null = null
  for (const column of rows.attributes) {
    if (column.key !== field || (column.type !== 'i' && column.type !== 'd')) continue
    numbers ??= new Float64Array(selected.length).fill(Number.NaN)
    const values = valuesOf(column.presence, selected)
    if (column.type === 'd') pickDoubles(column.doubles, values, numbers)
    else pickInts(column.ints, values, numbers)
  }
  return numbers
}

function pickDoubles(doubles: Float64Array, values: Int32Array, into: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value >= 0) into[i] = doubles[value] as number
  }
}

function pickInts(pairs: Int32Array, values: Int32Array, into: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const at = (values[i] as number) * 2
    if (at >= 0) into[i] = (pairs[at + 1] as number) * 2 ** 32 + ((pairs[at] as number) >>> 0)
  }
}

/** Where the values of the selected rows (ascending) stand among the present ones; -1 = absent. */
function valuesOf(presence: Uint8Array | null, selected: Uint32Array): Int32Array {
  if (presence === null) return Int32Array.from(selected)
  const values = new Int32Array(selected.length)
  let row = 0
  let rank = 0
  for (let i = 0; i < selected.length; i++) {
    const wanted = selected[i] as number
    for (; row < wanted; row++) rank += ((presence[row >> 3] as number) >> (row & 7)) & 1
    values[i] = isPresent(presence, wanted) ? rank : -1
  }
  return values
}

/** Group keys by slots: rows with the same slot have the same key. */
interface Slots {
  /** Of each selected row; -1 = it has no such field. */
  readonly slots: Int32Array
  readonly textOf: (slot: number) => string
}

function readSlots(rows: RowColumns, by: string | null, selected: Uint32Array): Slots {
  switch (by) {
    case null:
      return { slots: new Int32Array(selected.length), textOf: () => '' }
    case 'level': {
      const slots = new Int32Array(selected.length)
      for (let i = 0; i < slots.length; i++)
        slots[i] = rows.severity[selected[i] as number] as number
      return { slots, textOf: levelOfSeverity }
    }
    case 'service':
      return textSlots(rows.service, Int32Array.from(selected))
    case 'host':
      return textSlots(rows.host, Int32Array.from(selected))
    case 'file':
      return textSlots(rows.file, Int32Array.from(selected))
    case 'severity_text':
      return textSlots(rows.severityText, Int32Array.from(selected))
    case 'message':
      return textSlots(rows.message, Int32Array.from(selected))
    default:
      return attributeSlots(rows, by, selected)
  }
}

/** Entries of values; negative ones stay. */
function textSlots(column: TextColumn, values: Int32Array): Slots {
  const { indexes } = column
  if (indexes !== 'each') {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      if (value >= 0) values[i] = indexes === 'same' ? 0 : (indexes[value] as number)
    }
  }
  return { slots: values, textOf: entry => entryText(column, entry) }
}

/** The same key may have columns of several types; a row has a value in one of them. */
function attributeSlots(rows: RowColumns, key: string, selected: Uint32Array): Slots {
  const columns = rows.attributes.filter(column => column.key === key)
  const stride = columns.length
  const slots = new Int32Array(selected.length).fill(-1)
  for (const [i, column] of columns.entries()) {
    const values = valuesOf(column.presence, selected)
    const isText = column.type === 's' || column.type === 'j'
    const own = isText ? textSlots(column.texts, values).slots : values
    for (let row = 0; row < slots.length; row++) {
      const slot = own[row] as number
      if (slot >= 0 && slots[row] === -1) slots[row] = slot * stride + i
    }
  }
  return {
    slots,
    textOf(slot) {
      const column = columns[slot % stride] as AttributeColumn
      return valueText(column, Math.floor(slot / stride))
    },
  }
}

function valueText(column: AttributeColumn, slot: number): string {
  switch (column.type) {
    case 's':
    case 'j':
      return entryText(column.texts, slot)
    case 'i':
      return String(joinInt64(column.ints[slot * 2] as number, column.ints[slot * 2 + 1] as number))
    case 'd':
      return String(column.doubles[slot])
    case 'b':
      return column.bools[slot] === 1 ? 'true' : 'false'
  }
}
