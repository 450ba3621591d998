/** From a document of Elasticsearch back to the row that it was made of, as JSON text. */
import { portableJson } from '#actors/processing/exact-json.ts'
import { patternOfText } from '#actors/processing/patterns/pattern-ids.ts'
import { flagsJson } from '#actors/processing/row-json.ts'
import { parseRowId } from '#proto/row-id.ts'
import { formatTime, parseTime } from '#proto/time.ts'
import type { RowKey } from '../row-keys.ts'
import { ATTRIBUTES, ATTRIBUTES_TEXT, FIELDS, unescapeKey } from './field-names.ts'

export interface Hit {
  readonly _id: string
  readonly _source: Readonly<Record<string, unknown>>
}

/** Fields that a row is made of; the others, some of them beyond 2^53, are never parsed. */
export const SOURCE_FIELDS: readonly string[] = [
  FIELDS.time,
  FIELDS.receivedAt,
  FIELDS.level,
  FIELDS.severityText,
  FIELDS.service,
  FIELDS.host,
  FIELDS.file,
  FIELDS.message,
  FIELDS.traceId,
  FIELDS.spanId,
  FIELDS.flags,
  `${ATTRIBUTES}.*`,
  ATTRIBUTES_TEXT,
  `${ATTRIBUTES_TEXT}.*`,
]

/** The same text as processing/row-json.ts makes of columns. */
export function documentJson({ _id: id, _source: source }: Hit): string {
  const text = (field: string): string => JSON.stringify(source[field] ?? '')
  const idJson = (field: string): string => JSON.stringify(source[field] ?? null)
  const severityText = text(FIELDS.severityText)
  const { [FIELDS.message]: message } = source
  const flags = Number(source[FIELDS.flags] ?? 0)
  return (
    `{"time":"${timeText(source[FIELDS.time])}"` +
    `,"level":${text(FIELDS.level)}` +
    (severityText === '""' ? '' : `,"severity_text":${severityText}`) +
    `,"service":${text(FIELDS.service)}` +
    `,"host":${text(FIELDS.host)}` +
    `,"message":${text(FIELDS.message)}` +
    `,"trace_id":${idJson(FIELDS.traceId)}` +
    `,"span_id":${idJson(FIELDS.spanId)}` +
    `,"attributes":{${attributesJson(source)}}` +
    `,"ingested_at":"${timeText(source[FIELDS.receivedAt])}"` +
    `,"file":${text(FIELDS.file)}` +
    // A function of the message: documents of older versions have one, too.
    `,"pattern_id":"${patternOfText(typeof message === 'string' ? message : '')}"` +
    `,"id":"${id}"` +
    (flags === 0 ? '' : `,"flags":${flagsJson(flags)}`) +
    '}'
  )
}

/** Where the row stands in the total order. */
export function keyOfHit({ _id, _source }: Hit): RowKey {
  const { timeUs, subNs } = exactTime(_source[FIELDS.time])
  const id = parseRowId(_id)
  if (id === null) throw new Error(`document ${_id} is none of ours`)
  return { timeUs, subNs, ...id }
}

function exactTime(value: unknown): { readonly timeUs: number; readonly subNs: number } {
  const time = typeof value === 'string' ? parseTime(value) : null
  if (time === null) throw new Error(`a document has the time ${String(value)}`)
  return time
}

function timeText(value: unknown): string {
  const { timeUs, subNs } = exactTime(value)
  return formatTime(timeUs, subNs)
}

function attributesJson(source: Hit['_source']): string {
  const members: string[] = []
  for (const [field, value] of Object.entries(source)) {
    if (!field.startsWith(`${ATTRIBUTES}.`)) continue
    members.push(memberJson(field.slice(ATTRIBUTES.length + 1), JSON.stringify(value)))
  }
  const twins = twinsOf(source)
  const json = twins.get('j')
  for (const [type, values] of twins) {
    for (const [name, value] of values) {
      // Elements of an array stand under their types only to be found.
      if (type !== 'j' && json?.has(name)) continue
      members.push(memberJson(name, twinJson(type, value)))
    }
  }
  return members.join(',')
}

function memberJson(name: string, json: string): string {
  return `${JSON.stringify(unescapeKey(name))}:${json}`
}

function twinJson(type: string, text: string): string {
  switch (type) {
    case 's':
      return JSON.stringify(text)
    case 'd':
      return Number.isFinite(Number(text)) ? text : JSON.stringify(text)
    default:
      return portableJson(text)
  }
}

/**
 * Values of the text twin by type and name. A synthetic source makes objects of the types, a stored
 * one has dotted names.
 */
function twinsOf(source: Hit['_source']): Map<string, Map<string, string>> {
  const twins = new Map<string, Map<string, string>>()
  const walk = (path: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) {
        walk(path === '' ? name : `${path}.${name}`, inner)
      }
      return
    }
    const [first] = Array.isArray(value) ? value : [value]
    const type = path.slice(0, 1)
    const values = twins.get(type) ?? new Map<string, string>()
    twins.set(type, values.set(path.slice(2), String(first)))
  }
  for (const [field, value] of Object.entries(source)) {
    if (field === ATTRIBUTES_TEXT) walk('', value)
    else if (field.startsWith(`${ATTRIBUTES_TEXT}.`)) {
      walk(field.slice(ATTRIBUTES_TEXT.length + 1), value)
    }
  }
  return twins
}
