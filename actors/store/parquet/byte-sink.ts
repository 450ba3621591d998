/** Bytes that grow: callers ask for `room`, then write at `at` themselves, or use the small writes. */
export class ByteSink {
  bytes: Uint8Array
  at = 0

  /** Of so many bytes at first, or in memory that is there, over what it holds. */
  constructor(memory: number | ArrayBuffer) {
    // The same class in both cases: loops over both kinds would be slow.
    this.bytes =
      memory instanceof ArrayBuffer ? Buffer.from(memory) : Buffer.allocUnsafeSlow(memory)
  }

  /** Makes sure that `length` more bytes fit; `bytes` may be another array afterwards. */
  room(length: number): void {
    if (this.at + length <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + length))
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
  }

  append(part: Uint8Array): void {
    this.room(part.length)
    this.bytes.set(part, this.at)
    this.at += part.length
  }

  byte(value: number): void {
    this.room(1)
    this.bytes[this.at++] = value
  }

  uint32(value: number): void {
    this.room(4)
    const { bytes } = this
    bytes[this.at++] = value
    bytes[this.at++] = value >>> 8
    bytes[this.at++] = value >>> 16
    bytes[this.at++] = value >>> 24
  }

  /** Unsigned LEB128 of a number up to 2^53. */
  varint(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80)
    this.byte(rest)
  }

  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  /** What was written since `start`; valid until the next `room`. */
  since(start: number): Uint8Array {
    return this.bytes.subarray(start, this.at)
  }
}
