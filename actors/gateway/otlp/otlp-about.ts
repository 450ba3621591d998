/** What the door for OpenTelemetry's logs says of itself. */
import { z } from 'zod/v4'
import { PROBLEM_STATUS } from '#actors/http/problem-codes.ts'
import type { AnswerAbout, RouteAbout } from '#actors/http/route-about.ts'
import { CONTENT_ENCODING, SENDER_PROBLEMS, SIGNATURE_HEADERS } from '../ingest-about.ts'

const response = z
  .looseObject({
    partialSuccess: z
      .looseObject({ rejectedLogRecords: z.string(), errorMessage: z.string() })
      .partial()
      .optional(),
  })
  .meta({ id: 'OtlpLogsResponse', description: 'ExportLogsServiceResponse of OTLP.' })

const status = z
  .looseObject({
    code: z.number().int().describe('of gRPC'),
    message: z.string().describe('begins with a stable code, LOGBOY_…'),
    details: z.array(z.looseObject({ '@type': z.string() })),
  })
  .meta({ id: 'OtlpStatus', description: 'google.rpc.Status.' })

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The body is no request of OTLP.',
  401: 'There is no key, or it is good no longer.',
  403: 'The key has no scope `ingest`.',
  408: 'The body came too slowly.',
  409: 'A signed request that was received before.',
  413: 'The body, unpacked, is too large.',
  415: 'Neither protobuf nor JSON, or packed in a way that is not known.',
  429: 'Over quota: again after `Retry-After`.',
  503: 'Not now: again after `Retry-After`.',
}

/** The same statuses as at other doors, but 507, which clients of OTLP do not know. */
const STATUSES = [...SENDER_PROBLEMS.map(code => PROBLEM_STATUS[code]), 400, 415].filter(
  code => code in DESCRIPTIONS,
)

/** Of what else OpenTelemetry sends. */
export function refusedAbout(signal: string): RouteAbout {
  return {
    tag: 'ingest',
    summary: `Says that ${signal} are not taken over OTLP, only logs.`,
    who: 'anyone',
    answers: { 404: { description: 'Send them elsewhere.', schema: status } },
    problems: [],
  }
}

export const OTLP_ABOUT: RouteAbout = {
  tag: 'ingest',
  summary: 'Stores logs of OpenTelemetry (OTLP over HTTP); answered once they are on disk.',
  description:
    'In protobuf or JSON, and answered in the same; docs/otlp.md tells what becomes of which field.',
  who: 'sender',
  parameters: [...SIGNATURE_HEADERS, CONTENT_ENCODING],
  body: {
    required: true,
    content: {
      'application/json': z.looseObject({ resourceLogs: z.array(z.looseObject({})) }).partial(),
      'application/x-protobuf': z.string(),
    },
  },
  answers: {
    200: {
      description: 'Durable, but for records that `partialSuccess` tells of.',
      schema: response,
    },
    ...Object.fromEntries(
      STATUSES.map((code): [number, AnswerAbout] => [
        code,
        { description: DESCRIPTIONS[code] ?? '', schema: status },
      ]),
    ),
  },
  problems: [],
}
