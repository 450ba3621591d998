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

/** A group that began at the end saves that before anything else: whoever goes on begins there. */
const NEVER_SAVED = -1

/** `passed`: what the consumer said that it will never need again. */
export function taskOf(
  { partition, fence, position, state }: Claim,
  passed: Position,
  begins: Beginnings,
): PartitionTask {
  const first = position === null ? beginning(partition, begins) : at(position)
  const deliverAfter = Math.max(first.after, passed)
  return {
    partition,
    fence,
    admission: new PartitionAdmission(first.from, state),
    deliverAfter,
    delivered: deliverAfter,
    saved: first.saved,
    saveAfterMs: 0,
    saving: false,
  }
}

interface Beginnings {
  readonly consumer: Pick<Consumer, 'begins'>
  readonly ends: Pick<LogEnds, 'start' | 'end'>
}

interface Beginning {
  readonly from: Position
  /** Behind what something is delivered. */
  readonly after: Position
  readonly saved: Position
}

function at(position: Position): Beginning {
  return { from: position, after: position, saved: position }
}

/** Where a group that never was reads from. */
function beginning(partition: number, { consumer, ends }: Beginnings): Beginning {
  if (consumer.begins !== 'end') return at(0)
  const end = ends.end(partition)
  const from = Math.max(ends.start(partition), end - WARM_UP_RECORDS)
  return { from, after: end, saved: NEVER_SAVED }
}
