/** How columns become values. */
import { sql } from 'slonik'
import { z } from 'zod'
import { formatTime } from '#proto/time.ts'

/** PostgreSQL's bigint; ours are microseconds, quotas and counters, far below 2^53. */
export const int8 = z.bigint().transform(Number)
/** Microseconds as people are told them. */
export const timeText = z.bigint().transform(us => formatTime(Number(us), 0))

/** Bytes as a value of a statement. */
export function bytea(bytes: Uint8Array) {
  return sql.binary(Buffer.from(bytes))
}
