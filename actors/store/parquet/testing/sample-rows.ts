import { patternOfText } from '#actors/processing/patterns/pattern-ids.ts'
import type { PlainRow } from './plain-rows.ts'

const SERVICES = ['auth', 'billing', 'cart', 'search']
const SEVERITIES = [5, 9, 9, 9, 13, 17]
const START_US = Date.UTC(2026, 4, 1) * 1000

/** Rows as services write them: the same number gives the same rows, every message is different. */
export function sampleRows(count: number): PlainRow[] {
  return Array.from({ length: count }, (_, index) => sampleRow(index))
}

function sampleRow(index: number): PlainRow {
  const noise = Math.imul(index + 1, 0x9e3779b1) >>> 0
  const service = SERVICES[noise % SERVICES.length] as string
  const severity = SEVERITIES[(noise >>> 4) % SEVERITIES.length] as number
  const hex = noise.toString(16).padStart(8, '0')
  const message = `${severity > 9 ? 'failed' : 'finished'} request ${hex} of user u${index} in ${noise % 997} ms`
  return {
    timeUs: START_US + index * 40_000 + (noise % 30_000),
    timeSubNs: index % 3 === 0 ? noise % 1000 : 0,
    receivedAtUs: START_US + Math.floor(index / 500) * 20_000_000,
    kind: 0,
    flags: noise % 16,
    severity,
    severityText: '',
    service,
    host: `web-${noise % 50}`,
    file: '',
    message,
    traceId: index % 2 === 0 ? hex.repeat(4) : null,
    spanId: index % 4 === 0 ? hex.repeat(2) : null,
    producer: 77n,
    seq: (1n << 40n) | BigInt(Math.floor(index / 500)),
    row: index % 500,
    patternId: BigInt(patternOfText(message)),
    attributes: {
      'i.status': String(severity > 9 ? 500 : 200),
      's.path': `/api/v1/${service}/${index}`,
      ...(index % 5 === 0 ? { 'd.duration_ms': String((noise % 1000) + 0.5) } : {}),
      ...(index % 7 === 0 ? { 'b.cached': String(noise % 2 === 0) } : {}),
      ...(index % 11 === 0 ? { 'j.tags': `["a",${index}]` } : {}),
    },
  }
}
