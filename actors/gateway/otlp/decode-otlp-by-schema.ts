/** The decoding of a request of OpenTelemetry for a project with a JSON Schema. */
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'
import { recordLines } from '#actors/processing/record-lines.ts'
import type { Transferred } from '#runtime/threads.ts'
import { judgeRecords, type MisfitKeeper } from '../json/decode-by-schema.ts'
import { decodeWith } from '../json/decode-json.ts'
import { type DecodedOtlp, type DecodeOtlp, requestOf } from './decode-otlp.ts'

export interface DecodeOtlpBySchema extends DecodeOtlp {
  readonly recordSchema: string
}

export function decodeOtlpBySchema(input: DecodeOtlpBySchema): Transferred<DecodedOtlp> {
  return decodeWith(input, bytes => {
    const decoded = requestOf(bytes, input.isJson, { keepPlaces: true })
    if (decoded.type !== 'decoded') return decoded
    return judgeRecords(decoded, input.recordSchema, linesOfMisfits())
  })
}

/** As JSON: what they were is no text. */
function linesOfMisfits(): MisfitKeeper {
  const lines: Uint8Array[] = []
  let bytes = 0
  return {
    add({ columns, row }) {
      const line = recordLines(columns, [row], LETTER_BYTES_MAX - bytes)
      if (line === null) return
      lines.push(line)
      bytes += line.length
    },
    bytes: () => (lines.length === 0 ? null : new Uint8Array(Buffer.concat(lines))),
  }
}
