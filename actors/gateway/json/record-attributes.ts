/**
 * Attributes of scanned records: judged by `plan`, taken by `commit`, never one without the other.
 */
import {
  ATTRIBUTE_KEY_BYTES_MAX,
  ATTRIBUTE_VALUE_BYTES_MAX,
  ATTRIBUTES_MAX,
} from '#proto/limits.ts'
import type { WireWriter } from '#proto/wire-writer.ts'
import { KeyColumns, type Values } from './attribute-table.ts'
import { compactJson, KIND } from './json-scan.ts'
import { unescapeTo } from './json-string.ts'
import { asciiText, readDecimal, readWhole } from './scan-number.ts'
import type { FieldSlot, ScannedRecord } from './scanned-record.ts'

/** How a value is taken. */
const TAKE = { text: 0, escaped: 1, int: 2, double: 3, bool: 4, json: 5, joined: 6 } as const

/** Bytes that a column takes beside its key, its presence bits and its values. */
const COLUMN_BYTES = 64
/** With more keys than this all are forgotten after a batch: records that make up keys. */
const KEYS_KEPT_MAX = 2 * ATTRIBUTES_MAX

export class RecordAttributes {
  readonly #scanner: ScannedRecord
  #keys = new Map<string, KeyColumns>()
  #generation = 0
  #record = 0
  /** Columns with values in this batch, and bytes of their keys and frames. */
  columns = 0
  columnBytes = 0
  /** What the planned record would add to them. */
  newColumns = 0
  newColumnBytes = 0
  /** By value of the planned record. */
  readonly #takes: number[] = []
  readonly #numbers: (number | bigint)[] = []
  readonly #texts: Uint8Array[] = []
  /** Values that are an array of ours. */
  readonly #arrays = new Set<number>()
  #attributes = 0
  #scratch = new Uint8Array(1_024)

  constructor(scanner: ScannedRecord) {
    this.#scanner = scanner
  }

  /** Looks at the attributes of the scanned record; the reason why it cannot be taken, or null. */
  plan(): string | null {
    const { count, slots, chosen } = this.#scanner
    this.#record++
    this.#attributes = 0
    this.newColumns = 0
    this.newColumnBytes = 0
    if (this.#arrays.size > 0) this.#arrays.clear()
    for (let leaf = 0; leaf < count; leaf++) {
      const slot = slots[leaf] as FieldSlot
      if (slot.role >= 0 && chosen[slot.role] === leaf) continue
      const refusal = this.#planLeaf(leaf, slot)
      if (refusal !== null) return refusal
    }
    return this.#attributes > ATTRIBUTES_MAX ? `more than ${ATTRIBUTES_MAX} attributes` : null
  }

  #planLeaf(leaf: number, slot: FieldSlot): string | null {
    if (slot.isTooLong) return `an attribute key is longer than ${ATTRIBUTE_KEY_BYTES_MAX} bytes`
    const take = this.#judge(leaf)
    if (take < 0) return tooLong(slot.key)
    this.#takes[leaf] = take
    const keys = this.#keysOf(slot)
    if (keys.record === this.#record) return this.#join(keys, leaf)
    keys.record = this.#record
    keys.leaf = leaf
    this.#attributes++
    this.#countColumn(keys, take, 1)
    return null
  }

  #countColumn(keys: KeyColumns, take: number, change: 1 | -1): void {
    if (columnOf(keys, take).count > 0) return
    this.newColumns += change
    this.newColumnBytes += change * (keys.key.length * 3 + COLUMN_BYTES)
  }

  #keysOf(slot: FieldSlot): KeyColumns {
    const { columns } = slot
    if (columns !== undefined && columns.generation === this.#generation) return columns
    const keys = this.#keys.get(slot.key) ?? new KeyColumns(slot.key, this.#generation)
    this.#keys.set(slot.key, keys)
    slot.columns = keys
    return keys
  }

  /** How the value is to be taken; -1 = it is too long. */
  #judge(leaf: number): number {
    const { bytes, kinds, starts, ends } = this.#scanner
    const [start, end] = [starts[leaf] as number, ends[leaf] as number]
    const isLong = end - start > ATTRIBUTE_VALUE_BYTES_MAX
    switch (kinds[leaf]) {
      case KIND.plain:
        return isLong ? -1 : TAKE.text
      case KIND.escaped: {
        if (isLong && this.#unescaped(leaf).length > ATTRIBUTE_VALUE_BYTES_MAX) return -1
        return TAKE.escaped
      }
      case KIND.whole:
      case KIND.decimal:
        return this.#judgeNumber(leaf, start, end)
      case KIND.true:
      case KIND.false:
        return TAKE.bool
      default: {
        const text = compactJson(bytes, start, end)
        this.#texts[leaf] = text
        return text.length > ATTRIBUTE_VALUE_BYTES_MAX ? -1 : TAKE.json
      }
    }
  }

