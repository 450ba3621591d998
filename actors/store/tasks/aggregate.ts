/** Task: one number per group out of the values that scans collected. */
import type { AggregateRequest } from '#proto/api.ts'
import { type AggregateValue, aggregateGroups } from '../aggregate.ts'
import type { ValueGroups } from '../values.ts'

export interface AggregateInput {
  readonly request: AggregateRequest
  readonly parts: readonly ValueGroups[]
}

export function aggregate({ request, parts }: AggregateInput): AggregateValue[] {
  return aggregateGroups(request, parts)
}
