/** The decoding of a body for a project with a JSON Schema: records that do not fit are refused. */
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { misfits } from '#actors/processing/prove-by-schema.ts'
import { REJECTED_TOLD_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import type { RejectedRecord } from '#proto/people.ts'
import type { Transferred } from '#runtime/threads.ts'
import { type DecodedJson, type DecodeJson, decodeWith } from './decode-json.ts'
import { type DecodedBody, decodeBody, type JsonChunk, PLACE_NUMBERS } from './json-body.ts'
import { RefusedPlaces } from './refused-places.ts'

export interface DecodeBySchema extends DecodeJson {
  readonly recordSchema: string
}

type Decoded = Extract<DecodedBody, { type: 'decoded' }>

export function decodeBySchema(input: DecodeBySchema): Transferred<DecodedJson> {
  return decodeWith(input, (bytes, options) => {
    const decoded = decodeBody(bytes, { ...options, keepPlaces: true })
    return decoded.type === 'decoded' ? judged(decoded, bytes, input.recordSchema) : decoded
  })
}

function judged(decoded: Decoded, bytes: Uint8Array, recordSchema: string): Decoded {
  const places = new RefusedPlaces()
  const found: RejectedRecord[] = []
  const chunks = decoded.chunks.map(chunk => {
    const rows = misfits(openProven(chunk.batch), recordSchema, new Set())
    const numbers = chunk.places ?? new Int32Array()
    const rejected = rows.map(({ index: row, reason }) => {
      const at = row * PLACE_NUMBERS
      const [index = 0, start = 0, end = 0] = numbers.subarray(at, at + PLACE_NUMBERS)
      places.add(start, end)
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
  const refused = joined(decoded.refused, places.bytesIn(bytes))
  return { ...decoded, chunks, accepted, rejected, rejectedMore, refused }
}

/** Places have done their service, and would have to be copied to the other thread. */
function withRejected(
  chunk: JsonChunk,
  rejected: readonly RejectedRecord[],
): Pick<JsonChunk, 'rejected' | 'places'> {
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
