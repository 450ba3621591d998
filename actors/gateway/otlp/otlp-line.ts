/** A record that was refused as a line of JSON, as `POST /ingest` would take it. */
import { LEVELS } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import { KIND } from '../json/json-scan.ts'
import { type FieldSlot, ROLE } from '../json/scanned-record.ts'
import { OtlpTime } from './otlp-readers.ts'
import type { OtlpScanner } from './otlp-scanner.ts'

const NAMES = new Map<number, string>([
  [ROLE.time, 'time'],
  [ROLE.level, 'level'],
  [ROLE.message, 'message'],
  [ROLE.service, 'service'],
  [ROLE.host, 'host'],
  [ROLE.traceId, 'trace_id'],
  [ROLE.spanId, 'span_id'],
])
const SEVERITIES_OF_A_LEVEL = 4

/** The record that was scanned last; fields come first, and so win over equal attributes. */
export function recordLine(record: OtlpScanner): string {
  const fields: string[] = []
  const attributes: string[] = []
  for (let leaf = 0; leaf < record.count; leaf++) {
    const { role, key } = record.slots[leaf] as FieldSlot
    const value = role < 0 ? jsonOf(record, leaf) : fieldJson(record, role, leaf)
    const member = `${JSON.stringify(NAMES.get(role) ?? key)}:${value}`
    if (role < 0) attributes.push(member)
    else fields.push(member)
  }
  return `{${[...fields, ...attributes].join(',')}}`
}

function fieldJson(record: OtlpScanner, role: number, leaf: number): string {
  const [start, end] = [record.starts[leaf] as number, record.ends[leaf] as number]
  if (role === ROLE.time) {
    const time = new OtlpTime()
    const isTime = time.read(record.bytes, start) && time.timeUs <= DATE_US_MAX
    return isTime ? `"${formatTime(time.timeUs, time.subNs)}"` : '0'
  }
  const { level } = record
  if (role !== ROLE.level || end > start) return jsonOf(record, leaf)
  return `"${LEVELS[Math.floor((level.number - 1) / SEVERITIES_OF_A_LEVEL)]}"`
}

/** The last moment that a Date can be. */
const DATE_US_MAX = 8_640_000_000_000_000_000

function jsonOf(record: OtlpScanner, leaf: number): string {
  const { bytes, kinds, starts, ends } = record
  const isText = kinds[leaf] === KIND.plain
  const text = isText ? record.quoted(leaf) : bytes.subarray(starts[leaf], ends[leaf])
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString()
}
