/** Places at the two ends of the log, for readers that have none of their own or lost it. */
import type { CommitLog } from '#actors/commit-log/commit-log.ts'
import { behindPlace, placeAt, placeOf, type TailPlace } from './tail-place.ts'

export interface Edges {
  readonly log: Pick<CommitLog, 'start' | 'end'>
  readonly projectId: string
  readonly nowUs: number
}

/** For a reader that wants what comes from now on. */
export function endOf({ log, projectId, nowUs }: Edges): TailPlace {
  return placeAt(log.end(projectId), nowUs)
}

/**
 * For a reader that has seen `place`, which the log no longer reaches: where it can be read again.
 * When nothing of it is left, that is now.
 */
export function startFor(place: TailPlace, { log, projectId, nowUs }: Edges): TailPlace {
  const { positions, receivedAtUs } = log.start(projectId)
  const isEmpty = positions.coversAll(log.end(projectId))
  return behindPlace(place, { positions, receivedAtUs: isEmpty ? nowUs + 1 : receivedAtUs })
}

/** For a token of another log: nothing of it can be trusted, so all until now is told as a gap. */
export function nowOf({ log, projectId, nowUs }: Edges): TailPlace {
  return placeOf({ positions: log.end(projectId), receivedAtUs: nowUs })
}
