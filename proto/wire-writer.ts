/**
 * Writes protobuf's wire format into one growing buffer. Nested fields are written in place behind
 * a length of fixed width (padded varint, which every reader takes), so that nothing is moved or
 * joined.
 */
import { WIRE } from './wire.ts'

/** Bytes that `begin` reserves for a length: up to 2^28 - 1. */
const LENGTH_BYTES = 4
/** The longest varint. */
const VARINT_BYTES_MAX = 10

const encoder = new TextEncoder()

/**
 * `bytes` is public for loops that write many values: reserve first, write at `position`, move it.
 */
export class WireWriter {
  bytes: Uint8Array<ArrayBuffer>
  position = 0

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.position + size
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length))
    grown.set(this.bytes.subarray(0, this.position))
    this.bytes = grown
  }

  /** Writes a number of up to 53 bits as a varint. */
  varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX)
    this.position = writeVarint(this.bytes, this.position, value)
  }

  varintField(field: number, value: number): void {
    if (value === 0) return
    this.varint((field << 3) | WIRE.varint)
    this.varint(value)
  }

  fixed64Field(field: number, value: bigint): void {
    this.varint((field << 3) | WIRE.eight)
    this.reserve(8)
    new DataView(this.bytes.buffer).setBigUint64(this.position, value, true)
    this.position += 8
  }

  bytesField(field: number, value: Uint8Array): void {
    this.varint((field << 3) | WIRE.bytes)
    this.varint(value.length)
    this.reserve(value.length)
    this.bytes.set(value, this.position)
    this.position += value.length
  }

  /** Writes a text without a field around it; answers its bytes. */
  text(value: string): number {
    this.reserve(3 * value.length)
    const { written } = encoder.encodeInto(value, this.bytes.subarray(this.position))
    this.position += written
    return written
  }

  textField(field: number, value: string): void {
    if (value === '') return
    const mark = this.begin(field)
    this.text(value)
    this.end(mark)
  }

  /** Opens a length-delimited field; what is written until `end(mark)` is its content. */
  begin(field: number): number {
    this.varint((field << 3) | WIRE.bytes)
    this.reserve(LENGTH_BYTES)
    this.position += LENGTH_BYTES
    return this.position
  }

  end(mark: number): void {
    let length = this.position - mark
    const at = mark - LENGTH_BYTES
    for (let i = 0; i < LENGTH_BYTES - 1; i++) {
      this.bytes[at + i] = (length & 0x7f) | 0x80
      length >>>= 7
    }
    this.bytes[at + LENGTH_BYTES - 1] = length
  }

  /** A copy of what was written; the writer starts anew with the same buffer. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.position)
    this.position = 0
    return taken
  }
}

/** Writes a number of up to 53 bits at `at`; answers the position after it. Room was reserved. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let position = at
  let rest = value
  while (rest > 0x7fff_ffff) {
    bytes[position++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  while (rest > 0x7f) {
    bytes[position++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[position++] = rest
  return position
}

/** Writes a safe integer zig-zag at `at`; answers the position after it. Room was reserved. */
export function writeZigZag(bytes: Uint8Array, at: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) {
    return writeVarint(bytes, at, ((value << 1) ^ (value >> 31)) >>> 0)
  }
  const magnitude = value < 0 ? -value - 1 : value
  if (magnitude < 2 ** 52) return writeVarint(bytes, at, magnitude * 2 + (value < 0 ? 1 : 0))
  return writeZigZagBigint(bytes, at, BigInt(value))
}

/** Writes any int64 zig-zag at `at`; answers the position after it. Room was reserved. */
export function writeZigZagBigint(bytes: Uint8Array, at: number, value: bigint): number {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  let position = at
  while (rest > 0x7fn) {
    bytes[position++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  bytes[position++] = Number(rest)
  return position
}
