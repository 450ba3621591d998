/** Has a worker thread decode the body of a request, and says in words of HTTP what is wrong with it. */
import type { HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { IngestReply } from '#proto/api.ts'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import type { IngestDeps } from './ingest-stream.ts'
import type { BodyEncoding } from './json/inflate.ts'
import { runTask } from './run-task.ts'

/** One batch of a request, cut by input records and bytes alone. */
export interface RequestChunk {
  /** A LogBatch, with a buffer of its own. */
  readonly batch: Uint8Array
  readonly records: number
  readonly times: { readonly minUs: number; readonly maxUs: number } | null
  /** Number, in the request, of the first input record that belongs to it. */
  readonly firstIndex: number
  /** Of its input records those that were refused, by their number in the request. */
  readonly rejected: readonly { readonly index: number; readonly reason: string }[]
}

export interface DecodedRequest {
  readonly chunks: readonly RequestChunk[]
  readonly reply: IngestReply
}

/** What `decode-json` answers. */
export type DecodedJson =
  | ({ readonly type: 'decoded' } & DecodedRequest)
  | { readonly type: 'malformed'; readonly position: number; readonly reason: string }
  | { readonly type: 'damaged'; readonly reason: string }
  | { readonly type: 'too-large' }

const BUSY_RETRY_MS = 1_000

/** How the body is packed; other ways are answered 415. */
export function encodingOf(request: HttpRequest): BodyEncoding {
  const encoding = (request.header('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === 'gzip' || encoding === 'zstd') return encoding
  if (encoding === 'x-gzip') return 'gzip'
  const detail = `Content-Encoding ${encoding} is not taken: use gzip, zstd or none`
  throw new HttpProblem('LOGBOY_MEDIA_UNSUPPORTED', detail, {
    headers: [['accept-encoding', 'gzip, zstd, identity']],
  })
}

/** Throws the HttpProblem of a body that cannot be decoded. */
export async function decodeBody(
  body: Uint8Array<ArrayBuffer>,
  encoding: BodyEncoding,
  { pool, onFault }: Pick<IngestDeps, 'pool' | 'onFault'>,
): Promise<DecodedRequest> {
  const own = ownBuffer(body)
  const run = { transfer: [own.buffer] }
  const ran = await runTask<DecodedJson>('decode-json', {
    pool,
    input: { body: own, encoding },
    run,
    onFault,
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
    case 'malformed': {
      const detail = `not JSON at byte ${result.position}: ${result.reason}`
      throw new HttpProblem('LOGBOY_BAD_BODY', detail)
    }
    case 'damaged':
      throw new HttpProblem('LOGBOY_BAD_BODY', result.reason)
    case 'too-large': {
      const detail = `the body exceeds ${BODY_BYTES_MAX} bytes after inflation`
      throw new HttpProblem('LOGBOY_BODY_TOO_LARGE', detail)
    }
  }
}

/** Only a whole buffer can be handed to another thread; a driver's chunk may be a part of one. */
function ownBuffer(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}
