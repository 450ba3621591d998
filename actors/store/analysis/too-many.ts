import { ANALYSIS_GROUPS_MAX } from '#proto/limits.ts'
import { tooMuchMemory } from '../query-memory.ts'
import { StoreError } from '../store-error.ts'
import type { Excess } from './groups.ts'
import type { GroupsWanted } from './groups-wanted.ts'

/** More groups than can be held, or more memory than they may take. */
export function tooManyGroups(excess: Excess, { bytesMax }: GroupsWanted): StoreError {
  if (excess === 'bytes') return tooMuchMemory('groups', bytesMax)
  const message =
    `there are more than ${ANALYSIS_GROUPS_MAX} groups or different values: ` +
    'ask about less time or fewer logs, or group by fields with fewer values'
  return new StoreError('LOGBOY_QUERY_TOO_DEAR', message)
}
