import { proven, SegmentCorruptError } from './corrupt.ts'

/** Reads what a ByteSink wrote as varints, and proves that it is all there. */
export class VarintReader {
  at: number
  readonly #bytes: Uint8Array
  readonly #name: string

  /** `name`: what the bytes are, for the error. */
  constructor(bytes: Uint8Array, start: number, name: string) {
    this.#bytes = bytes
    this.at = start
    this.#name = name
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  varint(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let scale = 128; ; scale *= 128) {
      proven(scale <= 2 ** 49, `${this.#name}: number too long`)
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  /** A number of things that each take a byte at least. */
  size(): number {
    const size = this.varint()
    proven(size <= this.left, `${this.#name} ends early`)
    return size
  }

  take(length: number): Uint8Array {
    proven(length <= this.left, `${this.#name} ends early`)
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  end(): void {
    proven(this.left === 0, `${this.#name} of another length`)
  }

  #byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new SegmentCorruptError(`${this.#name} ends early`)
    return byte
  }
}
