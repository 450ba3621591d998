/** What a consumer does with one partition that it was given. */
import type { Claim } from '#actors/catalog/checkpoints.ts'
import type { Consumer } from '#actors/commit-log/commit-log.ts'
import type { Position } from '#actors/commit-log/positions.ts'
import { WARM_UP_RECORDS } from './kafka-follower.ts'
import type { LogEnds } from './log-ends.ts'
import { PartitionAdmission } from './partition-admission.ts'

export interface PartitionTask {
  readonly partition: number
  fence: number
  admission: PartitionAdmission
  /** What lies before is admitted, not delivered. */
  deliverAfter: Position
  /** Deliveries have ended up to here. */
  delivered: Position
  saved: Position
  saveAfterMs: number
  saving: boolean
}

/** Where a group began is saved before anything else, so that whoever goes on begins there. */
const NEVER_SAVED = -1

/** `passed`: what the consumer said that it will never need again. */
export function taskOf(
  { partition, fence, position, state }: Claim,
  passed: Position,
  begins: Beginnings,
): PartitionTask {
  const first =
    position === null ? beginning(partition, begins) : { from: position, after: position }
  const deliverAfter = Math.max(first.after, passed)
  return {
    partition,
    fence,
    admission: new PartitionAdmission(first.from, state),
    deliverAfter,
    delivered: deliverAfter,
    saved: position ?? NEVER_SAVED,
    saveAfterMs: 0,
    saving: false,
  }
}

interface Beginnings {
  readonly consumer: Pick<Consumer, 'begins'>
  readonly ends: Pick<LogEnds, 'start' | 'end'>
}

/** Where a group that never was reads from, and behind what it is given something. */
function beginning(
  partition: number,
  { consumer, ends }: Beginnings,
): { readonly from: Position; readonly after: Position } {
  if (consumer.begins !== 'end') return { from: 0, after: 0 }
  const end = ends.end(partition)
  return { from: Math.max(ends.start(partition), end - WARM_UP_RECORDS), after: end }
}
