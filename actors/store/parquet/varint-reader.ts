import { proven, SegmentCorruptError } from './corrupt.ts'

/** Reads what a ByteSink wrote, forwards, and proves that it is all there. */
export class VarintReader {
  /** Offset of the first byte not read yet. */
  at: number
  readonly bytes: Uint8Array
  readonly #name: string

  /** `name`: what the bytes are, for the error. */
  constructor(bytes: Uint8Array, start: number, name: string) {
    this.bytes = bytes
    this.at = start
    this.#name = name
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  byte(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new SegmentCorruptError(`${this.#name} ends early`)
    return byte
  }

  /** Unsigned, below 2^56. */
  varint(): number {
    const first = this.byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let scale = 128; ; scale *= 128) {
      proven(scale <= 2 ** 49, `${this.#name}: number too long`)
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  zigzag(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A number of things that each take a byte at least. */
  size(): number {
    const size = this.varint()
    proven(size <= this.left, `${this.#name} ends early`)
    return size
  }

  /** Answers where the next `length` bytes start. */
  skip(length: number): number {
    proven(length <= this.left, `${this.#name} ends early`)
    this.at += length
    return this.at - length
  }

  take(length: number): Uint8Array {
    const start = this.skip(length)
    return this.bytes.subarray(start, this.at)
  }

  end(): void {
    proven(this.left === 0, `${this.#name} of another length`)
  }
}
