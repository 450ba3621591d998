/** Shapes of channels and deliveries, as REST takes and tells them. */
import { z } from 'zod/v4'
import type { ChannelDelivery, StoredChannel } from '#actors/catalog/alert-channels.ts'
import { channelSettings } from '#actors/notifications/channel-settings.ts'
import {
  BODY_TEMPLATE_CHARS_MAX,
  parseTemplate,
  TITLE_TEMPLATE_CHARS_MAX,
} from '#actors/notifications/message-template.ts'
import {
  type AlertChannel,
  type AlertDelivery,
  CHANNEL_KINDS,
  DELIVERY_OUTCOMES,
} from '#proto/alert-channel.ts'
import { ALERT_SEVERITIES } from '#proto/alert-rule.ts'
import {
  PACING_DEFAULTS,
  PACING_LABELS_MAX,
  type PacingTime,
  pacingTimeFault,
  printPacing,
  readPacing,
} from '#proto/channel-pacing.ts'
import { formatTime } from '#proto/time.ts'
import { projectInBody } from './endpoint.ts'
import { versionRead } from './expected.ts'
import { time } from './shapes.ts'

const LABELS_MAX = 20
const LABEL_CHARS_MAX = 100

const labels = z
  .record(z.string().min(1).max(LABEL_CHARS_MAX), z.string().max(1_000))
  .refine(all => Object.keys(all).length <= LABELS_MAX, `at most ${LABELS_MAX} labels`)
/** One of the times of a pacing. */
function duration(name: PacingTime, description: string) {
  return z
    .string()
    .max(20)
    .check(ctx => {
      const fault = pacingTimeFault(name, ctx.value)
      if (fault !== null) ctx.issues.push({ code: 'custom', message: fault, input: ctx.value })
    })
    .default(TIMES[name])
    .describe(description)
}
function templateText(charsMax: number) {
  return z
    .string()
    .max(charsMax)
    .check(ctx => {
      const parsed = parseTemplate(ctx.value)
      if (parsed.type === 'template') return
      const { message, position, expected, suggestion } = parsed.fault
      const idea = suggestion === null ? '' : `; did you mean ${suggestion}`
      const told = `${message} at ${position}; expected ${expected}${idea}`
      ctx.issues.push({ code: 'custom', message: told, input: ctx.value })
    })
    .default('')
}

const { group_by: groupBy, ...TIMES } = printPacing(PACING_DEFAULTS)
const pacing = z
  .strictObject({
    group_by: z
      .array(z.string().min(1).max(LABEL_CHARS_MAX))
      .max(PACING_LABELS_MAX)
      .default([...groupBy])
      .describe(
        'what alerts of one message have in common: `alertname` (the rule), `severity`, labels, ' +
          'fields; none = all together; `...` = each alone',
      ),
    wait: duration('wait', 'how long the first alert of a message waits for others'),
    interval: duration('interval', 'how long nothing is told after a message of the group'),
    repeat: duration('repeat', 'told again so often while it fires unacknowledged; `0s` = never'),
    cooldown: duration('cooldown', 'how long after word of an alert it is not told to fire anew'),
  })
  .meta({ id: 'ChannelPacing' })
const template = z
  .strictObject({
    title: templateText(TITLE_TEMPLATE_CHARS_MAX).describe('one line, as in {{state}}: {{rule}}'),
    body: templateText(BODY_TEMPLATE_CHARS_MAX),
  })
  .meta({ id: 'ChannelTemplate', description: 'What messages say; "" = as they come.' })
const about = {
  name: z.string().trim().min(1).max(100),
  enabled: z.boolean().default(true),
  severity: z.enum(ALERT_SEVERITIES).default('info').describe('told from this one on'),
  labels: labels.default({}).describe('a rule must have all of them'),
  pacing: pacing.prefault({}),
  template: template.prefault({}),
}
export const newChannel = z.strictObject({
  project: projectInBody,
  ...about,
  settings: channelSettings,
})
export const changedChannel = z.strictObject({
  project: projectInBody,
  ...about,
  settings: channelSettings.optional().describe('of the same kind; they stay unless given'),
  version: versionRead,
})
export const channel = z
  .strictObject({
    id: z.string(),
    kind: z.enum(CHANNEL_KINDS),
    target: z.string().describe('where it leads, without what is secret'),
    name: z.string(),
    enabled: z.boolean(),
    severity: z.enum(ALERT_SEVERITIES),
    labels: z.record(z.string(), z.string()),
    pacing,
    template,
    created_at: time,
    updated_at: time,
    version: z.number().int().describe('rises with every change'),
  })
  .meta({ id: 'AlertChannel' })
export const channelCreated = channel.extend({
  secret: z.string().optional().describe('that a webhook is signed with; told this once'),
})
export const delivery = z
  .strictObject({
    id: z.string(),
    at: time,
    attempt: z.number(),
    outcome: z.enum(DELIVERY_OUTCOMES),
    status: z.number().nullable(),
    answer: z.string(),
    took_ms: z.number(),
    changes: z.array(z.string()),
    possibly_repeated: z.boolean(),
    reminder: z.boolean().describe('that something still fires'),
  })
  .meta({ id: 'AlertDelivery' })

/** What people say of a channel, as it is kept. */
export function aboutOf(body: Omit<z.output<typeof changedChannel>, 'version'>) {
  const { name, enabled, severity, labels: wanted, template: wish } = body
  const told = { name, enabled, severity, labels: wanted, template: wish }
  return { ...told, pacing: readPacing(body.pacing) }
}

export function toldChannel(stored: StoredChannel): AlertChannel {
  const { id, kind, target, name, enabled, severity, labels: wanted } = stored
  return {
    id,
    kind,
    target,
    name,
    enabled,
    severity,
    labels: wanted,
    pacing: printPacing(stored.pacing),
    template: stored.template,
    created_at: formatTime(stored.createdAtUs, 0),
    updated_at: formatTime(stored.updatedAtUs, 0),
    version: stored.version,
  }
}

export function toldDelivery(came: ChannelDelivery): AlertDelivery {
  const { id, atUs, attempt, outcome, status, answer, tookMs, changes, isRepeatPossible } = came
  return {
    id,
    attempt,
    outcome,
    status,
    answer,
    at: formatTime(atUs, 0),
    took_ms: tookMs,
    changes: changes.map(String),
    possibly_repeated: isRepeatPossible,
    reminder: came.isReminder,
  }
}
