/** PagerDuty's Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview */
import { createHash } from 'node:crypto'
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import { cutText } from '#proto/cut-text.ts'
import { formatTime } from '#proto/time.ts'
import {
  type AlertMessage,
  changeText,
  findingsTexts,
  toldFirst,
  toldLines,
  toldSeries,
} from '../alert-message.ts'
import { messageBody, messageTitle } from '../message-text.ts'
import type { OutgoingPost } from '../outgoing-post.ts'

const EVENTS_URL = 'https://events.pagerduty.com/v2/enqueue'
/** What PagerDuty takes. */
const SUMMARY_CHARS_MAX = 1_024
const KEY_CHARS_MAX = 255

export interface PagerDutyTarget {
  readonly routing_key: string
  readonly url?: string
}

/** An event for each change: an incident is one group of one rule. */
export function pagerDutyPosts(message: AlertMessage, target: PagerDutyTarget): OutgoingPost[] {
  return message.changes.map(change => ({
    url: target.url ?? EVENTS_URL,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(eventOf(change, message, target.routing_key)),
  }))
}

function eventOf(change: HistoryEntry, message: AlertMessage, routingKey: string) {
  const { about, to, windowEndUs } = change
  const alone = { ...message, changes: [change] }
  const title = messageTitle(alone)
  const summary = message.template.title === '' ? `${title} ${changeText(change)}` : title
  const text = messageBody(alone)
  return {
    routing_key: routingKey,
    event_action: to === 'firing' ? 'trigger' : 'resolve',
    dedup_key: message.isFault ? message.id : incidentKey(change),
    client: 'Logboy',
    client_url: message.link,
    links: about.runbook === null ? [] : [{ href: about.runbook, text: 'Runbook' }],
    payload: {
      summary: summary.slice(0, SUMMARY_CHARS_MAX),
      source: message.project.name,
      severity: about.severity,
      timestamp: formatTime(windowEndUs, 0),
      class: about.rule,
      custom_details: {
        condition: about.condition,
        value: change.value,
        group: about.group,
        ...(text === null ? {} : { text }),
        labels: about.labels,
        first_logs: toldFirst(message),
        logs: toldLines(message),
        series: toldSeries(message).join(''),
        findings: findingsTexts(message),
        possibly_repeated: message.isRepeatPossible,
      },
    },
  }
}

/** Of what is longer a hash stands at the end: groups may have the beginning in common. */
function incidentKey({ ruleId, key }: HistoryEntry): string {
  const whole = `logboy/${ruleId}/${key}`
  if (whole.length <= KEY_CHARS_MAX) return whole
  const hash = createHash('sha256').update(whole).digest('base64url')
  return `${cutText(whole, KEY_CHARS_MAX - hash.length - 1)}${hash}`
}
