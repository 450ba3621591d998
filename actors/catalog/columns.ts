/** How columns become values. */
import { z } from 'zod'

/** PostgreSQL's bigint; ours are microseconds, quotas and counters, far below 2^53. */
export const int8 = z.bigint().transform(Number)
