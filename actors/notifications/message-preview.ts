/** What a template would say: of an alert that fired lately, or of one that is made up. */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { ChannelTemplate } from '#proto/alert-channel.ts'
import type { Row } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import type { AlertMessage } from './alert-message.ts'
import { NO_FINDINGS } from './findings.ts'

/** `entry` null = none fired yet. */
export function previewMessage(
  entry: HistoryEntry | null,
  template: ChannelTemplate,
  place: {
    readonly project: AlertMessage['project']
    readonly publicUrl: string
    readonly atUs: number
  },
): AlertMessage {
  const { project, publicUrl, atUs } = place
  const link = `${publicUrl}/alerts?project=${project.id}`
  return {
    id: 'msg_preview',
    project,
    changes: [entry ?? sampleEntry(project.id, atUs)],
    findings: NO_FINDINGS,
    lines: entry === null ? [sampleLine(atUs)] : [],
    link,
    actions: { acknowledge: `${link}&acknowledge`, silence: `${link}&silence` },
    isRepeatPossible: false,
    isReminder: false,
    template,
    isTest: false,
    isFault: false,
  }
}

function sampleEntry(projectId: string, atUs: number): HistoryEntry {
  return {
    id: 0,
    projectId,
    ruleId: 'sample',
    key: '["checkout"]',
    from: 'ok',
    to: 'firing',
    value: 25,
    windowEndUs: atUs,
    atUs,
    actor: null,
    note: null,
    about: {
      rule: 'Checkout errors',
      severity: 'critical',
      condition: 'count > 20',
      labels: { team: 'payments' },
      group: { service: 'checkout' },
      runbook: 'https://wiki.example.org/checkout',
      query: 'level:error',
      window_s: 300,
    },
  }
}

function sampleLine(atUs: number): Row {
  return {
    time: formatTime(atUs, 0),
    level: 'ERROR',
    service: 'checkout',
    host: 'web-1',
    message: 'card declined',
    trace_id: null,
    span_id: null,
    attributes: {},
    ingested_at: formatTime(atUs, 0),
    file: '',
    pattern_id: null,
    id: '',
  }
}
