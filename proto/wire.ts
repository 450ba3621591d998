/**
 * Reads protobuf's wire format from bytes that nobody has checked yet. Every length is compared
 * with what is there before it is used; what does not fit throws a WireError, never anything else.
 *
 *   message = field*        field = tag value        tag = varint(number << 3 | wire type)
 *   wire type 0 varint · 1 eight bytes · 2 varint length and bytes · 3 and 4 group · 5 four bytes
 */

/** Bytes that are not protobuf. */
export class WireError extends Error {
  readonly code = 'LOGBOY_WIRE_INVALID'
  override readonly name = 'WireError'
}

export const WIRE = { varint: 0, eight: 1, bytes: 2, groupStart: 3, groupEnd: 4, four: 5 } as const

/** Groups exist only in unknown fields; deeper ones than this are an attack. */
const GROUP_DEPTH_MAX = 64
const VARINT_BYTES_MAX = 10

/**
 * Walks the fields of one message, from `position` to `end`. `low` and `high` hold the last 64-bit
 * value read.
 */
export class WireReader {
  readonly bytes: Uint8Array
  position = 0
  end: number
  field = 0
  wireType = 0
  low = 0
  high = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** Goes to the message in bytes[start, end), which was found to be there. */
  seek(start: number, end: number): void {
    this.position = start
    this.end = end
  }

  /** Steps to the next field, whose value must then be read or skipped; false at the end. */
  next(): boolean {
    if (this.position >= this.end) return false
    this.varint()
    const tag = this.low >>> 0
    this.field = tag >>> 3
    this.wireType = tag & 7
    if (this.high !== 0 || this.field === 0) throw new WireError('illegal field number')
    return true
  }

  /** Reads a varint of up to 64 bits into `low` and `high`; answers the low 32 bits, unsigned. */
  varint(): number {
    const { bytes } = this
    const first = this.position < this.end ? bytes[this.position] : undefined
    if (first !== undefined && first < 0x80) {
      this.position++
      this.low = first
      this.high = 0
      return first
    }
    this.position = readVarint64(bytes, this.position, this)
    if (this.position > this.end) throw new WireError('varint beyond the end')
    return this.low >>> 0
  }

  /** Reads eight bytes, least significant first, into `low` and `high`. */
  fixed64(): void {
    const at = this.advance(8)
    this.low = readInt32(this.bytes, at)
    this.high = readInt32(this.bytes, at + 4)
  }

  /** A view of a length-delimited value. */
  view(): Uint8Array {
    const start = this.span()
    return this.bytes.subarray(start, this.position)
  }

  /** Passes over a length-delimited value; answers where it begins, and `position` is its end. */
  span(): number {
    const length = this.varint()
    if (this.high !== 0) throw new WireError('length beyond the end')
    return this.advance(length)
  }

  /** Passes over the value of the present field. */
  skip(): void {
    this.skipValue(this.field, this.wireType, 0)
  }

  private skipValue(field: number, wireType: number, depth: number): void {
    if (wireType === WIRE.varint) this.varint()
    else if (wireType === WIRE.eight) this.advance(8)
    else if (wireType === WIRE.bytes) this.span()
    else if (wireType === WIRE.four) this.advance(4)
    else if (wireType === WIRE.groupStart) this.skipGroup(field, depth + 1)
    else throw new WireError(`illegal wire type ${wireType}`)
  }

  private skipGroup(field: number, depth: number): void {
    if (depth > GROUP_DEPTH_MAX) throw new WireError('groups nested too deep')
    while (this.next()) {
      if (this.wireType === WIRE.groupEnd) {
        if (this.field !== field) throw new WireError('group ends in another field')
        return
      }
      this.skipValue(this.field, this.wireType, depth)
    }
    throw new WireError('group without an end')
  }

  private advance(length: number): number {
    const at = this.position
    if (length > this.end - at) throw new WireError('length beyond the end')
    this.position = at + length
    return at
  }
}

/** Receives both halves of a 64-bit value. */
interface Pair {
  low: number
  high: number
}

