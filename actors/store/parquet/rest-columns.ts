import type { AttributeColumn, AttributeType, TextColumn } from '#proto/columns.ts'
import { entryOf, isPresent } from '#proto/columns.ts'
import { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import { TextInterner } from './interner.ts'
import { type AttributeName, columnName } from './schema.ts'

/**
 * Opens the JSON column `attributes` into typed columns again: text s, true and false b, a number
 * with a point or exponent d, a whole one within int64 i, anything else j.
 */
export function openRest(
  texts: TextColumn,
  presence: Uint8Array | null,
  rowCount: number,
  own: readonly AttributeName[],
): readonly AttributeColumn[] {
  const columns = new RestColumns(rowCount, own)
  let value = 0
  for (let row = 0; row < rowCount; row++) {
    if (!isPresent(presence, row)) continue
    const entry = entryOf(texts, value++)
    columns.addObject(
      row,
      texts,
      texts.offsets[entry] as number,
      texts.offsets[entry + 1] as number,
    )
  }
  return columns.finish()
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a

/** All attributes found so far; a key is decoded when it is first seen. */
class RestColumns {
  readonly #rowCount: number
  readonly #own: ReadonlySet<string>
  readonly #keys = new TextInterner()
  readonly #columns: Map<AttributeType, RestColumn>[] = []
  readonly #names: string[] = []

  constructor(rowCount: number, own: readonly AttributeName[]) {
    this.#rowCount = rowCount
    this.#own = new Set(own.map(columnName))
  }

  /** Takes an object without spaces between its tokens, as rest-attributes.ts writes it. */
  addObject(row: number, { heap }: TextColumn, start: number, end: number): void {
    proven(heap[start] === 0x7b && heap[end - 1] === 0x7d, 'attributes are no object')
    for (let at = start + 1; at < end - 1; ) {
      const keyEnd = stringEnd(heap, at, end)
      proven(heap[keyEnd] === COLON, 'attribute without a value')
      const valueEnd = valueEndOf(heap, keyEnd + 1, end - 1)
      const key = this.#keys.intern(heap, at, keyEnd)
      this.#columnOf(key, heap, keyEnd + 1, valueEnd).add(row, heap, keyEnd + 1, valueEnd)
      at = valueEnd + 1
    }
  }

  #columnOf(key: number, heap: Uint8Array, start: number, end: number): RestColumn {
    if (key === this.#columns.length) {
      const { heap: keys, offsets } = this.#keys
      const text = textOf(keys, offsets[key] as number, offsets[key + 1] as number)
      this.#names.push(JSON.parse(text) as string)
      this.#columns.push(new Map())
    }
    const type = typeOf(heap, start, end)
    const columns = this.#columns[key] as Map<AttributeType, RestColumn>
    let column = columns.get(type)
    if (column === undefined) {
      const name = this.#names[key] as string
      // What JSON had to write as a text may meet a text column of that name.
      const given = this.#own.has(columnName({ type, key: name })) ? 'j' : type
      column = given === type ? undefined : columns.get(given)
      column ??= new RestColumn(name, given, this.#rowCount)
      columns.set(type, column)
      columns.set(given, column)
    }
    return column
  }

  finish(): AttributeColumn[] {
    const columns = this.#columns.flatMap(ofKey => [...new Set(ofKey.values())])
    return columns.map(column => column.finish())
  }
}

/** Position after the closing quote. */
function stringEnd(heap: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (heap[at] === BACKSLASH) at++
    else if (heap[at] === QUOTE) return at + 1
  }
  return proven(false, 'text in attributes does not end') as never
}

/** Position of the comma behind a value, or `end`. */
function valueEndOf(heap: Uint8Array, start: number, end: number): number {
  let depth = 0
  for (let at = start; at < end; ) {
    const byte = heap[at] as number
    if (byte === QUOTE) {
      at = stringEnd(heap, at, end)
      continue
    }
    if (byte === COMMA && depth === 0) return at
    if (byte === 0x5b || byte === 0x7b) depth++
    else if (byte === 0x5d || byte === 0x7d) depth--
    at++
  }
  return end
}

function textOf(heap: Uint8Array, start: number, end: number): string {
  return Buffer.from(heap.buffer, heap.byteOffset, heap.byteLength).toString('utf8', start, end)
}

function typeOf(heap: Uint8Array, start: number, end: number): AttributeType {
  const first = heap[start] as number
  if (first === QUOTE) return 's'
  if (first === 0x74 || first === 0x66) return 'b'
  if (first !== 0x2d && (first < 0x30 || first > 0x39)) return 'j'
  for (let at = start; at < end; at++) {
    const byte = heap[at] as number
    if (byte === 0x2e || (byte | 0x20) === 0x65) return 'd'
  }
  if (end - start <= SAFE_DIGITS) return 'i'
  const long = BigInt(textOf(heap, start, end))
  return BigInt.asIntN(64, long) === long ? 'i' : 'j'
}

/** Whole numbers with so many digits are exact as numbers. */
const SAFE_DIGITS = 15

/** One attribute while rows are added to it. */
class RestColumn {
  readonly #key: string
  readonly #type: AttributeType
  readonly #presence: Uint8Array
  readonly #rowCount: number
  readonly #heap = new ByteSink(256)
  readonly #offsets: number[] = [0]
  readonly #numbers: number[] = []
  #present = 0

  constructor(key: string, type: AttributeType, rowCount: number) {
    this.#key = key
    this.#type = type
    this.#rowCount = rowCount
    this.#presence = new Uint8Array((rowCount + 7) >> 3)
  }

  add(row: number, heap: Uint8Array, start: number, end: number): void {
    const bit = 1 << (row & 7)
    const before = this.#presence[row >> 3] as number
    // Of two members of one name the first counts.
    if ((before & bit) !== 0) return
    this.#presence[row >> 3] = before | bit
    this.#present++
    switch (this.#type) {
      case 's':
        this.#addText(Buffer.from(JSON.parse(textOf(heap, start, end)) as string))
        break
      case 'j':
        this.#addText(heap.subarray(start, end))
        break
      case 'i': {
        const text = textOf(heap, start, end)
        if (text.length <= SAFE_DIGITS) {
          const high = Math.floor(Number(text) / 2 ** 32)
          this.#numbers.push(Number(text) - high * 2 ** 32, high)
          break
        }
        const long = BigInt(text)
        this.#numbers.push(Number(long & 0xffffffffn), Number(long >> 32n))
        break
      }
      case 'd':
        this.#numbers.push(Number(textOf(heap, start, end)))
        break
      case 'b':
        this.#numbers.push(heap[start] === 0x74 ? 1 : 0)
        break
    }
  }

  #addText(bytes: Uint8Array): void {
    this.#heap.append(bytes)
    this.#offsets.push(this.#heap.at)
  }

  finish(): AttributeColumn {
    const whole = this.#present === this.#rowCount
    const base = {
      key: this.#key,
      presence: whole ? null : this.#presence,
      present: this.#present,
    }
    const type = this.#type
    if (type === 's' || type === 'j') {
      const offsets = Uint32Array.from(this.#offsets)
      return { ...base, type, texts: { heap: this.#heap.since(0), offsets, indexes: 'each' } }
    }
    if (type === 'i') return { ...base, type, ints: Int32Array.from(this.#numbers, n => n | 0) }
    if (type === 'd') return { ...base, type, doubles: Float64Array.from(this.#numbers) }
    return { ...base, type, bools: Uint8Array.from(this.#numbers) }
  }
}
