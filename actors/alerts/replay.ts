/**
 * The task that lets rules look at logs of the past: rows as a search answers them become batches
 * of those received together, and go in the order of their receipt through the very code that runs
 * live, on their clock. A long history comes in pieces; the state between them is a snapshot.
 */
import type { WarmUp } from '#actors/catalog/alert-rules.ts'
import { openRows } from '#actors/processing/rows.ts'
import { RuleSet } from '#actors/processing/windows/window-deltas.ts'
import { type Row, SEVERITY_OF_LEVEL } from '#proto/api.ts'
import { BatchBuilder, type BatchRecord } from '#proto/batch-builder.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { BATCH_RECORDS_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import { parseTime } from '#proto/time.ts'
import { type AlertChange, AlertEngine, type StoredRule } from './alert-engine.ts'
import { ALERT_SERVICE } from './alert-row.ts'
import type { AnomalyRead, WindowRead } from './window-value.ts'

export interface Replay {
  /** They start at their `updatedAtUs`. */
  readonly rules: readonly StoredRule[]
  /** Of the piece before; null = the first one. */
  readonly state: Uint8Array | null
  /** JSON of rows that were received in this piece, in any order. */
  readonly rows: readonly string[]
  readonly isMetrics: boolean
  /** The piece ends then. */
  readonly untilUs: number
  /** Values are told once in so long; null = none are. */
  readonly pointUs: number | null
}

export interface Replayed {
  readonly state: Uint8Array
  readonly changes: readonly AlertChange[]
  readonly points: readonly ReplayPoint[]
  /** Those that rules look at. */
  readonly rows: number
  readonly late: number
  readonly leftOut: number
  /** Of the first rule, at the end. */
  readonly warmUp: WarmUp | null
}

/** What a group's last window of some time was. */
export interface ReplayPoint {
  readonly key: string
  readonly windowEndUs: number
  readonly value: number | null
  /** Of an anomaly. */
  readonly anomaly: AnomalyRead | null
}

/** Groups of which values are told. */
const POINT_GROUPS_MAX = 20

export function replay(input: Replay): Replayed {
  const { rules, state, rows, untilUs, pointUs } = input
  const points = new Map<string, Map<number, ReplayPoint>>()
  const observe = (key: string, windowEndUs: number, read: WindowRead): void => {
    if (pointUs === null) return
    let own = points.get(key)
    if (own === undefined) {
      if (points.size === POINT_GROUPS_MAX) return
      own = new Map()
      points.set(key, own)
    }
    own.set(Math.floor(windowEndUs / pointUs), {
      key,
      windowEndUs,
      value: read.value,
      anomaly: read.anomaly ?? null,
    })
  }
  const onWindow = pointUs === null ? null : observe
  const engine =
    state === null ? new AlertEngine(onWindow) : AlertEngine.restore(state, rules, onWindow)
  engine.setRules(rules)
  const set = new RuleSet(rules.map(({ rule }) => rule))
  const kind = input.isMetrics ? ROW_KINDS.metric : ROW_KINDS.log
  const batches = batchesOf(rows)
  const changes = batches.flatMap(({ receivedAtUs, records }) => {
    return engine.absorb(deltasOf(set, records, receivedAtUs, kind), rules, receivedAtUs)
  })
  changes.push(...engine.advance(untilUs))
  const [first] = engine.evaluators.values()
  const counters = [...engine.evaluators.values()].map(({ evaluator }) => evaluator.counters)
  return {
    state: engine.snapshot(),
    changes,
    points: [...points.values()].flatMap(own => [...own.values()]),
    rows: batches.reduce((sum, { records }) => sum + records.length, 0),
    late: counters.reduce((sum, { late }) => sum + late, 0),
    leftOut: counters.reduce((sum, { leftOut }) => sum + leftOut, 0),
    warmUp: first?.evaluator.warmUp ?? null,
  }
}

interface ReceivedBatch {
  readonly receivedAtUs: number
  readonly records: BatchRecord[]
}

/** By receipt, and then as the log has them. */
function batchesOf(texts: readonly string[]): ReceivedBatch[] {
  const rows = texts
    .map(text => JSON.parse(text) as Row)
    // What rules said live they did not look at.
    .filter(
      ({ service, attributes }) => service !== ALERT_SERVICE || !('alert.rule_id' in attributes),
    )
    .map(row => ({ row, receivedAtUs: microseconds(row.ingested_at) }))
    .sort((a, b) => a.receivedAtUs - b.receivedAtUs || (a.row.id < b.row.id ? -1 : 1))
  const batches: ReceivedBatch[] = []
  for (const { row, receivedAtUs } of rows) {
    const last = batches.at(-1)
    const isSame = last?.receivedAtUs === receivedAtUs && last.records.length < BATCH_RECORDS_MAX
    if (isSame) last.records.push(recordOf(row))
    else batches.push({ receivedAtUs, records: [recordOf(row)] })
  }
  return batches
}

function recordOf(row: Row): BatchRecord {
  const { service, host, file, message, trace_id, span_id } = row
  return {
    timeUs: microseconds(row.time),
    severity: SEVERITY_OF_LEVEL[row.level],
    ...(row.severity_text === undefined ? {} : { severityText: row.severity_text }),
    service,
    host,
    file,
    message,
    ...(trace_id === null ? {} : { traceId: trace_id }),
    ...(span_id === null ? {} : { spanId: span_id }),
    attributes: Object.entries(row.attributes),
  }
}

/** A batch that is too large for one goes in two. */
function deltasOf(
  set: RuleSet,
  records: readonly BatchRecord[],
  receivedAtUs: number,
  kind: number,
): Uint8Array | null {
  const builder = new BatchBuilder({ sdkName: 'logboy', sdkVersion: '1', kind })
  for (const record of records) {
    const fault = builder.append(record)
    if (fault !== null) throw new Error(`a stored row is no record: ${fault}`)
  }
  const parts: Uint8Array[] = []
  while (builder.count > 0) {
    const envelope = {
      receivedAtUs: BigInt(receivedAtUs),
      producer: 1n,
      epoch: 0,
      sequence: 1n,
      rejected: [],
    }
    const deltas = set.deltas(openRows(envelope, openProven(builder.seal())), receivedAtUs)
    if (deltas !== null) parts.push(deltas)
  }
  // Deltas of one batch after the other add up.
  return parts.length === 0 ? null : Buffer.concat(parts)
}

function microseconds(text: string): number {
  const time = parseTime(text)
  if (time === null) throw new Error(`a stored row has no time: ${text}`)
  return time.timeUs
}
