import { ANALYSIS_GROUPS_MAX } from '#proto/limits.ts'
import { StoreError } from '../store-error.ts'

/** More groups than can be held, or longer ones. */
export function tooManyGroups(): StoreError {
  const message =
    `there are more than ${ANALYSIS_GROUPS_MAX} groups or different values, or very long ones: ` +
    'ask about less time or fewer logs, or group by fields with fewer values'
  return new StoreError('LOGBOY_QUERY_TOO_DEAR', message)
}