/** Reads the varint at `position` into `into`; answers the position after it. */
function readVarint64(bytes: Uint8Array, position: number, into: Pair): number {
  let low = 0
  let high = 0
  for (let i = 0; i < VARINT_BYTES_MAX; i++) {
    const byte = bytes[position + i]
    if (byte === undefined) throw new WireError('varint beyond the end')
    const bits = byte & 0x7f
    if (i < 4) low |= bits << (7 * i)
    else if (i === 4) {
      low |= bits << 28
      high = bits >>> 4
    } else high |= bits << (7 * i - 32)
    if (byte < 0x80) {
      into.low = low
      into.high = high
      return position + i + 1
    }
  }
  throw new WireError('varint longer than ten bytes')
}

function readInt32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
  return low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
}

/** Number of varints in packed bytes, which must end with a whole one. */
export function countVarints(packed: Uint8Array): number {
  let count = 0
  for (let i = 0; i < packed.length; i++) count += (packed[i] as number) < 0x80 ? 1 : 0
  if (packed.length > 0 && (packed[packed.length - 1] as number) >= 0x80) {
    throw new WireError('varint beyond the end')
  }
  return count
}

/**
 * Decodes `count` packed uint32, as counted before; longer values lose their upper bits as protobuf
 * has it.
 */
export function readUint32s(packed: Uint8Array, count: number): Uint32Array {
  const values = new Uint32Array(count)
  if (packed.length === count) {
    values.set(packed)
    return values
  }
  const pair = { low: 0, high: 0 }
  let position = 0
  for (let i = 0; i < count; i++) {
    const first = packed[position] as number
    if (first < 0x80) {
      values[i] = first
      position++
      continue
    }
    const second = packed[position + 1] as number
    if (second < 0x80) {
      values[i] = (first & 0x7f) | (second << 7)
      position += 2
      continue
    }
    position = readVarint64(packed, position, pair)
    values[i] = pair.low
  }
  return values
}

/** Decodes `count` packed sint64, as counted before, into little-endian pairs (low, high). */
export function readZigZag64s(packed: Uint8Array, count: number): Int32Array {
  const values = new Int32Array(2 * count)
  const pair = { low: 0, high: 0 }
  let position = 0
  for (let i = 0; i < count; i++) {
    const first = packed[position] as number
    if (first < 0x80) {
      const value = (first >>> 1) ^ -(first & 1)
      values[2 * i] = value
      values[2 * i + 1] = value >> 31
      position++
      continue
    }
    position = readVarint64(packed, position, pair)
    const sign = -(pair.low & 1)
    values[2 * i] = ((pair.low >>> 1) | (pair.high << 31)) ^ sign
    values[2 * i + 1] = (pair.high >>> 1) ^ sign
  }
  return values
}

/** Decodes `count` packed sint64, as counted before, as numbers; those beyond 2^53 throw. */
export function readZigZagNumbers(packed: Uint8Array, count: number): Float64Array {
  const values = new Float64Array(count)
  const pair = { low: 0, high: 0 }
  let position = 0
  for (let i = 0; i < count; i++) {
    const first = packed[position] as number
    if (first < 0x80) {
      values[i] = (first >>> 1) ^ -(first & 1)
      position++
      continue
    }
    position = readVarint64(packed, position, pair)
    const magnitude = ((pair.low >>> 1) | (pair.high << 31)) >>> 0
    const value = (pair.high >>> 1) * 0x1_0000_0000 + magnitude
    if (value > Number.MAX_SAFE_INTEGER) throw new WireError('number beyond 2^53')
    values[i] = (pair.low & 1) === 1 ? -value - 1 : value
  }
  return values
}

/** Decodes packed doubles; the byte length must be a multiple of eight. */
export function readDoubles(packed: Uint8Array): Float64Array {
  if (packed.length % 8 !== 0) throw new WireError('length of doubles is no multiple of eight')
  const values = new Float64Array(packed.length / 8)
  if (LITTLE_ENDIAN) {
    new Uint8Array(values.buffer).set(packed)
    return values
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat64(8 * i, true)
  return values
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
