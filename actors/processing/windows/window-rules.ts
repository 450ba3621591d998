/** The alert rules of a project as worker threads get them: packed once, not with every batch. */
import { type AlertRule, measuredBy } from '#proto/alert-rule.ts'
import type { PartKind } from './window-part.ts'

/** What has to be known of a rule to tell the rows of its windows. */
export type WindowRule = Pick<
  AlertRule,
  'query' | 'aggregate' | 'windowS' | 'by' | 'groupsMax' | 'latenessS'
>

/** Batches stamped in one order may be committed in another; windows wait that long for them. */
const SETTLE_US = 500_000
/** And close so long before the lateness allowance ends: what they say is told within it. */
const TELL_US = 100_000
const SECOND_US = 1_000_000

/** For so long after the end of a window its rows may be received (µs). */
export function receivedWithinUs({ latenessS }: Pick<AlertRule, 'latenessS'>): number {
  return Math.max(latenessS * SECOND_US - SETTLE_US - TELL_US, 0)
}

/** So long after its end a window closes (µs). */
export function closesAfterUs(rule: Pick<AlertRule, 'latenessS'>): number {
  return receivedWithinUs(rule) + SETTLE_US
}

export interface PackedRules {
  /** Equal for equal rules. */
  readonly key: string
  /** JSON of the rules, which no thread copies before it has to. */
  readonly text: SharedArrayBuffer
}

export function packRules(key: string, rules: readonly WindowRule[]): PackedRules {
  const needed = rules.map(({ query, aggregate, windowS, by, groupsMax, latenessS }) => {
    return { query, aggregate, windowS, by, groupsMax, latenessS }
  })
  const bytes = Buffer.from(JSON.stringify(needed))
  const text = new SharedArrayBuffer(bytes.length)
  new Uint8Array(text).set(bytes)
  return { key, text }
}

export function unpackRules({ text }: PackedRules): WindowRule[] {
  return JSON.parse(Buffer.from(new Uint8Array(text)).toString()) as WindowRule[]
}

export function partKindOf({ aggregate }: Pick<AlertRule, 'aggregate'>): PartKind {
  const measured = measuredBy(aggregate)
  const { fn } = measured
  if (fn === 'ratio') return 'share'
  if (fn === 'distinct') return 'distinct'
  if (/^p\d/.test(fn)) return 'quantiles'
  return 'metric' in measured || 'field' in measured ? 'numbers' : 'rows'
}
