/** Takes a project over from whoever evaluated it, with what that one had come to. */
import { ALERT_GROUP, ALERT_PARTITION } from '#actors/catalog/alert-states.ts'
import type { Checkpoints } from '#actors/catalog/checkpoints.ts'
import { decodeSnapshot, encodeSnapshot, type WindowSnapshot } from './window-snapshot.ts'

export interface WindowClaimDeps {
  readonly checkpoints: Pick<Checkpoints, 'claim' | 'save'>
  readonly projectId: string
  /** Snapshots of another log say nothing about where to read on. */
  readonly logName: () => string
}

/** What somebody evaluates a project under. */
export interface WindowClaim {
  readonly fence: number
  /** As the log was called then: what was read of it must not pass for read of another. */
  readonly logName: string
}

/** `owner` was never used before: what is under way of its former claims is refused, too. */
export async function claimWindows(
  { checkpoints, projectId, logName: nameNow }: WindowClaimDeps,
  owner: string,
): Promise<WindowClaim & { readonly snapshot: WindowSnapshot | null }> {
  const logName = nameNow()
  const [claim] = await checkpoints.claim(ALERT_GROUP, projectId, [ALERT_PARTITION], owner)
  if (claim === undefined) throw new Error(`no checkpoint of project ${projectId}`)
  return { fence: claim.fence, logName, snapshot: decodeSnapshot(claim, logName) }
}

/** false = somebody else evaluates the project now. */
export function saveWindows(
  { checkpoints, projectId }: Omit<WindowClaimDeps, 'logName'>,
  { fence, logName }: WindowClaim,
  snapshot: Parameters<typeof encodeSnapshot>[1],
): Promise<boolean> {
  const place = { group: ALERT_GROUP, topic: projectId, partition: ALERT_PARTITION }
  return checkpoints.save({ ...place, fence, ...encodeSnapshot(logName, snapshot) })
}
