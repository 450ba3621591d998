/**
 * The place of a batch in the commit log as one integer that Elasticsearch can compare:
 * partition (15 bits) << 48 | position.
 */
import assert from 'node:assert/strict'

const POSITION_BITS = 48n
const POSITION_MAX = 2 ** 48 - 1
const PARTITION_MAX = 2 ** 15 - 1

export interface Place {
  readonly partition: number
  readonly position: number
}

export function entryNumber({ partition, position }: Place): bigint {
  assert(partition >= 0 && partition <= PARTITION_MAX, 'a partition has 15 bits')
  assert(position >= 0 && position <= POSITION_MAX, 'a position has 48 bits')
  return (BigInt(partition) << POSITION_BITS) | BigInt(position)
}

const DIGITS = 19
/** A hundred entries have the same beginning. */
export const BEGINNING_DIGITS = 17

/** All of one length: texts are in the order of the numbers. */
export function entryText(entry: bigint): string {
  return String(entry).padStart(DIGITS, '0')
}

/** What an index of beginnings has of it. */
export function entryBeginning(entry: bigint): string {
  return entryText(entry).slice(0, BEGINNING_DIGITS)
}

/** The last number of the partition. */
export function lastEntryNumber(partition: number): bigint {
  return entryNumber({ partition, position: POSITION_MAX })
}
