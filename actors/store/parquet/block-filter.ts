import { crc32 } from 'node:zlib'
import { proven } from './corrupt.ts'

/**
 * Bloom filters cut into lines, so that a question reads one line, proven by its own checksum:
 *
 *   line = 128 bytes | CRC-32 of them (4)
 *
 * Tokens: 64 slots of 16 bits; bit b of a slot = block b. A token sets its block's bit in 4 slots of
 * one line, so one line answers for all blocks at once. Ids: 1,024 bits; an id sets 8 of one line.
 */
export const LINE_BYTES = 132
const DATA_BYTES = LINE_BYTES - 4
export const BLOCKS_MAX = 16

const SLOTS = DATA_BYTES / 2
const SLOT_MASK = SLOTS - 1
const LINE_BITS = DATA_BYTES * 8
/** 8 bits and 4 slots a token: about 4 % of the other blocks are named in vain. */
const TOKEN_BITS = 8
/** Stood for all long tokens of a block in indexes of version 1. */
export const ANY_LONG_TOKEN = 0x6c6f_6e64
/** 14 bits and 8 positions an id: one in 500 row groups is named in vain. */
const ID_BITS = 14
const ID_POSITIONS = 8

/** Lines for that many (token, block) pairs. */
export function tokenLines(pairs: number, blockCount: number): number {
  return Math.max(1, Math.ceil(((pairs / blockCount) * TOKEN_BITS) / SLOTS))
}

export function idLines(ids: number): number {
  return Math.ceil((ids * ID_BITS) / LINE_BITS)
}

/** A token's line among `lines`. */
export function tokenLine(hash: number, lines: number): number {
  return ((Math.imul(hash, 0x9e3779b1) >>> 0) * lines * 2 ** -32) >>> 0
}

/** Four slot numbers of 6 bits each, in the upper bits. */
function slotsOf(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
}

/** Adds hashes[from, to) for one block. */
export function addTokens(
  slots: Uint16Array,
  lines: number,
  hashes: Uint32Array,
  range: { readonly from: number; readonly to: number; readonly block: number },
): void {
  const bit = 1 << range.block
  for (let index = range.from; index < range.to; index++) {
    const hash = hashes[index] as number
    const line = tokenLine(hash, lines) * SLOTS
    const four = slotsOf(hash)
    const a = line + (four >>> 26)
    const b = line + ((four >>> 20) & SLOT_MASK)
    const c = line + ((four >>> 14) & SLOT_MASK)
    const d = line + ((four >>> 8) & SLOT_MASK)
    slots[a] = (slots[a] as number) | bit
    slots[b] = (slots[b] as number) | bit
    slots[c] = (slots[c] as number) | bit
    slots[d] = (slots[d] as number) | bit
  }
}

/** Blocks that may have the token, out of its line. */
export function blocksInLine(line: Uint8Array, hash: number): number {
  const four = slotsOf(hash)
  const slot = (number: number): number =>
    (line[2 * number] as number) | ((line[2 * number + 1] as number) << 8)
  return (
    slot(four >>> 26) &
    slot((four >>> 20) & SLOT_MASK) &
    slot((four >>> 14) & SLOT_MASK) &
    slot((four >>> 8) & SLOT_MASK)
  )
}

/** Two hashes of an id: which line, and where in it. */
interface IdHash {
  readonly line: number
  readonly bits: number
}

function hashId(heap: Uint8Array, start: number, width: number): IdHash {
  let line = width
  let bits = 0x9e3779b1
  for (let at = start; at < start + width; at += 4) {
    const word =
      (heap[at] as number) |
      ((heap[at + 1] as number) << 8) |
      ((heap[at + 2] as number) << 16) |
      ((heap[at + 3] as number) << 24)
    line = Math.imul(line ^ word, 0x85ebca6b)
    line ^= line >>> 15
    bits = Math.imul(bits ^ word, 0xc2b2ae35)
    bits ^= bits >>> 13
  }
  return { line: Math.imul(line, 0x9e3779b1) >>> 0, bits: Math.imul(bits, 0x27d4eb2f) >>> 0 }
}

/** Visits the byte and bit of each position in a line. */
function positionOf(bits: number, index: number): number {
  const step = ((bits >>> 10) & (LINE_BITS - 1)) | 1
  return ((bits >>> 20) + (bits & 0x3ff) + index * step) & (LINE_BITS - 1)
}

export function addId(
  filter: Uint8Array,
  lines: number,
  heap: Uint8Array,
  start: number,
  width: number,
): void {
  const { line, bits } = hashId(heap, start, width)
  const base = Math.floor((line * lines) / 2 ** 32) * DATA_BYTES
  for (let index = 0; index < ID_POSITIONS; index++) {
    const position = positionOf(bits, index)
    const at = base + (position >> 3)
    filter[at] = (filter[at] as number) | (1 << (position & 7))
  }
}

export function idLine(id: Uint8Array, lines: number): number {
  return Math.floor((hashId(id, 0, id.length).line * lines) / 2 ** 32)
}

export function lineHasId(line: Uint8Array, id: Uint8Array): boolean {
  const { bits } = hashId(id, 0, id.length)
  for (let index = 0; index < ID_POSITIONS; index++) {
    const position = positionOf(bits, index)
    if (((line[position >> 3] as number) & (1 << (position & 7))) === 0) return false
  }
  return true
}

/** Puts the checksum behind each line of `data` and all of them at `at` of `into`. */
export function sealLines(data: Uint8Array, into: Uint8Array, at: number): void {
  for (let from = 0, to = at; from < data.length; from += DATA_BYTES, to += LINE_BYTES) {
    const line = data.subarray(from, from + DATA_BYTES)
    into.set(line, to)
    const sum = crc32(line)
    into[to + DATA_BYTES] = sum
    into[to + DATA_BYTES + 1] = sum >>> 8
    into[to + DATA_BYTES + 2] = sum >>> 16
    into[to + DATA_BYTES + 3] = sum >>> 24
  }
}

/** The data of a line as read. */
export function proveLine(line: Uint8Array): Uint8Array {
  proven(line.length === LINE_BYTES, 'index line of another length')
  const data = line.subarray(0, DATA_BYTES)
  const sum = crc32(data)
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength)
  proven(view.getUint32(DATA_BYTES, true) === sum, 'checksum of an index line')
  return data
}

/** Bytes of the data of that many lines. */
export function lineDataBytes(lines: number): number {
  return lines * DATA_BYTES
}
