/**
 * The identity of a row as text: 28 characters of base32hex that sort like its parts.
 *
 *   17 bytes, most significant first:  producer 8 (63 bits) | epoch 2 · sequence 5 | row 2
 *   28 characters of 5 bits:           the last one holds a single bit and four zeros
 *
 * 64-bit parts are pairs of signed 32-bit halves, as the columns hold them.
 */

export interface RowId {
  readonly producerLow: number
  readonly producerHigh: number
  /** epoch << 40 | sequence. */
  readonly seqLow: number
  readonly seqHigh: number
  readonly row: number
}

const BYTES = 17
const CHARS = 28
const DIGITS = '0123456789abcdefghijklmnopqrstuv'

/** Writes an id in lower case. */
export function formatRowId({ producerLow, producerHigh, seqLow, seqHigh, row }: RowId): string {
  const bytes = new Uint8Array(BYTES)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, producerHigh)
  view.setInt32(4, producerLow)
  // The upper byte of epoch << 40 | sequence is always 0 and left out.
  view.setInt32(7, seqHigh)
  bytes[7] = producerLow & 0xff
  view.setInt32(11, seqLow)
  view.setUint16(15, row)
  let text = ''
  for (let char = 0; char < CHARS; char++) {
    const bit = 5 * char
    const at = bit >> 3
    const two = ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0)
    text += DIGITS[(two >> (11 - (bit & 7))) & 31] as string
  }
  return text
}

/** Reads an id in either case; null = not one. */
export function parseRowId(text: string): RowId | null {
  if (text.length !== CHARS) return null
  const bytes = new Uint8Array(BYTES + 2)
  for (let char = 0; char < CHARS; char++) {
    const digit = digitOf(text.charCodeAt(char))
    if (digit < 0) return null
    const bit = 5 * char
    const at = bit >> 3
    const two = digit << (11 - (bit & 7))
    bytes[at] = (bytes[at] as number) | (two >> 8)
    bytes[at + 1] = (bytes[at + 1] as number) | (two & 0xff)
  }
  const hasPadding = bytes[BYTES] !== 0
  if (hasPadding || (bytes[0] as number) > 0x7f) return null
  const view = new DataView(bytes.buffer)
  return {
    producerHigh: view.getInt32(0),
    producerLow: view.getInt32(4),
    seqHigh: view.getInt32(7) & 0xff_ffff,
    seqLow: view.getInt32(11),
    row: view.getUint16(15),
  }
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x76 ? lower - 0x61 + 10 : -1
}

/** Splits 64 bits into the halves that columns hold. */
export function splitInt64(value: bigint): { low: number; high: number } {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
  }
}

/** Joins two halves to a signed 64-bit integer. */
export function joinInt64(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

/** epoch << 40 | sequence as halves. */
export function packSeq(epoch: number, sequence: number): { low: number; high: number } {
  return { low: sequence | 0, high: epoch * 256 + Math.floor(sequence / 0x1_0000_0000) }
}

export function unpackSeq(low: number, high: number): { epoch: number; sequence: number } {
  return { epoch: high >>> 8, sequence: (high & 0xff) * 0x1_0000_0000 + (low >>> 0) }
}
