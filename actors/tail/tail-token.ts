/**
 * The opaque token of a live tail, base64url of
 *
 *   version u8 | received_at µs u64 | partition u16, row u16, position u64, for each partition
 *
 * numbers big endian, partitions ascending.
 */
import { Positions } from '#actors/commit-log/positions.ts'
import type { TailPlace } from './tail-place.ts'

const VERSION = 2
const HEAD_BYTES = 9
const PARTITION_BYTES = 12
/** More partitions than one project is ever spread over. */
const PARTITIONS_MAX = 256

/** The token that `decodeTailToken` reads. */
export function encodeTailToken({ positions, rows, receivedAtUs }: TailPlace): string {
  const known = new Set([...positions.pairs().map(([partition]) => partition), ...rows.keys()])
  const partitions = [...known].sort((a, b) => a - b)
  const bytes = Buffer.alloc(HEAD_BYTES + partitions.length * PARTITION_BYTES)
  bytes.writeUInt8(VERSION, 0)
  writeUint64(bytes, receivedAtUs, 1)
  partitions.forEach((partition, index) => {
    const at = HEAD_BYTES + index * PARTITION_BYTES
    bytes.writeUInt16BE(partition, at)
    bytes.writeUInt16BE(rows.get(partition) ?? 0, at + 2)
    writeUint64(bytes, positions.at(partition), at + 4)
  })
  return bytes.toString('base64url')
}

/** null = not a token of this version. */
export function decodeTailToken(token: string): TailPlace | null {
  const bytes = Buffer.from(token, 'base64url')
  const count = (bytes.length - HEAD_BYTES) / PARTITION_BYTES
  if (!Number.isInteger(count) || count < 0 || count > PARTITIONS_MAX) return null
  if (bytes[0] !== VERSION || bytes.toString('base64url') !== token) return null
  const pairs: [number, number][] = []
  const rows = new Map<number, number>()
  for (let at = HEAD_BYTES; at < bytes.length; at += PARTITION_BYTES) {
    const partition = bytes.readUInt16BE(at)
    const row = bytes.readUInt16BE(at + 2)
    pairs.push([partition, readUint64(bytes, at + 4)])
    if (row > 0) rows.set(partition, row)
  }
  const receivedAtUs = readUint64(bytes, 1)
  const numbers = [receivedAtUs, ...pairs.map(([, position]) => position)]
  if (!numbers.every(Number.isSafeInteger)) return null
  return { positions: Positions.of(pairs), rows, receivedAtUs }
}

function writeUint64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  bytes.writeUInt32BE(value % 2 ** 32, at + 4)
}

function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}
