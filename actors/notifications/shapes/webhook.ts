/** Our own shape, signed as https://www.standardwebhooks.com (version 1) says. */
import { createHmac } from 'node:crypto'
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import { cutText } from '#proto/cut-text.ts'
import { formatTime } from '#proto/time.ts'
import { type AlertMessage, aboutOf, isFiring } from '../alert-message.ts'
import type { AlertFindings, CommonPattern } from '../findings.ts'
import { messageText, messageTitle } from '../message-text.ts'
import type { OutgoingPost } from '../outgoing-post.ts'
import { toldRow } from '../told-text.ts'

export const WEBHOOK_SECRET_PREFIX = 'whsec_'
/** The wording of a log is as long as the log may be. */
const PATTERN_CHARS_MAX = 1_000

export interface WebhookTarget {
  readonly url: string
  readonly secret: string
}

export function webhookPost(
  message: AlertMessage,
  { url, secret }: WebhookTarget,
  nowUs: number,
): OutgoingPost {
  const body = JSON.stringify({
    type: `alert.${kindOf(message)}`,
    timestamp: formatTime(nowUs, 0),
    data: webhookData(message),
  })
  const timestamp = String(Math.floor(nowUs / 1_000_000))
  return {
    url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': message.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature(secret, `${message.id}.${timestamp}.${body}`)}`,
    },
    body,
  }
}

function kindOf(message: AlertMessage): 'test' | 'fault' | 'firing' | 'resolved' {
  if (message.isTest) return 'test'
  if (message.isFault) return 'fault'
  return isFiring(message) ? 'firing' : 'resolved'
}

function webhookData(message: AlertMessage) {
  const { rule, severity, condition, labels, runbook } = aboutOf(message)
  return {
    title: messageTitle(message),
    text: messageText(message),
    project: message.project,
    rule: { id: message.changes[0]?.ruleId, name: rule, severity, condition, labels, runbook },
    changes: message.changes.map(changeData),
    logs: message.lines.map(toldRow),
    findings: findingsData(message.findings),
    link: message.link,
    acknowledge_link: message.actions?.acknowledge ?? null,
    silence_link: message.actions?.silence ?? null,
    reminder: message.isReminder,
    possibly_repeated: message.isRepeatPossible,
  }
}

function findingsData({ first, patterns, unusual, series }: AlertFindings) {
  const told = { first_logs: first.map(toldRow), patterns: patterns.map(toldPattern), unusual }
  if (series === null) return { ...told, series: null }
  const { of, fromUs, stepUs, values, condition } = series
  const threshold = condition?.threshold ?? null
  const [start, step_s] = [formatTime(fromUs, 0), stepUs / 1_000_000]
  return { ...told, series: { of, start, step_s, values, threshold } }
}

function toldPattern({ pattern, count }: CommonPattern): CommonPattern {
  return { pattern: cutText(pattern, PATTERN_CHARS_MAX), count }
}

function changeData({ id, ruleId, about, from, to, value, windowEndUs }: HistoryEntry) {
  const { rule, severity, group } = about
  const window_end = formatTime(windowEndUs, 0)
  return { id: String(id), rule_id: ruleId, rule, severity, group, from, to, value, window_end }
}

function signature(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(WEBHOOK_SECRET_PREFIX.length), 'base64')
  return createHmac('sha256', key).update(text).digest('base64')
}
