import type { AttributeColumn, AttributeType, TextColumn } from '#proto/columns.ts'
import { entryOf, isPresent } from '#proto/columns.ts'
import { ByteSink } from './byte-sink.ts'
import { SegmentCorruptError } from './corrupt.ts'
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
  const columns = new Map<string, RestColumn>()
  const taken = new Set(own.map(columnName))
  let value = 0
  for (let row = 0; row < rowCount; row++) {
    if (!isPresent(presence, row)) continue
    const entry = entryOf(texts, value++)
    const start = texts.offsets[entry] as number
    const end = texts.offsets[entry + 1] as number
    for (const member of membersOf(texts.heap, start, end)) {
      let type = typeOf(texts.heap, member)
      // What JSON had to write as a text may meet a text column of that name.
      if (taken.has(columnName({ type, key: member.key }))) type = 'j'
      const name = columnName({ type, key: member.key })
      let column = columns.get(name)
      if (column === undefined) {
        column = new RestColumn(member.key, type, rowCount)
        columns.set(name, column)
      }
      column.add(row, texts.heap, member)
    }
  }
  return [...columns.values()].map(column => column.finish())
}

interface Member {
  readonly key: string
  /** The value is heap[start, end). */
  readonly start: number
  readonly end: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a

/** Members of an object without spaces between its tokens, as rest-attributes.ts writes it. */
function* membersOf(heap: Uint8Array, start: number, end: number): Generator<Member> {
  if (heap[start] !== 0x7b || heap[end - 1] !== 0x7d) {
    throw new SegmentCorruptError('attributes are no object')
  }
  for (let at = start + 1; at < end - 1; ) {
    const keyEnd = stringEnd(heap, at, end)
    if (heap[keyEnd] !== COLON) throw new SegmentCorruptError('attribute without a value')
    const valueEnd = valueEndOf(heap, keyEnd + 1, end - 1)
    const key = JSON.parse(textOf(heap, at, keyEnd)) as string
    yield { key, start: keyEnd + 1, end: valueEnd }
    at = valueEnd + 1
  }
}

/** Position after the closing quote. */
function stringEnd(heap: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    if (heap[at] === BACKSLASH) at++
    else if (heap[at] === QUOTE) return at + 1
  }
  throw new SegmentCorruptError('text in attributes does not end')
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

function typeOf(heap: Uint8Array, { start, end }: Member): AttributeType {
  const first = heap[start] as number
  if (first === QUOTE) return 's'
  if (first === 0x74 || first === 0x66) return 'b'
  if (first !== 0x2d && (first < 0x30 || first > 0x39)) return 'j'
  const text = textOf(heap, start, end)
  if (/[.eE]/u.test(text)) return 'd'
  const long = BigInt(text)
  return BigInt.asIntN(64, long) === long ? 'i' : 'j'
}

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

  add(row: number, heap: Uint8Array, { start, end }: Member): void {
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
        const long = BigInt(textOf(heap, start, end))
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
