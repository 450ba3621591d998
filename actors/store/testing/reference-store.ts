/** What a store has to answer, computed the naive way: a list of objects, filtered. */
import { patternOfText } from '#actors/processing/patterns/pattern-ids.ts'
import { matchesQuery, type NaiveRow } from '#actors/processing/testing/naive-query.ts'
import { levelOfSeverity, type Row } from '#proto/api.ts'
import { formatRowId, packSeq, splitInt64 } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import type { AnalysisInput, RowsAsked, SearchPlanInput } from '../store.ts'
import { naiveAnalysis } from './naive-analysis.ts'
import type { PlainLog } from './random-logs.ts'
import type { BatchSource } from './test-log.ts'

const HOUR_US = 3_600_000_000

interface ReferenceRow {
  readonly projectId: string
  readonly timeUs: number
  readonly receivedAtUs: number
  /** Sorts like the total order. */
  readonly key: readonly (number | bigint)[]
  readonly log: PlainLog
  readonly row: Row
}

export interface ReferenceAnswer {
  readonly total: number
  /** All that match, in order, without limit. */
  readonly rows: readonly Row[]
  readonly byLevel: Readonly<Record<string, number>>
  readonly byService: Readonly<Record<string, number>>
  readonly histogram: readonly { readonly time: string; readonly counts: object }[]
}

export class ReferenceStore {
  #rows: ReferenceRow[] = []
  /** What deletions have taken. */
  readonly deleted: Row[] = []

  add(source: BatchSource, logs: readonly PlainLog[]): void {
    for (const [number, log] of logs.entries()) {
      if (source.rejected?.includes(number)) continue
      this.#rows.push(makeRow(source, log, number))
    }
  }

  /** Answers how many rows went. */
  expire(projectId: string, receivedBeforeUs: number): number {
    return this.#remove(row => row.projectId === projectId && row.receivedAtUs < receivedBeforeUs)
  }

  delete(filter: RowsAsked): number {
    const gone = this.#rows.filter(row => matches(row, filter))
    this.deleted.push(...gone.map(({ row }) => row))
    return this.#remove(row => matches(row, filter))
  }

  drop(projectId: string): number {
    return this.#remove(row => row.projectId === projectId)
  }

  rowsOf(projectId: string): readonly Row[] {
    return this.#rows.filter(row => row.projectId === projectId).map(({ row }) => row)
  }

  search(input: SearchPlanInput): ReferenceAnswer {
    const matching = this.#rows.filter(row => matches(row, input))
    const sign = input.order === 'asc' ? 1 : -1
    matching.sort((a, b) => sign * compareKeys(a.key, b.key))
    return {
      total: matching.length,
      rows: matching.map(({ row }) => row),
      byLevel: countBy(matching, ({ row }) => row.level),
      byService: countBy(matching, ({ row }) => row.service),
      histogram: histogramOf(matching, input.intervalUs),
    }
  }

  analyse(input: AnalysisInput): ReturnType<typeof naiveAnalysis> & { readonly total: number } {
    const matching = this.#rows.filter(row => matches(row, input))
    const { stages, intervalUs } = input
    return { ...naiveAnalysis(matching, stages, intervalUs), total: matching.length }
  }

  #remove(isGone: (row: ReferenceRow) => boolean): number {
    const before = this.#rows.length
    this.#rows = this.#rows.filter(row => !isGone(row))
    return before - this.#rows.length
  }
}

function makeRow(source: BatchSource, log: PlainLog, number: number): ReferenceRow {
  const { producer, epoch, sequence, receivedAtUs, projectId } = source
  const isMissing = log.timeUs === null
  const isClamped = log.timeUs !== null && log.timeUs > receivedAtUs + HOUR_US
  const timeUs = log.timeUs === null || isClamped ? receivedAtUs : log.timeUs
  const subNs = isMissing || isClamped ? 0 : log.subNs
  const severity = log.severity === 0 ? 9 : log.severity
  const flags = [
    ...(log.severity === 0 ? ['level_defaulted'] : []),
    ...(isMissing ? ['time_missing'] : []),
    ...(isClamped ? ['time_clamped'] : []),
  ]
  const { low: producerLow, high: producerHigh } = splitInt64(producer)
  const { low: seqLow, high: seqHigh } = packSeq(epoch, sequence)
  const row: Row = {
    time: formatTime(timeUs, subNs),
    level: levelOfSeverity(severity),
    ...(log.severityText === '' ? {} : { severity_text: log.severityText }),
    service: log.service,
    host: log.host,
    message: log.message,
    trace_id: log.traceId === '' ? null : log.traceId,
    span_id: log.spanId === '' ? null : log.spanId,
    attributes: Object.fromEntries(log.attributes),
    ingested_at: formatTime(receivedAtUs, 0),
    file: log.file,
    pattern_id: String(patternOfText(log.message)),
    id: formatRowId({ producerLow, producerHigh, seqLow, seqHigh, row: number }),
    ...(flags.length === 0 ? {} : { flags }),
  }
  const key = [timeUs, subNs, producer, epoch, sequence, number]
  return { projectId, timeUs, receivedAtUs, key, log, row }
}

function compareKeys(a: readonly (number | bigint)[], b: readonly (number | bigint)[]): number {
  for (const [i, part] of a.entries()) {
    const other = b[i] as number | bigint
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}

function matches(candidate: ReferenceRow, input: RowsAsked): boolean {
  const { timeUs, receivedAtUs, row, projectId } = candidate
  const services = input.services.map(lower)
  return (
    projectId === input.projectId &&
    timeUs >= input.startUs &&
    timeUs < input.endUs &&
    receivedAtUs >= input.ingestedStartUs &&
    receivedAtUs < input.ingestedEndUs &&
    (services.length === 0 || services.includes(lower(row.service))) &&
    (input.levels.length === 0 || input.levels.includes(row.level)) &&
    matchesQuery(naiveRow(candidate), input.query.terms)
  )
}

function naiveRow({ timeUs, receivedAtUs, row, log }: ReferenceRow): NaiveRow {
  return {
    id: row.id,
    timeUs,
    receivedAtUs,
    level: row.level,
    severityText: row.severity_text ?? '',
    service: row.service,
    host: row.host,
    file: row.file,
    message: row.message,
    traceId: row.trace_id ?? '',
    spanId: row.span_id ?? '',
    attributes: log.attributes,
  }
}

function lower(text: string): string {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase())
}

function countBy(
  rows: readonly ReferenceRow[],
  keyOf: (row: ReferenceRow) => string,
): Record<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1)
  return Object.fromEntries(counts)
}

function histogramOf(
  rows: readonly ReferenceRow[],
  intervalUs: number,
): ReferenceAnswer['histogram'] {
  const bars = new Map<number, ReferenceRow[]>()
  for (const row of rows) {
    const start = Math.floor(row.timeUs / intervalUs) * intervalUs
    bars.set(start, [...(bars.get(start) ?? []), row])
  }
  return [...bars]
    .sort(([a], [b]) => a - b)
    .map(([start, inside]) => ({
      time: new Date(start / 1_000).toISOString(),
      counts: countBy(inside, ({ row }) => row.level),
    }))
}
