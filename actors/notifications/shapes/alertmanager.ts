/** Alertmanager's API v2: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
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

/**
 * What has no end is over for Alertmanager after its `resolve_timeout` (five minutes), as Prometheus
 * says every minute what still fires. We say when it ends; should we never, it is over then.
 */
const FIRING_US_MAX = 30 * 86_400 * 1_000_000

export function alertmanagerPost(message: AlertMessage, url: string, nowUs: number): OutgoingPost {
  return {
    url: new URL('api/v2/alerts', url.endsWith('/') ? url : `${url}/`).href,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message.changes.map(change => alertOf(change, message, nowUs))),
  }
}

/** Its labels are what Alertmanager knows it by again: nothing that changes is among them. */
function alertOf(change: HistoryEntry, message: AlertMessage, nowUs: number) {
  const { about, to, windowEndUs } = change
  const { rule, severity, labels, runbook, group } = about
  const alone = { ...message, changes: [change] }
  const description = messageBody(alone)
  return {
    labels: {
      ...named(labels),
      ...named(group),
      alertname: rule,
      severity,
      project: message.project.name,
    },
    annotations: {
      summary: message.template.title === '' ? changeText(change) : messageTitle(alone),
      ...(description === null ? {} : { description }),
      ...(runbook === null ? {} : { runbook_url: runbook }),
      ...annotated('series', toldSeries(message)),
      ...annotated('findings', findingsTexts(message)),
      ...annotated('first_logs', toldFirst(message)),
      ...annotated('logs', toldLines(message)),
    },
    generatorURL: message.link,
    ...(to === 'firing'
      ? { startsAt: formatTime(windowEndUs, 0), endsAt: formatTime(nowUs + FIRING_US_MAX, 0) }
      : { endsAt: formatTime(Math.min(windowEndUs, nowUs), 0) }),
  }
}

function annotated(name: string, texts: readonly string[]): Record<string, string> {
  return texts.length === 0 ? {} : { [name]: texts.join('\n') }
}

/** Names as Prometheus takes them; what is no value is no label. */
function named(values: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null ? [] : [[name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^\d/, '_$&'), value]],
    ),
  )
}
