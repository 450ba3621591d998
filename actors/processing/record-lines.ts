/** Records of a batch as lines of JSON that a person can read, repair and send again. */
import type { AttributeColumn, LogColumns, RowColumns } from '#proto/columns.ts'
import { ingestJson } from './record-json.ts'
import { openRows } from './rows.ts'

/** The last time that a Date can print, an hour less (µs): no time of a batch is ahead of it. */
const RECEIVED_AT_US = 8_640_000_000_000_000_000 - 3_600_000_000
const SENT_ENVELOPE = {
  receivedAtUs: BigInt(RECEIVED_AT_US),
  producer: 0n,
  epoch: 0,
  sequence: 0n,
  rejected: [],
}

/** Rows with what their sender said: no time or level was decided that could not be told apart. */
export function sentRows(columns: LogColumns): RowColumns {
  return openRows(SENT_ENVELOPE, columns)
}

/** As many of the named records as fit; also of those that are wrong. null = none. */
export function recordLines(
  columns: LogColumns,
  indexes: Iterable<number>,
  bytesMax: number,
): Uint8Array<ArrayBuffer> | null {
  const rows = sentRows(columns)
  let asText: RowColumns | null = null
  const lines: Buffer[] = []
  let bytes = 0
  for (const index of indexes) {
    let line: string
    try {
      line = ingestJson(rows, index)
    } catch {
      // An attribute that should be JSON and is none.
      asText ??= sentRows(changed(columns, { attributes: columns.attributes.map(jsonAsText) }))
      line = ingestJson(asText, index)
    }
    const encoded = Buffer.from(`${line}\n`)
    bytes += encoded.length
    if (bytes > bytesMax) break
    lines.push(encoded)
  }
  return lines.length === 0 ? null : new Uint8Array(Buffer.concat(lines))
}

function jsonAsText(column: AttributeColumn): AttributeColumn {
  return column.type === 'j' ? { ...column, type: 's' } : column
}

/** Columns are getters, which a spread would leave out. */
function changed(columns: LogColumns, change: Partial<LogColumns>): LogColumns {
  const { kind, count, timeUs, timeSubNs, timeMissing, severity, severityText } = columns
  const { service, host, file, message, traceId, spanId, attributes } = columns
  const { sdkName, sdkVersion } = columns
  const times = { timeUs, timeSubNs, timeMissing }
  const texts = { severityText, service, host, file, message }
  const rest = { kind, count, severity, traceId, spanId, attributes, sdkName, sdkVersion }
  return { ...times, ...texts, ...rest, ...change }
}