  #judgeNumber(leaf: number, start: number, end: number): number {
    const { bytes, kinds } = this.#scanner
    const isWhole = kinds[leaf] === KIND.whole
    const value = isWhole ? readWhole(bytes, start, end) : readDecimal(bytes, start, end)
    if (value === null || (typeof value === 'number' && !Number.isFinite(value))) {
      // Beyond every column of numbers: kept digit by digit, an integer bare, others as a string.
      this.#texts[leaf] = isWhole ? bytes.subarray(start, end) : quoted(bytes, start, end)
      return end - start > ATTRIBUTE_VALUE_BYTES_MAX - 2 ? -1 : TAKE.json
    }
    this.#numbers[leaf] = value
    const isInt =
      typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))
    return isInt ? TAKE.int : TAKE.double
  }

  /** The key comes twice: the first value wins, and the others join it in an array. */
  #join(keys: KeyColumns, leaf: number): string | null {
    const first = keys.leaf
    const isArray = this.#arrays.has(first)
    const held = isArray ? (this.#texts[first] as Uint8Array).subarray(1, -1) : this.#jsonOf(first)
    const joined = Buffer.concat([OPEN, held, COMMA, this.#jsonOf(leaf), CLOSE])
    if (joined.length > ATTRIBUTE_VALUE_BYTES_MAX) return tooLong(keys.key)
    if (!isArray) {
      this.#countColumn(keys, this.#takes[first] as number, -1)
      this.#countColumn(keys, TAKE.json, 1)
      this.#arrays.add(first)
    }
    this.#texts[first] = joined
    this.#takes[first] = TAKE.json
    this.#takes[leaf] = TAKE.joined
    return null
  }

  #jsonOf(leaf: number): Uint8Array {
    const { bytes, kinds, starts, ends } = this.#scanner
    const [start, end] = [starts[leaf] as number, ends[leaf] as number]
    const kind = kinds[leaf] as number
    if (kind >= KIND.null) return this.#texts[leaf] as Uint8Array
    const isString = kind === KIND.plain || kind === KIND.escaped
    return isString ? this.#scanner.quoted(leaf) : bytes.subarray(start, end)
  }

  #unescaped(leaf: number): Uint8Array {
    const { bytes, starts, ends } = this.#scanner
    const [start, end] = [starts[leaf] as number, ends[leaf] as number]
    if (this.#scratch.length < end - start) this.#scratch = new Uint8Array(2 * (end - start))
    return this.#scratch.subarray(0, unescapeTo(this.#scratch, 0, bytes, start, end))
  }

  /** Takes the attributes of the planned record as those of row `row`. */
  commit(row: number): void {
    const { count, slots, chosen } = this.#scanner
    for (let leaf = 0; leaf < count; leaf++) {
      const slot = slots[leaf] as FieldSlot
      if (slot.role >= 0 && chosen[slot.role] === leaf) continue
      this.#commitLeaf(leaf, slot.columns as KeyColumns, row)
    }
    this.columns += this.newColumns
    this.columnBytes += this.newColumnBytes
  }

  #commitLeaf(leaf: number, keys: KeyColumns, row: number): void {
    const { bytes, kinds, starts, ends } = this.#scanner
    switch (this.#takes[leaf]) {
      case TAKE.text:
        return keys.s.add(row, bytes, starts[leaf] as number, ends[leaf] as number)
      case TAKE.escaped: {
        const text = this.#unescaped(leaf)
        return keys.s.add(row, text, 0, text.length)
      }
      case TAKE.int:
        return keys.i.add(row, this.#numbers[leaf] as number | bigint)
      case TAKE.double:
        return keys.d.add(row, this.#numbers[leaf] as number)
      case TAKE.bool:
        return keys.b.add(row, kinds[leaf] === KIND.true)
      case TAKE.json: {
        const text = this.#texts[leaf] as Uint8Array
        return keys.j.add(row, text, 0, text.length)
      }
    }
  }

  /** Writes the columns of a batch of `rows` records and forgets their values. */
  seal(writer: WireWriter, rows: number): void {
    for (const keys of this.#keys.values()) {
      for (const column of keys.made) {
        if (column.count === 0) continue
        column.write(writer, keys.key, rows)
        column.clear()
      }
    }
    this.columns = 0
    this.columnBytes = 0
    if (this.#keys.size <= KEYS_KEPT_MAX) return
    this.#keys = new Map()
    this.#generation++
  }
}

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

function tooLong(key: string): string {
  return `attribute ${key} is longer than ${ATTRIBUTE_VALUE_BYTES_MAX} bytes`
}

function quoted(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return Buffer.from(`"${asciiText(bytes, start, end)}"`)
}

function columnOf(keys: KeyColumns, take: number): Values {
  switch (take) {
    case TAKE.text:
    case TAKE.escaped:
      return keys.s
    case TAKE.int:
      return keys.i
    case TAKE.double:
      return keys.d
    case TAKE.bool:
      return keys.b
    default:
      return keys.j
  }
}
