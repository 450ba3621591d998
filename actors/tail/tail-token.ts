/**
 * The opaque token of a live tail, base64url of
 *
 *   shape (1 byte, 1 = one journal) | position (8) | row (2) | received_at µs (8), big endian
 *
 * A log of several partitions will have a shape of its own.
 */
import type { Position } from '#actors/commit-log/commit-log.ts'

/**
 * How far a reader has seen: everything before it was delivered, left out and told, or no match.
 */
export interface TailPlace {
  /** The log up to here … */
  readonly position: Position
  /** … and of the next entry of the project the records before this one. */
  readonly row: number
  /**
   * No later row was received before this, so that a gap can be told in receipt time. May be too
   * early, never too late.
   */
  readonly receivedAtUs: number
}

const SHAPE_JOURNAL = 1
const TOKEN_BYTES = 19
/** Batches on their way to the log were received before the place that is now its end. */
const UNDER_WAY_US = 10_000_000

/** The token that `decodeTailToken` reads. */
export function encodeTailToken(place: TailPlace): string {
  const bytes = Buffer.alloc(TOKEN_BYTES)
  bytes.writeUInt8(SHAPE_JOURNAL, 0)
  writeUint64(bytes, place.position, 1)
  bytes.writeUInt16BE(place.row, 9)
  writeUint64(bytes, place.receivedAtUs, 11)
  return bytes.toString('base64url')
}

/** The present end of the log, or what was lately. */
export function placeAt(position: Position, nowUs: number): TailPlace {
  return { position, row: 0, receivedAtUs: Math.max(0, nowUs - UNDER_WAY_US) }
}

/** null = not a token of this version. */
export function decodeTailToken(token: string): TailPlace | null {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== TOKEN_BYTES || bytes.toString('base64url') !== token) return null
  if (bytes[0] !== SHAPE_JOURNAL) return null
  const place = {
    position: readUint64(bytes, 1),
    row: bytes.readUInt16BE(9),
    receivedAtUs: readUint64(bytes, 11),
  }
  const isSafe = Number.isSafeInteger(place.position) && Number.isSafeInteger(place.receivedAtUs)
  return isSafe ? place : null
}

function writeUint64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  bytes.writeUInt32BE(value % 2 ** 32, at + 4)
}

function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}
