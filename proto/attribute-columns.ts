/**
 * Builds the attribute columns of a batch. Values are taken as they come, typed by their JavaScript
 * type, and encoded when the batch is sealed.
 */
import type { AttributeType } from './columns.ts'
import { jsonText } from './json-text.ts'
import { ATTRIBUTE_KEY_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_MAX } from './limits.ts'
import { isLongerThan, utf8Length } from './utf8.ts'
import { type Value, ValueColumn, writeColumn } from './value-column.ts'
import type { WireWriter } from './wire-writer.ts'

/** The columns of one key, and which of them the present row has used. */
class KeyColumns {
  readonly key: string
  readonly columns: (ValueColumn | undefined)[] = [...NO_COLUMNS]
  row = -1
  used: ValueColumn | null = null
  /** The row had this key twice: its value is an array of ours. */
  isJoined = false

  constructor(key: string) {
    this.key = key
  }
}

const S = 0
const I = 1
const D = 2
const B = 3
const J = 4
const TYPES: readonly AttributeType[] = ['s', 'i', 'd', 'b', 'j']
const NO_COLUMNS: readonly undefined[] = TYPES.map(() => undefined)
/** Objects nested deeper become JSON text. */
const FLATTEN_DEPTH_MAX = 16
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
/** Bytes beside key and value that a column of one record takes at most. */
const COLUMN_FRAME_BYTES = 48

export class AttributeColumns {
  private readonly recordsMax: number
  private readonly keys = new Map<string, KeyColumns>()
  /**
   * Keys of the present row in order; beyond `touchedCount` those of the rows before: good guesses.
   */
  private readonly touched: KeyColumns[] = []
  private touchedCount = 0
  private row = 0
  /** Why the present row cannot be taken; null = it can. */
  fault: string | null = null
  private readonly path: object[] = []
  /** UTF-16 units of the values and keys of the present row. */
  rowChars = 0

  constructor(recordsMax: number) {
    this.recordsMax = recordsMax
  }

  get keyCount(): number {
    return this.keys.size
  }

  begin(row: number): void {
    this.row = row
    this.touchedCount = 0
    this.rowChars = 0
    this.fault = null
  }

  /** Adds one attribute: objects are flattened, undefined and functions are nothing. */
  add(key: string, value: unknown): void {
    switch (typeof value) {
      case 'string':
        if (value.length > SURELY_SHORT && isLongerThan(value, ATTRIBUTE_VALUE_BYTES_MAX)) {
          this.fault ??= `attribute ${key} is longer than ${ATTRIBUTE_VALUE_BYTES_MAX} bytes`
        } else {
          this.rowChars += value.length
          this.put(key, S, value)
        }
        break
      case 'number':
        this.addNumber(key, value)
        break
      case 'boolean':
        this.put(key, B, value)
        break
      case 'bigint':
        if (value >= INT64_MIN && value <= INT64_MAX) this.put(key, I, value)
        else this.addJson(key, String(value))
        break
      case 'object':
        if (value === null) this.addJson(key, 'null')
        else this.addObject(key, value)
        break
      case 'undefined':
      case 'function':
      case 'symbol':
        break
    }
  }

  /** Adds a value that is JSON text already. */
  addJson(key: string, text: string): void {
    if (isLongerThan(text, ATTRIBUTE_VALUE_BYTES_MAX)) {
      this.fault ??= `attribute ${key} is longer than ${ATTRIBUTE_VALUE_BYTES_MAX} bytes`
      return
    }
    this.rowChars += text.length
    this.put(key, J, text)
  }

  /** Adds one attribute unless the row has that key. */
  addDefault(key: string, value: unknown): void {
    if (this.keys.get(key)?.row !== this.row) this.add(key, value)
  }

