/** What the detail panel says about a row: fields in reading order, ready to copy or filter by. */
import type { Json, Row } from '#proto/api.ts'
import { timeMs } from '../kit/wall-time.ts'
import { canFilterBy } from './query-text-model.ts'
import { fineDigits, rowTimeMs } from './row-order.ts'

export interface DetailField {
  readonly name: string
  readonly value: string
  /** Numbers, booleans and nulls look different from words. */
  readonly kind: 'text' | 'number' | 'constant' | 'json'
  readonly filterable: boolean
}

export interface DetailSection {
  readonly title: string
  readonly fields: readonly DetailField[]
}

const FLAG_TEXTS: Readonly<Record<string, string>> = {
  level_inferred: 'level read from the message',
  level_defaulted: 'no level given, INFO assumed',
  time_missing: 'no time given, receive time used',
  time_clamped: 'time lay in the future, receive time used',
}

export function detailSections(row: Row): readonly DetailSection[] {
  const source = [
    textField('service', row.service),
    textField('host', row.host),
    textField('file', row.file),
    textField('severity_text', row.severity_text ?? ''),
  ]
  const trace = [textField('trace_id', row.trace_id ?? ''), textField('span_id', row.span_id ?? '')]
  const attributes = Object.entries(row.attributes).map(([name, value]) => jsonField(name, value))
  const record = [
    { ...textField('id', row.id), filterable: false },
    { ...textField('ingested_at', row.ingested_at), filterable: false },
    textField('pattern_id', row.pattern_id ?? ''),
  ]
  return [
    { title: 'Attributes', fields: attributes },
    { title: 'Source', fields: source.filter(hasValue) },
    { title: 'Trace', fields: trace.filter(hasValue) },
    { title: 'Record', fields: record.filter(hasValue) },
  ].filter(({ fields }) => fields.length > 0)
}

/** Sentences about what the server decided for the row. */
export function flagTexts(row: Row): readonly string[] {
  return (row.flags ?? []).map(flag => FLAG_TEXTS[flag] ?? flag)
}

/** How long the row was on its way: `12 ms`, `3.2 s`, or null when the clocks disagree. */
export function delayText(row: Row): string | null {
  const ms = timeMs(row.ingested_at) - rowTimeMs(row)
  if (!(ms >= 0)) return null
  if (ms < 1000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

/** Digits of the time below the millisecond, in threes. */
export function fineTimeText(row: Row): string {
  return fineDigits(row.time).replace(/(\d{3})(?=\d)/g, '$1 ')
}

/** The row as indented JSON, as the search answers it. */
export function rowJson(row: Row): string {
  return JSON.stringify(row, null, 2)
}

/** Messages that are JSON are shown indented; others as they are. */
export function prettyMessage(message: string): { readonly text: string; readonly json: boolean } {
  if (!/^\s*[{[]/.test(message)) return { text: message, json: false }
  try {
    return { text: JSON.stringify(JSON.parse(message), null, 2), json: true }
  } catch {
    return { text: message, json: false }
  }
}

/** Attributes in one line behind the message: `status=500 user=u12`. */
export function inlineAttributes(row: Row, charsMax = 300): string {
  let text = ''
  for (const [name, value] of Object.entries(row.attributes)) {
    if (text.length > charsMax) break
    const shown = typeof value === 'string' ? value : JSON.stringify(value)
    text += `${text === '' ? '' : '  '}${name}=${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}`
  }
  return text
}

function textField(name: string, value: string): DetailField {
  return { name, value, kind: 'text', filterable: canFilterBy(value) }
}

function jsonField(name: string, value: Json): DetailField {
  if (typeof value === 'string') return textField(name, value)
  const text = JSON.stringify(value)
  if (typeof value === 'number') return { ...textField(name, text), kind: 'number' }
  if (value === null) return { ...textField(name, text), kind: 'constant', filterable: false }
  if (typeof value === 'boolean') return { ...textField(name, text), kind: 'constant' }
  return { ...textField(name, JSON.stringify(value, null, 2)), kind: 'json', filterable: false }
}

function hasValue({ value }: DetailField): boolean {
  return value !== ''
}
