/** Values of OpenTelemetry: which of its kinds one is, and any of them as JSON text. */
import { JSON_DEPTH_MAX } from '#proto/limits.ts'
import { textOf } from '#proto/utf8.ts'
import { WIRE, type WireReader } from '#proto/wire.ts'
import { ANY_VALUE, KEY_VALUE, LIST_VALUES } from './otlp-fields.ts'

const KINDS_OF_BYTES = new Set<number>([
  ANY_VALUE.string,
  ANY_VALUE.array,
  ANY_VALUE.kvlist,
  ANY_VALUE.bytes,
])

/** Nested deeper than any log is. */
export class TooDeep extends Error {}

/** Reads one value at a time. */
export class AnyValue {
  /** Of ANY_VALUE; 0 = none is set. */
  kind = 0
  /** Where the bytes of a string, list or bytes stand. */
  start = 0
  end = 0
  /** Halves of a number. */
  #low = 0
  #high = 0
  readonly #wire: WireReader
  readonly #pair = new KeyValue()
  readonly #view = new DataView(new ArrayBuffer(8))

  constructor(wire: WireReader) {
    this.#wire = wire
  }

  /** Reads the value at [start, end); of several kinds the last one counts. */
  read(start: number, end: number): void {
    const wire = this.#wire
    this.kind = 0
    wire.seek(start, end)
    while (wire.next()) {
      const { field, wireType } = wire
      if (wireType === WIRE.bytes && KINDS_OF_BYTES.has(field)) {
        this.start = wire.span()
        this.end = wire.position
      } else if (
        wireType === WIRE.varint &&
        (field === ANY_VALUE.bool || field === ANY_VALUE.int)
      ) {
        wire.varint()
        this.#take()
      } else if (wireType === WIRE.eight && field === ANY_VALUE.double) {
        wire.fixed64()
        this.#take()
      } else {
        wire.skip()
        continue
      }
      this.kind = field
    }
  }

  get bool(): boolean {
    return this.#low !== 0 || this.#high !== 0
  }

  /** The digits of an int64. */
  get digits(): string {
    const [low, high] = [this.#low >>> 0, this.#high | 0]
    const isSafe = high >= -0x20_0000 && high < 0x20_0000
    if (isSafe) return String(high * 0x1_0000_0000 + low)
    return String(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)))
  }

  get double(): number {
    this.#view.setInt32(0, this.#low, true)
    this.#view.setInt32(4, this.#high, true)
    return this.#view.getFloat64(0, true)
  }

  get base64(): string {
    const { buffer, byteOffset } = this.#wire.bytes
    const { start, end } = this
    return Buffer.from(buffer, byteOffset + start, end - start).toString('base64')
  }

  /** The value that was read last, as JSON text; throws TooDeep. */
  json(depth: number): string {
    switch (this.kind) {
      case ANY_VALUE.string:
        return JSON.stringify(textOf(this.#wire.bytes, this.start, this.end))
      case ANY_VALUE.bool:
        return String(this.bool)
      case ANY_VALUE.int:
        return this.digits
      case ANY_VALUE.double:
        return Number.isFinite(this.double) ? String(this.double) : `"${this.double}"`
      case ANY_VALUE.bytes:
        return `"${this.base64}"`
      case ANY_VALUE.array:
        return `[${this.#items(depth).join(',')}]`
      case ANY_VALUE.kvlist:
        return `{${this.#members(depth).join(',')}}`
      default:
        return 'null'
    }
  }

  #take(): void {
    this.#low = this.#wire.low
    this.#high = this.#wire.high
  }

  #items(depth: number): string[] {
    return this.#each(depth, (start, end) => {
      this.read(start, end)
      return this.json(depth + 1)
    })
  }

  #members(depth: number): string[] {
    return this.#each(depth, (start, end) => {
      const pair = this.#pair
      pair.read(this.#wire, start, end)
      const name = textOf(this.#wire.bytes, pair.keyStart, pair.keyEnd)
      this.read(pair.valueStart, pair.valueEnd)
      return `${JSON.stringify(name)}:${this.json(depth + 1)}`
    })
  }

  #each(depth: number, make: (start: number, end: number) => string): string[] {
    if (depth >= JSON_DEPTH_MAX) throw new TooDeep()
    const texts: string[] = []
    forEachMessage(this.#wire, this, LIST_VALUES, (start, end) => texts.push(make(start, end)))
    return texts
  }
}

export interface Span {
  readonly start: number
  readonly end: number
}

/** Calls back with each message in `field` of the one at [start, end); the wire may be moved. */
export function forEachMessage(
  wire: WireReader,
  { start, end }: Span,
  field: number,
  take: (start: number, end: number) => void,
): void {
  wire.seek(start, end)
  while (wire.next()) {
    if (wire.field !== field || wire.wireType !== WIRE.bytes) {
      wire.skip()
      continue
    }
    const first = wire.span()
    const { position } = wire
    take(first, position)
    wire.seek(position, end)
  }
}

/** Reads one pair of key and value at a time. */
export class KeyValue {
  /** Where the length of the key stands, before it; -1 = it has none. */
  lengthAt = -1
  keyStart = 0
  keyEnd = 0
  valueStart = 0
  valueEnd = 0

  read(wire: WireReader, start: number, end: number): void {
    this.lengthAt = -1
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = start
    wire.seek(start, end)
    while (wire.next()) {
      const { field, wireType, position } = wire
      if (wireType === WIRE.bytes && field === KEY_VALUE.key) {
        this.lengthAt = position
        this.keyStart = wire.span()
        this.keyEnd = wire.position
      } else if (wireType === WIRE.bytes && field === KEY_VALUE.value) {
        this.valueStart = wire.span()
        this.valueEnd = wire.position
      } else wire.skip()
    }
  }
}