  private addNumber(key: string, value: number): void {
    // -0 is an integer to JavaScript, but only a double can keep it.
    if (Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0)) this.put(key, I, value)
    else if (Number.isFinite(value)) this.put(key, D, value)
    else this.addJson(key, `"${value}"`)
  }

  private addObject(key: string, value: object): void {
    if (Array.isArray(value) || this.path.length >= FLATTEN_DEPTH_MAX) {
      this.addJson(key, jsonText(value))
      return
    }
    if (this.path.includes(value)) {
      this.addJson(key, '"[circular]"')
      return
    }
    this.path.push(value)
    try {
      const plain = plainOf(value)
      if (plain === value) this.addMembers(key, value)
      else this.add(key, plain)
    } catch {
      this.addJson(key, '"[unreadable]"')
    }
    this.path.pop()
  }

  private addMembers(key: string, value: object): void {
    let isEmpty = true
    for (const [member, item] of Object.entries(value)) {
      if (item === undefined || typeof item === 'function' || typeof item === 'symbol') continue
      isEmpty = false
      this.add(`${key}.${member}`, item)
    }
    if (isEmpty) this.addJson(key, '{}')
  }

  private put(key: string, type: number, value: Value): void {
    const guess = this.touched[this.touchedCount]
    const columns = guess !== undefined && guess.key === key ? guess : this.find(key)
    if (columns === null) return
    if (columns.row === this.row && columns.used !== null) {
      this.join(columns, type, value)
      return
    }
    if (this.touchedCount >= ATTRIBUTES_MAX) {
      this.fault ??= `more than ${ATTRIBUTES_MAX} attributes`
      return
    }
    let column = columns.columns[type]
    if (column === undefined) {
      column = new ValueColumn(TYPES[type] as AttributeType, this.recordsMax)
      columns.columns[type] = column
    }
    columns.row = this.row
    columns.used = column
    columns.isJoined = false
    this.touched[this.touchedCount++] = columns
    column.push(this.row, value)
  }

  private find(key: string): KeyColumns | null {
    let columns = this.keys.get(key)
    if (columns === undefined) {
      if (isLongerThan(key, ATTRIBUTE_KEY_BYTES_MAX)) {
        this.fault ??= `an attribute key is longer than ${ATTRIBUTE_KEY_BYTES_MAX} bytes`
        return null
      }
      columns = new KeyColumns(key)
      this.keys.set(key, columns)
    }
    return columns
  }

  /** The key comes twice in one record: both values become an array. */
  private join(columns: KeyColumns, type: number, value: Value): void {
    const { used, row } = columns
    if (used === null) return
    const first = asJson(used.pop(row) as Value, used.type)
    const second = asJson(value, TYPES[type] as AttributeType)
    const text = columns.isJoined ? `${first.slice(0, -1)},${second}]` : `[${first},${second}]`
    const column = columns.columns[J] ?? new ValueColumn('j', this.recordsMax)
    columns.columns[J] = column
    columns.used = column
    columns.isJoined = true
    column.push(row, text)
    this.rowChars += text.length
    if (isLongerThan(text, ATTRIBUTE_VALUE_BYTES_MAX)) {
      this.fault ??= `attribute ${columns.key} is longer than ${ATTRIBUTE_VALUE_BYTES_MAX} bytes`
    }
  }

  /** Takes back everything of the present row. */
  cancel(): void {
    for (let i = 0; i < this.touchedCount; i++) {
      const columns = this.touched[i] as KeyColumns
      columns.used?.pop(this.row)
      columns.used = null
      columns.row = -1
    }
    this.touchedCount = 0
    this.path.length = 0
  }

  get rowCount(): number {
    return this.touchedCount
  }

  /** An upper bound of the bytes that the present row takes as a batch of its own. */
  rowBytes(): number {
    let bytes = 0
    for (let i = 0; i < this.touchedCount; i++) {
      const { key, used } = this.touched[i] as KeyColumns
      const value = used?.values[used.values.length - 1]
      bytes +=
        utf8Length(key) + COLUMN_FRAME_BYTES + (typeof value === 'string' ? utf8Length(value) : 0)
    }
    return bytes
  }

  /** Writes the rows [start, end); answers how many columns that took. */
  write(writer: WireWriter, start: number, end: number): number {
    let written = 0
    for (const { key, columns } of this.keys.values()) {
      for (const column of columns) {
        if (column !== undefined && writeColumn(writer, { key, column, start, end })) written++
      }
    }
    return written
  }

  /** Forgets all rows; keys that this batch did not have are forgotten, too. */
  reset(): void {
    for (const [key, columns] of this.keys) {
      let isUsed = false
      for (const column of columns.columns) {
        if (column === undefined || column.values.length === 0) continue
        isUsed = true
        column.values = []
        column.presence.fill(0)
      }
      columns.row = -1
      columns.used = null
      if (!isUsed) this.keys.delete(key)
    }
    this.touched.length = 0
    this.touchedCount = 0
  }
}

/** What the value says it is in JSON, as dates do. */
function plainOf(value: object): unknown {
  return 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : value
}

/** Texts of up to this many characters are within every limit. */
const SURELY_SHORT = ATTRIBUTE_VALUE_BYTES_MAX / 3

function asJson(value: Value, type: AttributeType): string {
  return type === 'j' ? String(value) : jsonText(value)
}
