/** Has a worker thread decode a body, and says in words of HTTP what is wrong with it. */
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import type { RunOptions } from '#runtime/index.ts'
import type { IngestDeps } from './ingest-stream.ts'
import type { DecodeBySchema } from './json/decode-by-schema.ts'
import type { DecodedJson, DecodeInput } from './json/decode-json.ts'
import { BODY_ENCODINGS, type BodyEncoding } from './json/inflate.ts'
import type { DecodedOtlp, DecodeOtlp } from './otlp/decode-otlp.ts'
import type { DecodeOtlpBySchema } from './otlp/decode-otlp-by-schema.ts'
import { runTask } from './run-task.ts'

const BUSY_RETRY_MS = 1_000

/** How the body is packed; other ways are answered 415. */
export function encodingOf(request: HttpRequest): BodyEncoding {
  const named = (request.header('content-encoding') ?? 'identity').trim().toLowerCase()
  const encoding = named === 'x-gzip' ? 'gzip' : named
  const known = BODY_ENCODINGS.find(name => name === encoding)
  if (known !== undefined) return known
  const detail = `Content-Encoding ${named} is not taken: use gzip, zstd, deflate, br or none`
  throw new HttpProblem('LOGBOY_MEDIA_UNSUPPORTED', detail, {
    headers: [['accept-encoding', BODY_ENCODINGS.join(', ')]],
  })
}

/** What a body is written in: records as JSON, or a request of OpenTelemetry. */
export type BodyFormat = 'json' | 'otlp' | 'otlp-json'

/** A request that can be stored; `bodySha256` is null unless it was asked for. */
export type DecodedRequest = Extract<DecodedJson, { type: 'decoded' }>

export interface DecodeBodyOptions {
  readonly format: BodyFormat
  readonly encoding: BodyEncoding
  readonly hash: boolean
  readonly timeZone: string
  /** JSON Schema that records have to fit; null = none. */
  readonly recordSchema: string | null
  /** Told what of a body that is no JSON a dead letter can keep. */
  readonly refused: (bytes: Uint8Array, reason: string) => void
  readonly pool: IngestDeps['pool']
  readonly onFault: IngestDeps['onFault']
}

/** Throws the HttpProblem of a body that cannot be decoded. */
export async function decodeBody(
  body: Uint8Array<ArrayBuffer>,
  options: DecodeBodyOptions,
): Promise<DecodedRequest> {
  const { refused } = options
  const ran = await runTask<DecodedJson | DecodedOtlp>(taskOf(options), {
    ...inputOf(body, options),
    ...options,
  })
  if (ran.type === 'busy') {
    throw new HttpProblem('LOGBOY_OVERLOADED', 'too many requests wait to be decoded', {
      retryAfterMs: BUSY_RETRY_MS,
    })
  }
  if (ran.type === 'failed') {
    throw new HttpProblem('LOGBOY_INTERNAL', 'the server failed to decode this')
  }
  const { result } = ran
  switch (result.type) {
    case 'decoded':
      return result
    case 'not-json': {
      const detail = `not JSON at byte ${result.position}: ${result.reason}`
      if (result.refused !== null) refused(result.refused, detail)
      throw new HttpProblem('LOGBOY_BAD_BODY', detail)
    }
    case 'malformed':
    case 'damaged':
      throw new HttpProblem('LOGBOY_BAD_BODY', result.reason)
    case 'too-large': {
      const detail = `the body exceeds ${BODY_BYTES_MAX} bytes after inflation`
      throw new HttpProblem('LOGBOY_BODY_TOO_LARGE', detail)
    }
  }
}

/** Threads load a judge of schemas only by the tasks of projects that have one. */
function taskOf({ format, recordSchema }: DecodeBodyOptions): string {
  if (format === 'json') return recordSchema === null ? 'decode-json' : 'decode-by-schema'
  return recordSchema === null ? 'decode-otlp' : 'decode-otlp-by-schema'
}

type Input = DecodeInput | DecodeBySchema | DecodeOtlp | DecodeOtlpBySchema

function inputOf(
  body: Uint8Array<ArrayBuffer>,
  { format, recordSchema, encoding, hash, timeZone }: DecodeBodyOptions,
): { readonly input: Input; readonly run: RunOptions } {
  const buffer = ownBuffer(body)
  const json = { body: buffer, encoding, hash, timeZone }
  const plain = format === 'json' ? json : { ...json, isJson: format === 'otlp-json' }
  const input = recordSchema === null ? plain : { ...plain, recordSchema }
  return { input, run: { transfer: [buffer] } }
}

/** Only a whole buffer can be handed to another thread; a driver's chunk may be a part of one. */
function ownBuffer({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const isWhole = byteLength === buffer.byteLength
  return isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
}
