import { crc32 } from 'node:zlib'
import { ByteSink } from './byte-sink.ts'
import { proven } from './corrupt.ts'
import type { ReadRange } from './footer.ts'
import type { MinuteCounts, RowGroupSummary } from './layout.ts'
import { VarintReader } from './varint-reader.ts'

/**
 * The head of one row group's index:
 *
 *   head   = bytes of the fields (4) | CRC-32 of them (4) | fields
 *   fields = varints: version, tokens version, rows, block rows, blocks,
 *            blocks with long tokens (a bit each; not in version 1),
 *            lines of tokens, of traces, of spans, bytes of number counts (from version 3 on),
 *            time min and max, received min and max (µs; a max as its distance from the min),
 *            per block: time min (from the group's), time max (from its min), levels (a bit each),
 *            services: number, then bytes and UTF-8 of each,
 *            counts: number, then minute (from the one before), service, level, count of each
 */
const VERSION = 3
const PREFIX_BYTES = 8
/** One read gets most heads whole. */
const FIRST_READ_BYTES = 4_096

export interface IndexHead {
  readonly tokensVersion: number
  readonly blockRows: number
  readonly blockCount: number
  /** Bit b set = block b has a token of 32 code points or more; null = not known. */
  readonly longBlocks: number | null
  readonly tokenLines: number
  readonly traceLines: number
  readonly spanLines: number
  /** Of number-counts.ts; 0 = there are none. */
  readonly numberBytes: number
  /** Per block. */
  readonly timeMinUs: Float64Array
  readonly timeMaxUs: Float64Array
  readonly levels: Uint8Array
  readonly summary: RowGroupSummary
}

const LENGTHS = ['tokenLines', 'traceLines', 'spanLines', 'numberBytes'] as const

export function encodeIndexHead(head: IndexHead): Uint8Array {
  const { summary } = head
  const sink = new ByteSink(4096)
  sink.uint32(0)
  sink.uint32(0)
  sink.varint(VERSION)
  sink.varint(head.tokensVersion)
  sink.varint(summary.rowCount)
  sink.varint(head.blockRows)
  sink.varint(head.blockCount)
  sink.varint(head.longBlocks ?? 2 ** head.blockCount - 1)
  for (const field of LENGTHS) sink.varint(head[field])
  sink.varint(summary.timeMinUs)
  sink.varint(summary.timeMaxUs - summary.timeMinUs)
  sink.varint(summary.receivedMinUs)
  sink.varint(summary.receivedMaxUs - summary.receivedMinUs)
  for (let block = 0; block < head.blockCount; block++) {
    const min = head.timeMinUs[block] as number
    sink.varint(min - summary.timeMinUs)
    sink.varint((head.timeMaxUs[block] as number) - min)
    sink.varint(head.levels[block] as number)
  }
  encodeCounts(sink, summary.counts)
  const length = sink.at - PREFIX_BYTES
  const sum = crc32(sink.since(PREFIX_BYTES))
  sink.at = 0
  sink.uint32(length)
  sink.uint32(sum)
  sink.at = PREFIX_BYTES + length
  return sink.since(0)
}

function encodeCounts(sink: ByteSink, counts: MinuteCounts): void {
  sink.varint(counts.services.length)
  for (const service of counts.services) {
    const bytes = Buffer.from(service)
    sink.varint(bytes.length)
    sink.append(bytes)
  }
  sink.varint(counts.count.length)
  let before = 0
  for (let cell = 0; cell < counts.count.length; cell++) {
    const minute = counts.minute[cell] as number
    sink.varint(minute - before)
    before = minute
    sink.varint(counts.service[cell] as number)
    sink.varint(counts.level[cell] as number)
    sink.varint(counts.count[cell] as number)
  }
}

/** Reads and proves the head of the index at `location`. */
export function readIndexHead(
  read: ReadRange,
  location: { readonly start: number; readonly byteLength: number },
): { readonly head: IndexHead; readonly headBytes: number } {
  const { start, byteLength } = location
  proven(byteLength >= PREFIX_BYTES, 'index too short')
  const first = read(start, Math.min(byteLength, FIRST_READ_BYTES))
  const prefix = new DataView(first.buffer, first.byteOffset, first.byteLength)
  const headBytes = PREFIX_BYTES + prefix.getUint32(0, true)
  proven(headBytes <= byteLength, 'index head too long')
  const bytes = headBytes <= first.length ? first.subarray(0, headBytes) : read(start, headBytes)
  proven(crc32(bytes.subarray(PREFIX_BYTES)) === prefix.getUint32(4, true), 'checksum of an index')
  return { head: readHead(new VarintReader(bytes, PREFIX_BYTES, 'index head')), headBytes }
}

function readHead(reader: VarintReader): IndexHead {
  const version = reader.varint()
  proven(version >= 1 && version <= VERSION, 'index of an unknown version')
  const tokensVersion = reader.varint()
  const rowCount = reader.varint()
  const blockRows = reader.varint()
  const blockCount = reader.size()
  const longBlocks = version === 1 ? null : reader.varint()
  const [tokenLines, traceLines, spanLines] = [reader.varint(), reader.varint(), reader.varint()]
  const numberBytes = version < 3 ? 0 : reader.varint()
  const timeMin = reader.varint()
  const timeMax = timeMin + reader.varint()
  const receivedMin = reader.varint()
  const receivedMax = receivedMin + reader.varint()
  const timeMinUs = new Float64Array(blockCount)
  const timeMaxUs = new Float64Array(blockCount)
  const levels = new Uint8Array(blockCount)
  for (let block = 0; block < blockCount; block++) {
    const min = timeMin + reader.varint()
    timeMinUs[block] = min
    timeMaxUs[block] = min + reader.varint()
    levels[block] = reader.varint()
  }
  const counts = readCounts(reader)
  reader.end()
  return {
    tokensVersion,
    blockRows,
    blockCount,
    longBlocks,
    tokenLines,
    traceLines,
    spanLines,
    numberBytes,
    timeMinUs,
    timeMaxUs,
    levels,
    summary: {
      rowCount,
      timeMinUs: timeMin,
      timeMaxUs: timeMax,
      receivedMinUs: receivedMin,
      receivedMaxUs: receivedMax,
      counts,
    },
  }
}

function readCounts(reader: VarintReader): MinuteCounts {
  const services = Array.from({ length: reader.size() }, () =>
    Buffer.from(reader.take(reader.varint())).toString('utf8'),
  )
  const size = reader.size()
  const counts = {
    services,
    minute: new Int32Array(size),
    service: new Uint16Array(size),
    level: new Uint8Array(size),
    count: new Uint32Array(size),
  }
  let minute = 0
  for (let cell = 0; cell < size; cell++) {
    minute += reader.varint()
    counts.minute[cell] = minute
    const service = reader.varint()
    proven(service < services.length, 'index names an unknown service')
    counts.service[cell] = service
    counts.level[cell] = reader.varint()
    counts.count[cell] = reader.varint()
  }
  return counts
}
