/**
 * Where a page of a search ended, as text that a client hands back.
 *
 *   version u8 | order u8 (0 desc, 1 asc) | row u16 | sub_ns u16 | 0 u16 | time_us f64
 *   producer low, high i32 | seq low, high i32 | log position f64 | CRC-32 u32      base64url
 */
import { crc32 } from 'node:zlib'
import type { Position } from '#actors/commit-log/commit-log.ts'
import type { Order, RowKey } from './row-keys.ts'

const VERSION = 1
const BYTES = 44

/**
 * The last row of a page. As the order is total, nothing that was there at page 1 is repeated or
 * skipped behind it.
 */
export interface Cursor {
  readonly order: Order
  readonly key: RowKey
  /** What page 1 covered: a tail that goes on from any page starts there. */
  readonly position: Position
}

export function encodeCursor({ order, key, position }: Cursor): string {
  const bytes = Buffer.alloc(BYTES)
  bytes.writeUInt8(VERSION, 0)
  bytes.writeUInt8(order === 'asc' ? 1 : 0, 1)
  bytes.writeUInt16LE(key.row, 2)
  bytes.writeUInt16LE(key.subNs, 4)
  bytes.writeDoubleLE(key.timeUs, 8)
  bytes.writeInt32LE(key.producerLow, 16)
  bytes.writeInt32LE(key.producerHigh, 20)
  bytes.writeInt32LE(key.seqLow, 24)
  bytes.writeInt32LE(key.seqHigh, 28)
  bytes.writeDoubleLE(position, 32)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, BYTES - 4)), BYTES - 4)
  return bytes.toString('base64url')
}

/** null = no cursor of ours. */
export function decodeCursor(text: string): Cursor | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== BYTES || bytes.toString('base64url') !== text) return null
  if (bytes.readUInt8(0) !== VERSION) return null
  if (bytes.readUInt32LE(BYTES - 4) !== crc32(bytes.subarray(0, BYTES - 4))) return null
  return {
    order: bytes.readUInt8(1) === 1 ? 'asc' : 'desc',
    key: {
      timeUs: bytes.readDoubleLE(8),
      subNs: bytes.readUInt16LE(4),
      producerLow: bytes.readInt32LE(16),
      producerHigh: bytes.readInt32LE(20),
      seqLow: bytes.readInt32LE(24),
      seqHigh: bytes.readInt32LE(28),
      row: bytes.readUInt16LE(2),
    },
    position: bytes.readDoubleLE(32),
  }
}
