/** The task that proves a batch before anything trusts it: once, at the door that took it. */
import { isUtf8 } from 'node:buffer'
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { BatchError } from '#proto/batch-error.ts'
import { isPresent, type LogColumns, ROW_KINDS } from '#proto/columns.ts'
import { SCHEMA_HIGHEST } from '#proto/limits.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { checkPoints } from '#proto/metric-check.ts'
import { checkRecords, type RefusedRecord } from '#proto/record-check.ts'
import { recordLines } from './record-lines.ts'

export interface ProveBatch {
  /** Where the batch lies, as it came from its sender. */
  readonly memory: SharedArrayBuffer
  readonly offset: number
  readonly length: number
  /** Schema number that the sender says it wrote. */
  readonly schema: number
}

export type ProvenBatch =
  | ProvenSound
  /** Nothing of it can be taken. */
  | { readonly type: 'invalid'; readonly reason: string }

export interface ProvenSound {
  readonly type: 'sound'
  /** ROW_KINDS number. */
  readonly kind: number
  readonly records: number
  /** Records that must be left out, ascending, each with its reason. */
  readonly rejected: readonly RefusedRecord[]
  /** Range of the times that accepted records give, both ends included; null = none gives one. */
  readonly times: { readonly minUs: number; readonly maxUs: number } | null
  /** Accepted records without a time: they will have their receive time. */
  readonly untimed: number
  /** The rejected records as lines of JSON, as many as a dead letter holds; null = none. */
  readonly refused: Uint8Array | null
}

/** What else a record has to satisfy; told which records are refused already. */
export type MoreChecks = (
  columns: LogColumns,
  refused: readonly RefusedRecord[],
) => readonly RefusedRecord[]

/** Judges a batch; never throws for what a sender could have written. */
export function proveBatch(batch: ProveBatch): ProvenBatch {
  return proveWith(batch, () => [])
}

export function proveWith(
  { memory, offset, length, schema }: ProveBatch,
  moreChecks: MoreChecks,
): ProvenBatch {
  if (schema < 1 || schema > SCHEMA_HIGHEST) {
    return { type: 'invalid', reason: `schema ${schema} is not 1 to ${SCHEMA_HIGHEST}` }
  }
  try {
    const columns = openLogBatch(new Uint8Array(memory, offset, length), isUtf8)
    if (columns.kind === ROW_KINDS.alert) {
      return { type: 'invalid', reason: 'kind 2 (alerts) is neither 0 (logs) nor 1 (metrics)' }
    }
    return judge(columns, moreChecks)
  } catch (error) {
    if (error instanceof BatchError) return { type: 'invalid', reason: error.message }
    throw error
  }
}

function judge(columns: LogColumns, moreChecks: MoreChecks): ProvenSound {
  const { kind, timeUs, timeMissing, count } = columns
  const rejected = kind === ROW_KINDS.metric ? checkMetrics(columns) : checkRecords(columns)
  const more = moreChecks(columns, rejected)
  if (more.length > 0) rejected.push(...more)
  rejected.sort((a, b) => a.index - b.index)
  let [minUs, maxUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let untimed = 0
  let next = 0
  for (let i = 0; i < count; i++) {
    if (rejected[next]?.index === i) {
      next++
      continue
    }
    if (timeMissing !== null && isPresent(timeMissing, i)) {
      untimed++
      continue
    }
    const time = timeUs[i] as number
    if (time < minUs) minUs = time
    if (time > maxUs) maxUs = time
  }
  const times = minUs <= maxUs ? { minUs, maxUs } : null
  const refused = rejected.length === 0 ? null : linesOf(columns, rejected)
  return { type: 'sound', kind, records: count, rejected, times, untimed, refused }
}

function linesOf(columns: LogColumns, rejected: readonly RefusedRecord[]): Uint8Array | null {
  const indexes = rejected.map(({ index }) => index)
  return recordLines(columns, indexes, LETTER_BYTES_MAX)
}

/** A point is a record, too. */
function checkMetrics(columns: LogColumns): RefusedRecord[] {
  const refused = new Map(checkPoints(columns).map(each => [each.index, each]))
  for (const each of checkRecords(columns)) refused.set(each.index, each)
  return [...refused.values()]
}
