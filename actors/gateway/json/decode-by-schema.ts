/** The decoding of a body for a project with a JSON Schema: records that do not fit are refused. */
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { misfits } from '#actors/processing/prove-by-schema.ts'
import type { LogColumns } from '#proto/columns.ts'
import { REJECTED_TOLD_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import type { RejectedRecord } from '#proto/people.ts'
import type { Transferred } from '#runtime/threads.ts'
import { type BodyChunk, PLACE_NUMBERS } from './chunk-builder.ts'
import { type DecodedJson, type DecodeInput, decodeWith, wishesOf } from './decode-json.ts'
import { type DecodedRecords, decodeBody } from './json-body.ts'
import { RefusedPlaces } from './refused-places.ts'

export interface DecodeBySchema extends DecodeInput {
  readonly recordSchema: string
}

export function decodeBySchema(input: DecodeBySchema): Transferred<DecodedJson> {
  return decodeWith(input, bytes => {
    const decoded = decodeBody(bytes, { ...wishesOf(input), keepPlaces: true })
    if (decoded.type !== 'decoded') return decoded
    const places = new RefusedPlaces()
    return judgeRecords(decoded, input.recordSchema, {
      add: ({ start, end }) => places.add(start, end),
      bytes: () => places.bytesIn(bytes),
    })
  })
}

/** Keeps records that do not fit, bounded. */
export interface MisfitKeeper {
  add(misfit: Misfit): void
  /** All of them, each with a newline; null = none. */
  bytes(): Uint8Array<ArrayBuffer> | null
}

export interface Misfit {
  readonly columns: LogColumns
  readonly row: number
  /** Where it stands in the body. */
  readonly start: number
  readonly end: number
}

/** Refuses what does not fit of records that were decoded with their places. */
export function judgeRecords(
  decoded: DecodedRecords,
  recordSchema: string,
  keeper: MisfitKeeper,
): DecodedRecords {
  const found: RejectedRecord[] = []
  const chunks = decoded.chunks.map(chunk => {
    const columns = openProven(chunk.batch)
    const rows = misfits(columns, recordSchema, new Set())
    const numbers = chunk.places ?? new Int32Array()
    const rejected = rows.map(({ index: row, reason }) => {
      const at = row * PLACE_NUMBERS
      const [index = 0, start = 0, end = 0] = numbers.subarray(at, at + PLACE_NUMBERS)
      keeper.add({ columns, row, start, end })
      return { index, reason }
    })
    found.push(...rejected)
    return { ...chunk, ...withRejected(chunk, rejected), refusedRows: rows.map(row => row.index) }
  })
  if (found.length === 0) return { ...decoded, chunks }
  const all = inOrder([...decoded.rejected, ...found])
  const rejected = all.slice(0, REJECTED_TOLD_MAX)
  const rejectedMore = decoded.rejectedMore + all.length - rejected.length
  const accepted = decoded.accepted - found.length
  const refused = joined(decoded.refused, keeper.bytes())
  return { ...decoded, chunks, accepted, rejected, rejectedMore, refused }
}

/** Places have done their service, and would have to be copied to the other thread. */
function withRejected(
  chunk: BodyChunk,
  rejected: readonly RejectedRecord[],
): Pick<BodyChunk, 'rejected' | 'places'> {
  return { rejected: inOrder([...chunk.rejected, ...rejected]), places: null }
}

function inOrder(rejected: RejectedRecord[]): RejectedRecord[] {
  return rejected.sort((a, b) => a.index - b.index)
}

function joined(
  first: Uint8Array<ArrayBuffer> | null,
  second: Uint8Array<ArrayBuffer> | null,
): Uint8Array<ArrayBuffer> | null {
  if (first === null || second === null) return first ?? second
  if (first.length + second.length > LETTER_BYTES_MAX) return first
  return new Uint8Array(Buffer.concat([first, second]))
}
