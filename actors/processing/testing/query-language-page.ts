/** The logs that the examples of docs/query-language.md are about. */
import { type Level, SEVERITY_OF_LEVEL } from '#proto/api.ts'
import type { RowColumns } from '#proto/columns.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { parseTime } from '#proto/time.ts'
import { openRows } from '../rows.ts'
import { encodeRecords, envelopeOf, type PlainRecord, type PlainValue } from './plain-records.ts'

/** When the page's logs were received. */
export const NOW_US = Date.UTC(2026, 10, 28, 12, 10) * 1_000

export function pageRows(page: string): RowColumns {
  const batch = openLogBatch(encodeRecords(sampleLogs(page)))
  return openRows(envelopeOf({ receivedAtUs: BigInt(NOW_US) }), batch)
}

const OWN = new Set(['time', 'level', 'service', 'host', 'message', 'trace_id'])

function sampleLogs(page: string): PlainRecord[] {
  const [, lines = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []
  return lines
    .trim()
    .split('\n')
    .map(line => {
      const log = JSON.parse(line) as Readonly<Record<string, PlainValue>>
      const text = (name: string): string => String(log[name] ?? '')
      return {
        timeUs: parseTime(text('time'))?.timeUs ?? 0,
        severity: SEVERITY_OF_LEVEL[text('level') as Level],
        severityText: '',
        service: text('service'),
        host: text('host'),
        file: '',
        message: text('message'),
        traceId: text('trace_id'),
        spanId: '',
        attributes: Object.entries(log).filter(([name]) => !OWN.has(name)),
      }
    })
}
