/** Shapes of what the interface answers; the words for them are those of proto/api.ts. */
import { z } from 'zod/v4'
import { PROBLEM_STATUS } from '#actors/http/problem-codes.ts'
import { LEVELS } from '#proto/api.ts'

const count = z.number().int().min(0)
export const time = z.string().describe('RFC 3339 in UTC')
const counts = z.record(z.string(), count)
export const byLevel = z
  .strictObject(Object.fromEntries(LEVELS.map(level => [level, count.optional()])))
  .describe('rows of each level that has some')

export const row = z
  .strictObject({
    time: z.string().describe('RFC 3339 in UTC, with as many digits as the time has: 3, 6 or 9'),
    level: z.enum(LEVELS),
    severity_text: z.string().optional().describe('the level as written, where it is another word'),
    service: z.string(),
    host: z.string(),
    message: z.string(),
    trace_id: z.string().nullable(),
    span_id: z.string().nullable(),
    attributes: z
      .record(z.string(), z.unknown())
      .describe('flat, with dotted names; integers over 2^53 are strings'),
    ingested_at: time,
    file: z.string(),
    pattern_id: z.string().nullable(),
    id: z.string().describe('28 characters; of one producer they sort in order'),
    flags: z
      .array(z.enum(['level_inferred', 'level_defaulted', 'time_missing', 'time_clamped']))
      .optional()
      .describe('what was decided for the row'),
  })
  .meta({ id: 'Row', description: 'One log.' })

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(PROBLEM_STATUS)).describe('stable; compare this'),
    detail: z.string().describe('for people'),
    position: z.number().int().optional().describe('LOGBOY_BAD_QUERY: where, in UTF-16 units'),
    length: z.number().int().optional(),
    expected: z.string().optional(),
    suggestion: z.string().nullable().optional().describe('what could be written instead'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' })

export const bar = z
  .strictObject({ time, counts: byLevel })
  .meta({ id: 'HistogramBar', description: 'Rows from `time` on, one interval wide.' })

export const hints = z.array(z.string()).optional().describe('why the answer may be empty')

export const searchReply = z.strictObject({
  logs: z.array(row),
  total: count.nullable().describe('null where it was not asked for'),
  aggregations: z.strictObject({
    by_level: byLevel,
    by_service: counts,
    histogram: z.array(bar),
    interval: z.number().describe('width of a bar in seconds'),
  }),
  aggregate: z.array(z.strictObject({ key: z.string(), value: z.number().nullable() })).optional(),
  table: z
    .strictObject({
      columns: z.array(
        z.strictObject({
          name: z.string(),
          type: z.enum(['text', 'level', 'time', 'number', 'json']),
        }),
      ),
      rows: z.array(z.array(z.unknown())).describe('one value a column; null where there is none'),
      truncated: z.boolean().describe('rows behind the last one were left out'),
    })
    .meta({ id: 'Table', description: 'What stages behind a bar make of logs.' })
    .optional(),
  next_cursor: z.string().nullable().describe('hand it back as `cursor` for the next page'),
  hints,
  explain: counts.describe('what was read for it'),
  query_time_ms: z.number(),
  tail_token: z.string().describe('a live tail goes on from here, without gap or repeat'),
})

export const project = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    created_at: time,
    retention_days: count.describe('0 = for ever'),
    records_per_second: count.describe('quota; 0 = none'),
    bytes_per_second: count.describe('quota; 0 = none'),
    time_zone: z.string().describe('of times that name none'),
  })
  .meta({ id: 'Project' })

/** What a person calls a thing. */
export const nameText = z.string().trim().min(1, 'expected a name').max(100)
export const quota = z.number().int().min(0).max(1e12)

export const key = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    kind: z.enum(['bearer', 'signing']),
    scopes: z.array(z.enum(['ingest', 'read'])),
    created_at: time,
    expires_at: time.nullable(),
    last_used_at: time.nullable(),
    revoked_at: time.nullable(),
    records_per_second: count.describe('limit of the key; 0 = only that of the project'),
    bytes_per_second: count,
  })
  .meta({ id: 'Key' })

export const account = z
  .strictObject({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    administrator: z.boolean().describe('of the installation: may do everything'),
    created_at: time,
    last_sign_in_at: time.nullable(),
    disabled_at: time.nullable(),
  })
  .meta({ id: 'Account' })

/** What every part of the server says of itself: not a contract. */
export const observed = z.record(z.string(), z.unknown())
