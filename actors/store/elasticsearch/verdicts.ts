/** What became of each document of a bulk request. */
import assert from 'node:assert/strict'
import { isPassing } from './elastic-error.ts'

/** The answer to a `_bulk` with VERDICT_FILTER. */
export interface BulkAnswer {
  readonly errors: boolean
  readonly items: readonly {
    readonly create: {
      readonly status: number
      readonly error?: { readonly type?: string; readonly reason?: string }
    }
  }[]
}

/** Leaves of the answer what is needed: a tenth of its bytes. */
export const VERDICT_FILTER =
  'errors,items.create.status,items.create.error.type,items.create.error.reason'

export interface Verdicts {
  /** Written now, or before: 409 says that the id is there. */
  readonly created: number
  readonly repeated: number
  /** Numbers of documents to be sent again. */
  readonly again: readonly number[]
  /** Some of them because the server has too much to do. */
  readonly isOverloaded: boolean
  /** Nothing works because of the index, not of the documents: why; null = that is not so. */
  readonly blocked: string | null
  /** The index is gone. */
  readonly isMissing: boolean
  /** What the server will never take. */
  readonly refused: readonly { readonly document: number; readonly reason: string }[]
}

const NO_ERRORS = Buffer.from('{"errors":false')

/** Reads an answer; where all is well, which is nearly always, it need not be parsed. */
export function readVerdicts(answer: Uint8Array, documents: number): Verdicts {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.length)
  if (NO_ERRORS.equals(bytes.subarray(0, NO_ERRORS.length))) {
    return judge({ errors: false, items: [] }, documents)
  }
  return judge(JSON.parse(bytes.toString('utf8')) as BulkAnswer, documents)
}

export function judge({ errors, items }: BulkAnswer, documents: number): Verdicts {
  assert(!errors || items.length === documents, 'one verdict for each document')
  const again: number[] = []
  const refused: { document: number; reason: string }[] = []
  let [created, repeated, isOverloaded, isMissing] = [0, 0, false, false]
  let blocked: string | null = null
  if (!errors) created = documents
  for (const [document, { create }] of errors ? items.entries() : []) {
    const { status, error } = create
    const reason = `${error?.type ?? status}: ${error?.reason ?? ''}`
    if (status < 300) created++
    else if (error?.type === 'index_not_found_exception') {
      again.push(document)
      isMissing = true
    } else if (status === 409) repeated++
    else if (isBlocked(status, error?.type)) {
      again.push(document)
      blocked = reason
    } else if (isPassing(status)) {
      again.push(document)
      isOverloaded ||= status === 429
    } else refused.push({ document, reason })
  }
  return { created, repeated, again, isOverloaded, isMissing, blocked, refused }
}

/**
 * The index takes nothing, whatever it is: the document is not to blame. A block with 429 is that
 * of a disk at its flood stage, which the server lifts by itself once there is room.
 */
function isBlocked(status: number, type = ''): boolean {
  if (isPassing(status)) return false
  return status === 403 || type === 'cluster_block_exception' || type === 'index_closed_exception'
}
