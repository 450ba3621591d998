import { isLongToken, TOKENS_VERSION } from '#proto/tokens.ts'
import {
  addId,
  addTokens,
  BLOCKS_MAX,
  idLines,
  LINE_BYTES,
  lineDataBytes,
  sealLines,
  tokenLines,
} from './block-filter.ts'
import type { IdRows } from './gather.ts'
import { encodeIndexHead } from './index-head.ts'
import type { RowGroupSummary } from './layout.ts'
import type { MessageTokens } from './message-tokens.ts'
import type { OrderKeys } from './row-order.ts'
import { Scratch } from './scratch.ts'

/** Smaller blocks would name themselves for every common word. */
const BLOCK_ROWS_MIN = 64
/** Words seen lately are not added again: neighbours are alike. A power of two. */
const RECENT = 16_384

/** The index of a row group whose rows stand in `order`. */
export function encodeIndex(
  order: Uint32Array,
  keys: OrderKeys,
  tokens: MessageTokens,
  ids: { readonly traces: IdRows; readonly spans: IdRows },
  { summary, numbers }: { readonly summary: RowGroupSummary; readonly numbers: Uint8Array },
): Uint8Array {
  const blockRows = Math.max(BLOCK_ROWS_MIN, Math.ceil(order.length / BLOCKS_MAX))
  const blockCount = Math.ceil(order.length / blockRows)
  const { filter: words, longBlocks } = tokenFilter(order, tokens, blockRows, blockCount)
  const traces = idFilter(ids.traces)
  const spans = idFilter(ids.spans)
  const linesOf = (data: Uint8Array): number => data.length / lineDataBytes(1)
  const head = encodeIndexHead({
    tokensVersion: TOKENS_VERSION,
    blockRows,
    blockCount,
    longBlocks,
    tokenLines: linesOf(words),
    traceLines: linesOf(traces),
    spanLines: linesOf(spans),
    numberBytes: numbers.length,
    ...describeBlocks(order, keys, blockRows, blockCount),
    summary,
  })
  let at = head.length
  const filters = [words, traces, spans]
  const lines = filters.reduce((sum, filter) => sum + linesOf(filter), 0)
  const index = Buffer.allocUnsafeSlow(at + lines * LINE_BYTES + numbers.length)
  index.set(head)
  for (const filter of filters) {
    sealLines(filter, index, at)
    at += linesOf(filter) * LINE_BYTES
  }
  index.set(numbers, at)
  return index
}

const keptWords = new Scratch(length => new Uint32Array(length))

function tokenFilter(
  order: Uint32Array,
  tokens: MessageTokens,
  blockRows: number,
  blockCount: number,
): { readonly filter: Uint8Array; readonly longBlocks: number } {
  const { hashes, ends } = tokens
  const kept = keptWords.take(ends[order.length - 1] as number)
  const recent = new Uint32Array(RECENT)
  const blockEnds = new Uint32Array(blockCount)
  let longBlocks = 0
  let size = 0
  for (let block = 0; block < blockCount; block++) {
    const last = Math.min(order.length, (block + 1) * blockRows)
    recent.fill(0)
    let hasLong = false
    for (let place = block * blockRows; place < last; place++) {
      const row = order[place] as number
      const end = ends[row] as number
      for (let at = row === 0 ? 0 : (ends[row - 1] as number); at < end; at++) {
        const hash = hashes[at] as number
        const slot = hash & (RECENT - 1)
        // Hash 0 looks seen in a fresh table: it is always kept.
        if (recent[slot] === hash && hash !== 0) continue
        recent[slot] = hash
        kept[size++] = hash
        hasLong ||= isLongToken(hash)
      }
    }
    if (hasLong) longBlocks |= 1 << block
    blockEnds[block] = size
  }
  const lines = tokenLines(size, blockCount)
  const slots = new Uint16Array(lineDataBytes(lines) / 2)
  for (let block = 0, from = 0; block < blockCount; block++) {
    const to = blockEnds[block] as number
    addTokens(slots, lines, kept, { from, to, block })
    from = to
  }
  return { filter: new Uint8Array(slots.buffer), longBlocks }
}

function idFilter({ heap, width, present }: IdRows): Uint8Array {
  const lines = idLines(present)
  const filter = new Uint8Array(lineDataBytes(lines))
  for (let id = 0; id < present; id++) addId(filter, lines, heap, id * width, width)
  return filter
}

function describeBlocks(
  order: Uint32Array,
  { timeUs, levels }: OrderKeys,
  blockRows: number,
  blockCount: number,
): {
  readonly timeMinUs: Float64Array
  readonly timeMaxUs: Float64Array
  readonly levels: Uint8Array
} {
  const timeMinUs = new Float64Array(blockCount)
  const timeMaxUs = new Float64Array(blockCount)
  const levelsOf = new Uint8Array(blockCount)
  for (let block = 0; block < blockCount; block++) {
    const end = Math.min(order.length, (block + 1) * blockRows)
    let [min, max, seen] = [Number.POSITIVE_INFINITY, 0, 0]
    for (let place = block * blockRows; place < end; place++) {
      const row = order[place] as number
      const time = timeUs[row] as number
      if (time < min) min = time
      if (time > max) max = time
      seen |= 1 << (levels[row] as number)
    }
    timeMinUs[block] = min
    timeMaxUs[block] = max
    levelsOf[block] = seen
  }
  return { timeMinUs, timeMaxUs, levels: levelsOf }
}
