/**
 * Which rows of a row group are deleted: a bit for each row, the first one lowest in the first
 * byte, packed by deflate, as base64. Neighbours mostly share their fate, and the manifest keeps
 * it.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'

export interface DeletedRows {
  /** How many. */
  readonly rows: number
  readonly mask: string
}

/** Rows by number, in any order, of a row group of `count` rows; with those deleted `before`. */
export function packDeleted(
  numbers: Iterable<number>,
  count: number,
  before: DeletedRows | null,
): DeletedRows {
  const mask = before === null ? new Uint8Array((count + 7) >> 3) : openDeleted(before.mask)
  let rows = before?.rows ?? 0
  for (const row of numbers) {
    if (hasRow(mask, row)) continue
    mask[row >> 3] = (mask[row >> 3] as number) | (1 << (row & 7))
    rows++
  }
  return { rows, mask: deflateRawSync(mask).toString('base64') }
}

/** One bit a row. */
export function openDeleted(mask: string): Uint8Array {
  return Uint8Array.from(inflateRawSync(Buffer.from(mask, 'base64')))
}

export function hasRow(mask: Uint8Array, row: number): boolean {
  return (((mask[row >> 3] as number) >> (row & 7)) & 1) === 1
}
