/** Shapes of rules, states and history of alerts, as REST tells them. */
import { z } from 'zod/v4'
import { RECENT_SAMPLES_MIN } from '#actors/alerts/baseline.ts'
import { faultText } from '#actors/alerts/stored-rules.ts'
import type { StoredAlertRule, WarmUp } from '#actors/catalog/alert-rules.ts'
import type { HistoryEntry, StoredState } from '#actors/catalog/alert-states.ts'
import type { AlertChange } from '#proto/alert-change.ts'
import { ALERT_SEVERITIES, type AlertRuleText, printAlertRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { formatTime } from '#proto/time.ts'
import { time } from './shapes.ts'

export const ruleText = z
  .looseObject({
    name: z.string(),
    enabled: z.boolean().optional(),
    query: z.string().optional().describe('the query language, without stages'),
    aggregate: z
      .string()
      .optional()
      .describe(
        'count, rate, change, absence, new_pattern, vanished_pattern, ratio(QUERY), distinct(FIELD), p95(FIELD) …, anomaly(AGGREGATE)',
      ),
    metric: z.string().optional().describe('name of a metric of the SDK'),
    window: z.string().optional().describe('10s to 1d'),
    condition: z.string().optional().describe('as in > 20'),
    resolve: z.number().optional(),
    by: z.array(z.string()).optional(),
    groups_max: z.number().optional(),
    for: z.string().optional(),
    keep_firing_for: z.string().optional(),
    lateness: z.string().optional(),
    severity: z.enum(ALERT_SEVERITIES).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    runbook: z.string().optional(),
  })
  .meta({ id: 'AlertRule', description: 'As in files; see docs/alert-rules.md.' })

export const warmUp = z
  .strictObject({
    samples: z.number().int().describe('of the group that has most'),
    needed: z.number().int(),
    groups: z.number().int(),
    warming: z.number().int().describe('groups that are not judged yet'),
  })
  .nullable()
  .describe('of an anomaly: what is usual is not known of all groups yet; null = it is')

export const storedRule = z
  .strictObject({
    id: z.string(),
    rule: ruleText,
    version: z.number().int().describe('rises with every change'),
    created_at: time,
    updated_at: time,
    updated_by: z.string(),
    fault: z.string().nullable().describe('why it is not evaluated; null = it is'),
    warm_up: warmUp,
    uncounted: z
      .strictObject({
        late: z.number().int().describe('came after their window and the lateness allowance'),
        left_out: z.number().int().describe('of groups beyond the cap'),
      })
      .nullable()
      .describe('rows that did not count since the rule was changed; null = all did'),
  })
  .meta({ id: 'StoredAlertRule' })

const group = z.record(z.string(), z.string().nullable()).describe('fields and values of the group')
const status = z.enum(['ok', 'pending', 'firing', 'no_data'])
export const activeAlert = z
  .strictObject({
    id: z.number().int(),
    rule_id: z.string(),
    rule: z.string(),
    severity: z.enum(ALERT_SEVERITIES),
    group,
    status,
    value: z.number().nullable(),
    silenced_by: z.string().nullable().describe('id of the silence that keeps people from it'),
    since: time,
    window_end: time.describe('end of the window that said so'),
    acknowledged_by: z.string().nullable(),
    acknowledged_at: time.nullable(),
    note: z.string().nullable(),
  })
  .meta({ id: 'ActiveAlert', description: 'A group of a rule that is anything but ok.' })

export const alertChange = z
  .strictObject({
    id: z.number().int(),
    at: time,
    rule_id: z.string(),
    rule: z.string(),
    severity: z.string(),
    condition: z.string(),
    group,
    from: status,
    to: status.describe('the same as `from`: somebody acknowledged it'),
    value: z.number().nullable(),
    window_end: time,
    actor: z.string().nullable().describe('who did it; null = the logs'),
    note: z.string().nullable(),
  })
  .meta({ id: 'AlertChange' })

export function toldRule(stored: StoredAlertRule): z.input<typeof storedRule> {
  const parsed = parseAlertRule(stored.rule)
  return {
    id: stored.id,
    rule: textOf(stored),
    version: stored.version,
    created_at: formatTime(stored.createdAtUs),
    updated_at: formatTime(stored.updatedAtUs),
    updated_by: stored.updatedBy,
    fault: parsed.type === 'faults' ? faultText(parsed) : stored.fault,
    warm_up:
      parsed.type === 'rule' && parsed.rule.enabled && parsed.rule.aggregate.fn === 'anomaly'
        ? toldWarmUp(stored.warmUp ?? UNSEEN)
        : null,
    uncounted:
      stored.uncounted === null
        ? null
        : { late: stored.uncounted.late, left_out: stored.uncounted.leftOut },
  }
}

/** Of a rule that has just been made. */
const UNSEEN: WarmUp = { samples: 0, needed: RECENT_SAMPLES_MIN, groups: 0, warming: 0 }

export function toldWarmUp(warmUp: WarmUp): WarmUp | null {
  return warmUp.groups > 0 && warmUp.warming === 0 ? null : warmUp
}

/** In the order of all rules, which the catalog does not keep. */
export function textOf({
  rule,
}: StoredAlertRule): Omit<AlertRuleText, 'by'> & { readonly by?: string[] } {
  const parsed = parseAlertRule(rule)
  const { by, ...text } = parsed.type === 'rule' ? printAlertRule(parsed.rule) : rule
  return by === undefined ? text : { ...text, by: [...by] }
}

export function toldChange(entry: HistoryEntry): z.input<typeof alertChange> & AlertChange {
  const { about } = entry
  return {
    id: entry.id,
    at: formatTime(entry.atUs),
    rule_id: entry.ruleId,
    rule: about.rule,
    severity: about.severity,
    condition: about.condition,
    group: about.group,
    from: entry.from,
    to: entry.to,
    value: entry.value,
    window_end: formatTime(entry.windowEndUs),
    actor: entry.actor,
    note: entry.note,
  }
}

export function toldTimes(state: StoredState) {
  const at = state.acknowledgedAtUs
  return {
    since: formatTime(state.sinceUs),
    window_end: formatTime(state.windowEndUs),
    acknowledged_by: state.acknowledgedBy,
    acknowledged_at: at === null ? null : formatTime(at),
    note: state.note,
  }
}
