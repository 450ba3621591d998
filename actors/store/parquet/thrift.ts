import { proven } from './corrupt.ts'
import { VarintReader } from './varint-reader.ts'

/**
 * Thrift's compact protocol, as far as Parquet's headers and footers need it.
 *
 *   struct  = field* 00
 *   field   = (id delta << 4 | type) value, delta 1-15; or type, zigzag id, value
 *   list    = (size << 4 | type) elements, size below 15; or (15 << 4 | type), varint size, …
 *   i16-i64 = zigzag varint; binary = varint length, bytes; a boolean field is its type alone
 */
export const THRIFT = {
  true: 1,
  false: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  binary: 8,
  list: 9,
  struct: 12,
} as const

/** A list may not claim more elements than this; a segment has far fewer columns and row groups. */
const LIST_MAX = 1_000_000
const DEPTH_MAX = 16

/** Writes structs into a growing buffer. Numbers up to 2^53. */
export class ThriftWriter {
  #bytes = Buffer.allocUnsafe(1024)
  #at = 0
  #lastField = 0
  readonly #fields: number[] = []

  /** What was written; valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  reset(): void {
    this.#at = 0
    this.#lastField = 0
    this.#fields.length = 0
  }

  int(field: number, value: number, type: 3 | 4 | 5 | 6 = THRIFT.i32): void {
    this.#field(field, type)
    if (type === THRIFT.i8) this.#byte(value & 0xff)
    else this.#zigzag(value)
  }

  long(field: number, value: number): void {
    this.int(field, value, THRIFT.i64)
  }

  boolean(field: number, value: boolean): void {
    this.#field(field, value ? THRIFT.true : THRIFT.false)
  }

  binary(field: number, value: Uint8Array | string): void {
    this.#field(field, THRIFT.binary)
    this.binaryElement(value)
  }

  list(field: number, type: number, size: number): void {
    this.#field(field, THRIFT.list)
    if (size < 15) this.#byte((size << 4) | type)
    else {
      this.#byte(0xf0 | type)
      this.#varint(size)
    }
  }

  /** Opens a struct that is a field; `end` closes it. */
  struct(field: number): void {
    this.#field(field, THRIFT.struct)
    this.element()
  }

  /** Opens a struct that is an element of a list; `end` closes it. */
  element(): void {
    this.#fields.push(this.#lastField)
    this.#lastField = 0
  }

  end(): void {
    this.#byte(0)
    this.#lastField = this.#fields.pop() ?? 0
  }

  intElement(value: number): void {
    this.#zigzag(value)
  }

  binaryElement(value: Uint8Array | string): void {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    this.#varint(bytes.length)
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #field(field: number, type: number): void {
    const delta = field - this.#lastField
    if (delta > 0 && delta < 16) this.#byte((delta << 4) | type)
    else {
      this.#byte(type)
      this.#zigzag(field)
    }
    this.#lastField = field
  }

  #zigzag(value: number): void {
    this.#varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  #varint(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 0x80)
    this.#byte(rest)
  }

  #byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = value
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
  }
}

/** A struct as read: numbers, booleans, bytes, lists and structs by field id. */
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

/** Reads structs out of untrusted bytes; every fault is LOGBOY_SEGMENT_CORRUPT. */
export class ThriftReader {
  readonly #reader: VarintReader

  constructor(bytes: Uint8Array, at = 0) {
    this.#reader = new VarintReader(bytes, at, 'thrift')
  }

  /** Offset of the first byte not read yet. */
  get at(): number {
    return this.#reader.at
  }

  struct(depth = 0): ThriftStruct {
    proven(depth < DEPTH_MAX, 'thrift nests too deep')
    const fields = new Map<number, ThriftValue>()
    let field = 0
    for (let head = this.#reader.byte(); head !== 0; head = this.#reader.byte()) {
      field = head >> 4 === 0 ? this.#reader.zigzag() : field + (head >> 4)
      proven(!fields.has(field), 'thrift field twice')
      fields.set(field, this.#value(head & 15, depth))
    }
    return fields
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case THRIFT.true:
        return true
      case THRIFT.false:
        return false
      case THRIFT.i8:
        return (this.#reader.byte() << 24) >> 24
      case THRIFT.i16:
      case THRIFT.i32:
      case THRIFT.i64:
        return this.#reader.zigzag()
      case THRIFT.binary:
        return this.#reader.take(this.#reader.varint())
      case THRIFT.list:
        return this.#list(depth)
      case THRIFT.struct:
        return this.struct(depth + 1)
      default:
        proven(false, 'thrift type unknown')
    }
  }

  #list(depth: number): ThriftValue[] {
    const head = this.#reader.byte()
    const size = head >> 4 === 15 ? this.#reader.varint() : head >> 4
    proven(size <= LIST_MAX && size <= this.#reader.bytes.length, 'thrift list too long')
    const type = head & 15
    const values: ThriftValue[] = []
    for (let index = 0; index < size; index++) {
      // A boolean in a list is a byte of its own.
      if (type === THRIFT.true || type === THRIFT.false) values.push(this.#reader.byte() === 1)
      else values.push(this.#value(type, depth + 1))
    }
    return values
  }
}

/** Field `id` as a number. */
export function numberField(struct: ThriftStruct, id: number): number {
  const value = struct.get(id)
  proven(typeof value === 'number' && Number.isSafeInteger(value), `field ${id} is no number`)
  return value
}

export function bytesField(struct: ThriftStruct, id: number): Uint8Array {
  const value = struct.get(id)
  proven(value instanceof Uint8Array, `field ${id} is no text`)
  return value
}

export function textField(struct: ThriftStruct, id: number): string {
  return Buffer.from(bytesField(struct, id)).toString('utf8')
}

export function structField(struct: ThriftStruct, id: number): ThriftStruct {
  const value = struct.get(id)
  proven(value instanceof Map, `field ${id} is no struct`)
  return value as ThriftStruct
}

export function listField(struct: ThriftStruct, id: number): readonly ThriftValue[] {
  const value = struct.get(id)
  proven(Array.isArray(value), `field ${id} is no list`)
  return value as readonly ThriftValue[]
}
