/** What the doors for logs over HTTP say of themselves. */
import { z } from 'zod/v4'
import type { ProblemCode } from '#actors/http/problem-codes.ts'
import type { ParameterAbout, RouteAbout } from '#actors/http/route-about.ts'

export const SENDER_PROBLEMS: readonly ProblemCode[] = [
  'LOGBOY_KEY_MISSING',
  'LOGBOY_KEY_UNKNOWN',
  'LOGBOY_KEY_REVOKED',
  'LOGBOY_KEY_EXPIRED',
  'LOGBOY_SCOPE_MISSING',
  'LOGBOY_SIGNATURE_INVALID',
  'LOGBOY_SIGNATURE_EXPIRED',
  'LOGBOY_SIGNATURE_USED',
  'LOGBOY_BAD_HEADER',
  'LOGBOY_BODY_TOO_LARGE',
  'LOGBOY_BODY_TOO_SLOW',
  'LOGBOY_OVER_QUOTA',
  'LOGBOY_OVERLOADED',
  'LOGBOY_LOG_AWAY',
  'LOGBOY_STOPPING',
  'LOGBOY_CATALOG_AWAY',
  'LOGBOY_DISK_FULL',
]

/** In place of a key, see docs/signed-ingest.md. */
export const SIGNATURE_HEADERS: readonly ParameterAbout[] = [
  { name: 'Logboy-Key-Id', description: 'id of a signing key, in place of Authorization' },
  { name: 'Logboy-Timestamp', description: 'seconds since 1970' },
  {
    name: 'Logboy-Signature',
    description: 'v1=hex(hmac_sha256(secret, timestamp.body)), the body as it is sent',
  },
].map(about => ({ in: 'header', required: false, ...about }))

const logRecord = z
  .looseObject({
    time: z.union([z.string(), z.number()]).optional(),
    level: z.union([z.string(), z.number()]).optional(),
    message: z.string().optional(),
    service: z.string().optional(),
    host: z.string().optional(),
    file: z.string().optional(),
    trace_id: z.string().optional(),
    span_id: z.string().optional(),
  })
  .meta({ id: 'LogRecord', description: 'Every other member is an attribute.' })

const rejected = z.strictObject({ index: z.number().int(), reason: z.string() })

export const CONTENT_ENCODING: ParameterAbout = {
  in: 'header',
  name: 'Content-Encoding',
  description: 'gzip, zstd, deflate or br',
  required: false,
}

export const INGEST_ABOUT: RouteAbout = {
  tag: 'ingest',
  summary: 'Stores logs; answered once they are on disk.',
  who: 'sender',
  parameters: [
    {
      in: 'header',
      name: 'Idempotency-Key',
      description: 'the same key and body within 24 hours is stored once',
      required: false,
    },
    ...SIGNATURE_HEADERS,
    CONTENT_ENCODING,
  ],
  body: {
    required: true,
    content: {
      'application/json': z.union([logRecord, z.array(logRecord)]),
      'application/x-ndjson': z.string(),
    },
  },
  answers: {
    200: {
      description: 'Durable, but for the records that are named.',
      schema: z.strictObject({
        accepted: z.number().int(),
        rejected: z.array(rejected),
        rejected_more: z.number().int().optional().describe('rejected beyond those told'),
      }),
    },
  },
  problems: [
    ...SENDER_PROBLEMS,
    'LOGBOY_BAD_BODY',
    'LOGBOY_MEDIA_UNSUPPORTED',
    'LOGBOY_KEY_REUSED',
    'LOGBOY_TOO_MANY_KEYS',
  ],
}

export const INGEST_BATCH_ABOUT: RouteAbout = {
  tag: 'ingest',
  summary: 'One columnar batch of an SDK that cannot use the stream.',
  description:
    'The body is a LogBatch as proto/logboy/v1/log_batch.proto has it. Refusals that concern the ' +
    'order of batches are JSON of this route, with the status that fits.',
  who: 'sender',
  parameters: [
    ...SIGNATURE_HEADERS,
    ...['Producer', 'Epoch', 'Sequence', 'First-Unacked', 'Schema'].map(name => ({
      in: 'header' as const,
      name: `Logboy-${name}`,
      description: 'a whole number, as the stream has it',
      required: true,
    })),
  ],
  body: { required: true, content: { 'application/octet-stream': z.string() } },
  answers: {
    200: { description: 'Acknowledged, or rejected as a whole.', schema: z.looseObject({}) },
    409: { description: 'Out of turn, or the epoch has expired.', schema: z.looseObject({}) },
  },
  problems: SENDER_PROBLEMS,
}
