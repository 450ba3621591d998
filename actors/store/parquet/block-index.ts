import { crc32 } from 'node:zlib'
import { isLongToken, TOKENS_VERSION } from '#proto/tokens.ts'
import {
  ANY_LONG_TOKEN,
  BLOCKS_MAX,
  blocksInLine,
  idLine,
  LINE_BYTES,
  lineHasId,
  proveLine,
  tokenLine,
} from './block-filter.ts'
import { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import type { ReadRange } from './footer.ts'
import { type IndexHead, readIndexHead } from './index-head.ts'
import type { RowGroupSummary } from './layout.ts'
import { readNumberCounts, type ServiceNumbers } from './number-counts.ts'
import { VarintReader } from './varint-reader.ts'

/**
 * The index file beside a segment, one entry a row group, in their order:
 *
 *   file      = entry* directory varint... | CRC-32 of the directory (4) | its bytes (4) | 'LBX1'
 *   directory = varint number of entries, then varint bytes of each
 *   entry     = head (index-head.ts) | lines of tokens | lines of trace ids | lines of span ids
 *               | number counts (number-counts.ts)
 */
const MAGIC = 0x3158424c
const TAIL_BYTES = 12
const ENTRIES_MAX = 1_000_000

/** Where the index of one row group lies in an index file. */
export interface IndexLocation {
  readonly start: number
  readonly byteLength: number
}

/** What an index file (`.idx`) has after the `index` of each row group of a segment, by their lengths. */
export function indexFileEnd(lengths: readonly number[]): Uint8Array {
  const sink = new ByteSink(lengths.length * 4 + 32)
  sink.varint(lengths.length)
  for (const each of lengths) sink.varint(each)
  const length = sink.at
  sink.uint32(crc32(sink.since(0)))
  sink.uint32(length)
  sink.uint32(MAGIC)
  return sink.since(0)
}

/** Where each row group's index lies; proven by a checksum. Throws LOGBOY_SEGMENT_CORRUPT. */
export function readIndexFile(read: ReadRange, fileBytes: number): readonly IndexLocation[] {
  proven(fileBytes >= TAIL_BYTES, 'index file too short')
  const tail = read(fileBytes - TAIL_BYTES, TAIL_BYTES)
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  const length = view.getUint32(4, true)
  proven(view.getUint32(8, true) === MAGIC, 'no index file')
  proven(length <= fileBytes - TAIL_BYTES, 'index directory too long')
  const directory = read(fileBytes - TAIL_BYTES - length, length)
  proven(crc32(directory) === view.getUint32(0, true), 'checksum of an index directory')
  const reader = new VarintReader(directory, 0, 'index directory')
  const count = reader.size()
  proven(count <= ENTRIES_MAX, 'index directory too long')
  const lengths = Array.from({ length: count }, () => reader.varint())
  reader.end()
  let start = 0
  const locations = lengths.map(byteLength => {
    const location = { start, byteLength }
    start += byteLength
    return location
  })
  proven(start === fileBytes - TAIL_BYTES - length, 'index file of another length')
  return locations
}

/**
 * The index of one row group: its head is read and proven at once, filters are read line by line
 * (132 bytes a question), each line with a checksum of its own. Row group = at most 16 blocks.
 */
export class RowGroupIndex {
  readonly #read: ReadRange
  readonly #head: IndexHead
  readonly #tokensAt: number
  readonly #tracesAt: number
  readonly #spansAt: number
  readonly #numbersAt: number
  #long: number | undefined

  constructor(read: ReadRange, location: IndexLocation) {
    this.#read = read
    const { head, headBytes } = readIndexHead(read, location)
    this.#head = head
    this.#tokensAt = location.start + headBytes
    this.#tracesAt = this.#tokensAt + head.tokenLines * LINE_BYTES
    this.#spansAt = this.#tracesAt + head.traceLines * LINE_BYTES
    this.#numbersAt = this.#spansAt + head.spanLines * LINE_BYTES
    const end = this.#numbersAt + head.numberBytes
    proven(end === location.start + location.byteLength, 'index of another length')
    proven(head.blockCount >= 1 && head.blockCount <= BLOCKS_MAX, 'index of too many blocks')
  }

  get summary(): RowGroupSummary {
    return this.#head.summary
  }

  /** Rows per block; block b holds rows [b * blockRows, (b + 1) * blockRows). */
  get blockRows(): number {
    return this.#head.blockRows
  }

  get blockCount(): number {
    return this.#head.blockCount
  }

  /** Made with the tokenizer of this program; if not, token questions answer "all blocks". */
  get tokensUsable(): boolean {
    return this.#head.tokensVersion === TOKENS_VERSION
  }

  /** Bit b set = block b may have a message with this folded token (hash of proto/tokens.ts). */
  blocksWithToken(hash: number): number {
    const all = 2 ** this.blockCount - 1
    if (!this.tokensUsable) return all
    const blocks = isLongToken(hash) ? this.#longBlocks() & all : all
    return blocks === 0 ? 0 : blocks & this.#blocksWithHash(hash)
  }

  /** An id in a query is not looked for where messages have no long tokens. */
  #longBlocks(): number {
    this.#long ??= this.#head.longBlocks ?? this.#blocksWithHash(ANY_LONG_TOKEN)
    return this.#long
  }

  /** Bit b set = block b has rows of [startUs, endUs) by its time range. */
  blocksInTime(startUs: number, endUs: number): number {
    return this.#blocksWhere(
      block =>
        (this.#head.timeMinUs[block] as number) < endUs &&
        (this.#head.timeMaxUs[block] as number) >= startUs,
    )
  }

  /** Bit b set = block b has a row of a level whose bit (index in LEVELS) is set in `levels`. */
  blocksWithLevels(levels: number): number {
    return this.#blocksWhere(block => ((this.#head.levels[block] as number) & levels) !== 0)
  }

  mightHaveTrace(id: Uint8Array): boolean {
    return this.#mightHave(this.#tracesAt, this.#head.traceLines, id)
  }

  mightHaveSpan(id: Uint8Array): boolean {
    return this.#mightHave(this.#spansAt, this.#head.spanLines, id)
  }

  /** Of columns whose numbers repeat, by their place in the schema. */
  numberCounts(): ReadonlyMap<number, ServiceNumbers> {
    const { numberBytes } = this.#head
    if (numberBytes === 0) return new Map()
    return readNumberCounts(this.#read(this.#numbersAt, numberBytes))
  }

  #blocksWithHash(hash: number): number {
    const line = tokenLine(hash, this.#head.tokenLines)
    return blocksInLine(this.#line(this.#tokensAt, line), hash)
  }

  #mightHave(at: number, lines: number, id: Uint8Array): boolean {
    return lines > 0 && lineHasId(this.#line(at, idLine(id, lines)), id)
  }

  #line(at: number, line: number): Uint8Array {
    return proveLine(this.#read(at + line * LINE_BYTES, LINE_BYTES))
  }

  #blocksWhere(test: (block: number) => boolean): number {
    let blocks = 0
    for (let block = 0; block < this.blockCount; block++) if (test(block)) blocks |= 1 << block
    return blocks
  }
}
