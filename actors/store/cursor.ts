/**
 * Where a page of a search ended, as text that a client hands back.
 *
 *   version u8 | order u8 (0 desc, 1 asc) | row u16 | sub_ns u16 | 0 u16 | time_us f64
 *   producer low, high i32 | seq low, high i32
 *   | for each partition of the log: number u32, position f64 | CRC-32 u32              base64url
 */
import { crc32 } from 'node:zlib'
import { Positions } from '#actors/commit-log/positions.ts'
import type { Order, RowKey } from './row-keys.ts'
import { StoreError } from './store-error.ts'

const VERSION = 2
const KEY_BYTES = 32
const PARTITION_BYTES = 12
const CRC_BYTES = 4

/**
 * The last row of a page. As the order is total, nothing that was there at page 1 is repeated or
 * skipped behind it.
 */
export interface Cursor {
  readonly order: Order
  readonly key: RowKey
  /** What page 1 covered: a tail that goes on from any page starts there. */
  readonly positions: Positions
}

export function encodeCursor({ order, key, positions }: Cursor): string {
  const pairs = positions.pairs()
  const end = KEY_BYTES + pairs.length * PARTITION_BYTES
  const bytes = Buffer.alloc(end + CRC_BYTES)
  bytes.writeUInt8(VERSION, 0)
  bytes.writeUInt8(order === 'asc' ? 1 : 0, 1)
  bytes.writeUInt16LE(key.row, 2)
  bytes.writeUInt16LE(key.subNs, 4)
  bytes.writeDoubleLE(key.timeUs, 8)
  bytes.writeInt32LE(key.producerLow, 16)
  bytes.writeInt32LE(key.producerHigh, 20)
  bytes.writeInt32LE(key.seqLow, 24)
  bytes.writeInt32LE(key.seqHigh, 28)
  pairs.forEach(([partition, position], index) => {
    bytes.writeUInt32LE(partition, KEY_BYTES + index * PARTITION_BYTES)
    bytes.writeDoubleLE(position, KEY_BYTES + index * PARTITION_BYTES + 4)
  })
  bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end)
  return bytes.toString('base64url')
}

/** null = no cursor of ours. */
export function decodeCursor(text: string): Cursor | null {
  const bytes = Buffer.from(text, 'base64url')
  const end = bytes.length - CRC_BYTES
  if (end < KEY_BYTES || (end - KEY_BYTES) % PARTITION_BYTES !== 0) return null
  if (bytes.toString('base64url') !== text || bytes.readUInt8(0) !== VERSION) return null
  if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) return null
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
    positions: Positions.of(positionsIn(bytes.subarray(KEY_BYTES, end))),
  }
}

function* positionsIn(bytes: Buffer): Generator<[partition: number, position: number]> {
  for (let at = 0; at < bytes.length; at += PARTITION_BYTES) {
    yield [bytes.readUInt32LE(at), bytes.readDoubleLE(at + 4)]
  }
}

/** The cursor of a search; null = it is at the first page. Throws LOGBOY_CURSOR_INVALID. */
export function openCursor(cursor: string | null, order: Order): Cursor | null {
  if (cursor === null) return null
  const decoded = decodeCursor(cursor)
  if (decoded === null) throw new StoreError('LOGBOY_CURSOR_INVALID', 'not a cursor of ours')
  if (decoded.order !== order) {
    throw new StoreError('LOGBOY_CURSOR_INVALID', `cursor is for order '${decoded.order}'`)
  }
  return decoded
}
