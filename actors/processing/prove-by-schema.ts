/** Tasks for projects with a JSON Schema: nothing of this is loaded where there is none. */
import assert from 'node:assert/strict'
import { type LogColumns, ROW_KINDS } from '#proto/columns.ts'
import type { RefusedRecord } from '#proto/record-check.ts'
import { type ProveBatch, type ProvenBatch, proveWith } from './prove-batch.ts'
import { recordOf } from './record-json.ts'
import { sentRows } from './record-lines.ts'
import { compileSchema, type RecordCheck } from './record-schema.ts'

export interface ProveBySchema extends ProveBatch {
  readonly recordSchema: string
}

export function proveBySchema({ recordSchema, ...batch }: ProveBySchema): ProvenBatch {
  return proveWith(batch, (columns, refused) =>
    columns.kind === ROW_KINDS.log
      ? misfits(columns, recordSchema, new Set(refused.map(({ index }) => index)))
      : [],
  )
}

/** Records that do not fit, ascending, but for those that are refused already. */
export function misfits(
  columns: LogColumns,
  recordSchema: string,
  refused: ReadonlySet<number>,
): RefusedRecord[] {
  const compiled = compileSchema(recordSchema)
  assert(compiled.type === 'check', 'a schema was compiled before it was stored')
  const rows = sentRows(columns)
  const found: RefusedRecord[] = []
  for (let index = 0; index < columns.count; index++) {
    if (refused.has(index)) continue
    const reason = judged(compiled.check, () => recordOf(rows, index))
    if (reason !== null) found.push({ index, reason })
  }
  return found
}

function judged(check: RecordCheck, record: () => Parameters<RecordCheck>[0]): string | null {
  try {
    return check(record())
  } catch (error) {
    return `schema: the record could not be judged: ${(error as Error).message}`
  }
}

export interface CheckSchema {
  readonly recordSchema: string
}

/** Why a schema cannot be used; null = it can. */
export function checkSchema({ recordSchema }: CheckSchema): string | null {
  const compiled = compileSchema(recordSchema)
  return compiled.type === 'wrong' ? compiled.reason : null
}
