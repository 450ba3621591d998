/** The bytes of a request, with room behind them for values that have to be written otherwise. */
import { Buffer } from 'node:buffer'

/** Longer texts are worth a call. */
const SHORT_CHARS_MAX = 32
const HEX = Buffer.from('0123456789abcdef')

export class Scratch {
  /** Grows; what stands where stays so. */
  bytes: Uint8Array
  /** Where the next value will stand. */
  end: number

  constructor(request: Uint8Array) {
    this.bytes = new Uint8Array(request.length + 4_096)
    this.bytes.set(request)
    this.end = request.length
  }

  /** Writes a text; answers where it begins. */
  text(value: string): number {
    const start = this.#reserve(3 * value.length)
    if (value.length > SHORT_CHARS_MAX || !this.#ascii(value)) {
      this.end = start + Buffer.from(this.bytes.buffer, start).write(value)
    }
    return start
  }

  /** Writes bytes[from, to) as hexadecimal digits; answers where they begin. */
  hex(from: number, to: number): number {
    const start = this.#reserve(2 * (to - from))
    const { bytes } = this
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number
      bytes[this.end++] = HEX[byte >> 4] as number
      bytes[this.end++] = HEX[byte & 15] as number
    }
    return start
  }

  #ascii(value: string): boolean {
    const start = this.end
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      this.bytes[start + i] = code
    }
    this.end = start + value.length
    return true
  }

  #reserve(size: number): number {
    if (this.end + size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.end + size, 2 * this.bytes.length))
      grown.set(this.bytes.subarray(0, this.end))
      this.bytes = grown
    }
    return this.end
  }
}
