/** A change of state, or an acknowledgement, as a row of the log, for people who search: kind `alert`. */
import { create } from '@bufbuild/protobuf'
import type { HistoryEntry, StoredStatus } from '#actors/catalog/alert-states.ts'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { ENVELOPE_VERSION } from '#proto/envelope.ts'
import { BatchKind, type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { SCHEMA_HIGHEST } from '#proto/limits.ts'

export const ALERT_SERVICE = 'logboy-alerts'
/** Of all rows of alerts: the number of an entry is its sequence, so that none comes twice. */
const ALERT_PRODUCER = 0x616c6572_74730000n
/** OpenTelemetry severity of a firing. */
const SEVERITIES: Readonly<Record<string, number>> = { info: 9, warning: 13, critical: 17 }
const OVER_SEVERITY = 9

export function alertBatch(entry: HistoryEntry): Uint8Array<ArrayBuffer> {
  const { about, atUs, ruleId, from, to, value, actor, note } = entry
  const builder = new BatchBuilder({ sdkName: 'logboy', sdkVersion: '1', kind: ROW_KINDS.alert })
  const attributes: Record<string, unknown> = {
    'alert.rule': about.rule,
    'alert.rule_id': ruleId,
    'alert.from': from,
    'alert.status': to,
    'alert.severity': about.severity,
    'alert.condition': about.condition,
    ...(value === null ? {} : { 'alert.value': value }),
    ...(actor === null ? {} : { 'alert.actor': actor }),
    ...(note === null ? {} : { 'alert.note': note }),
    ...prefixed('alert.group.', about.group),
    ...prefixed('alert.label.', about.labels),
  }
  const fault = builder.append({
    timeUs: atUs,
    severity: to === 'firing' ? (SEVERITIES[about.severity] ?? OVER_SEVERITY) : OVER_SEVERITY,
    service: ALERT_SERVICE,
    host: '',
    file: '',
    message: alertText(entry),
    attributes: Object.entries(attributes),
  })
  if (fault !== null) throw new Error(`an alert is no log: ${fault}`)
  return builder.seal()
}

export function alertEnvelope({ id, projectId, atUs }: HistoryEntry): Envelope {
  return create(EnvelopeSchema, {
    version: ENVELOPE_VERSION,
    kind: BatchKind.LOGS,
    schema: SCHEMA_HIGHEST,
    projectId,
    producer: ALERT_PRODUCER,
    epoch: 0,
    sequence: BigInt(id),
    recordCount: 1,
    timeMinUs: BigInt(atUs),
    timeMaxUs: BigInt(atUs),
  })
}

/** `Checkout errors fires for host web-1: count > 20, now 21`. */
export function alertText({ about, from, to, value, actor, note }: HistoryEntry): string {
  const names = Object.entries(about.group).map(([field, text]) => `${field} ${text ?? '(none)'}`)
  const whom = names.length === 0 ? '' : ` for ${names.join(', ')}`
  if (from === to) {
    return `${about.rule} is acknowledged${whom} by ${actor}${note === null ? '' : `: ${note}`}`
  }
  const by = actor === null ? '' : ` (${note ?? 'changed'} by ${actor})`
  const now = value === null ? '' : `, now ${value}`
  return `${about.rule} ${verbOf(from, to, value)}${whom}: ${about.condition}${now}${by}`
}

function verbOf(from: StoredStatus, to: StoredStatus, value: number | null): string {
  switch (to) {
    case 'firing':
      return 'fires'
    case 'pending':
      return 'is pending'
    case 'no_data':
      return from === 'firing' ? 'is over, without data' : 'has no data'
    case 'ok':
      if (from === 'firing') return 'is over'
      if (from === 'pending') return 'did not last'
      return value === null ? 'is no longer awaited' : 'has data again'
  }
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, string | null>>,
): Record<string, string | null> {
  return Object.fromEntries(Object.entries(values).map(([key, text]) => [prefix + key, text]))
}
