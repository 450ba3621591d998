/**
 * The task that looks at a committed batch once for everybody who follows the log: counts for the
 * summaries, matches for the live tails, what it adds to the windows of alert rules. Pure, so that
 * it may run anywhere and again after a crash.
 */
import type { RowColumns } from '#proto/columns.ts'
import { TAIL_FRAME_ROWS_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import type { Transferred } from '#runtime/threads.ts'
import { compileMatcher, type Matcher, type RowFilter } from './matcher.ts'
import { rowJson } from './row-json.ts'
import { openRows, type RowsEnvelope } from './rows.ts'
import { type BatchSummary, summarize } from './summary.ts'
import { ruleSetOf } from './windows/window-deltas.ts'
import type { PackedRules } from './windows/window-rules.ts'

export interface ProcessBatch {
  readonly envelope: RowsEnvelope
  /** Where the proven batch lies. */
  readonly memory: SharedArrayBuffer
  readonly offset: number
  readonly length: number
  readonly filters: readonly BatchFilter[]
  /** Alert rules whose windows the batch may add to. */
  readonly rules?: PackedRules
  /** Whether counts are wanted. */
  readonly summary: boolean
}

/** One tail's question, or that of several with the same filter. */
export interface BatchFilter {
  readonly filter: RowFilter
  /** Records before this one were looked at earlier. */
  readonly fromRow: number
  /** The newest so many matches become JSON; the others are only counted. */
  readonly rowsMax: number
}

export interface ProcessedBatch {
  readonly summary: BatchSummary | null
  /** One for each filter, in order. */
  readonly matches: readonly BatchMatches[]
  /** See windows/delta-reader.ts; null = it adds nothing. */
  readonly deltas: Uint8Array<ArrayBuffer> | null
}

export interface BatchMatches {
  /** Oldest matches that were left out because there were more than `rowsMax`. */
  readonly leftOut: number
  /** The record after the last one left out. */
  readonly leftOutEnd: number
  readonly pieces: readonly MatchPiece[]
}

/** Rows of one batch, few enough to be dropped or sent together. */
export interface MatchPiece {
  /** JSON objects joined by commas. */
  readonly text: string
  readonly rows: number
  /** The record after the last one in it. */
  readonly end: number
}

/** Opens the batch and answers every question about it. */
export function processBatch(input: ProcessBatch): Transferred<ProcessedBatch> {
  const { envelope, memory, offset, length, rules } = input
  const rows = openRows(envelope, openProven(new Uint8Array(memory, offset, length)))
  const deltas =
    rules === undefined ? null : ruleSetOf(rules).deltas(rows, Number(envelope.receivedAtUs))
  const result = {
    summary: input.summary ? summarize(rows, length) : null,
    matches: input.filters.map(question => answer(rows, question)),
    deltas,
  }
  return { result, transfer: deltas === null ? [] : [deltas.buffer] }
}

function answer(rows: RowColumns, { filter, fromRow, rowsMax }: BatchFilter): BatchMatches {
  const selected = matcherOf(filter).select(rows)
  const matched =
    fromRow === 0 ? selected : selected.filter(index => (rows.row[index] as number) >= fromRow)
  const leftOut = Math.max(0, matched.length - rowsMax)
  return {
    leftOut,
    leftOutEnd: leftOut === 0 ? 0 : endOf(rows, matched[leftOut - 1] as number),
    pieces: cutPieces(rows, matched.subarray(leftOut)),
  }
}

/**
 * A piece is dropped as a whole when a socket is slow: small ones lose less, large ones cost less.
 */
const PIECE_CHARS = 64 * 1024
const PIECE_ROWS = TAIL_FRAME_ROWS_MAX / 5

function cutPieces(rows: RowColumns, matched: Uint32Array): MatchPiece[] {
  const pieces: MatchPiece[] = []
  let texts: string[] = []
  let chars = 0
  for (const [i, index] of matched.entries()) {
    const text = rowJson(rows, index)
    texts.push(text)
    chars += text.length
    if (texts.length < PIECE_ROWS && chars < PIECE_CHARS && i + 1 < matched.length) continue
    pieces.push({ text: texts.join(','), rows: texts.length, end: endOf(rows, index) })
    texts = []
    chars = 0
  }
  return pieces
}

function endOf(rows: RowColumns, index: number): number {
  return (rows.row[index] as number) + 1
}

/** Compiled filters by their text: a thread sees the same few again with every batch. */
const matchers = new Map<string, Matcher>()
const MATCHERS_MAX = 256

function matcherOf(filter: RowFilter): Matcher {
  const key = JSON.stringify(filter)
  const known = matchers.get(key)
  if (known !== undefined) return known
  const compiled = compileMatcher(filter)
  const oldest = matchers.keys().next()
  if (matchers.size >= MATCHERS_MAX && !oldest.done) matchers.delete(oldest.value)
  matchers.set(key, compiled)
  return compiled
}
