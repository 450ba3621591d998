/** Task: batches of one project into the body of a bulk request. */
import type { Transferred } from '#runtime/threads.ts'
import type { KnownTypes } from '../attribute-types.ts'
import { type BulkBuilt, type BulkPart, buildBulkBody } from '../bulk-body.ts'

export interface BulkBodyInput {
  readonly projectId: string
  readonly parts: readonly BulkPart[]
  /** Of the index that the body is for. */
  readonly types: KnownTypes
  /** Of an earlier body. */
  readonly memory: ArrayBuffer | null
}

export function bulkBody(input: BulkBodyInput): Transferred<BulkBuilt> {
  const { projectId, parts, types, memory } = input
  const result = buildBulkBody(projectId, parts, types, memory)
  if (result.type !== 'body') return { result, transfer: [] }
  return { result, transfer: [result.bytes.buffer as ArrayBuffer] }
}
