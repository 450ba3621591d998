/**
 * Lines of log files as records for `POST /ingest`:
 *
 *   2025-10-23 14:32:15 INFO [payment-service] Payment completed for order order_45231   our text
 *   {"level":"warn","msg":"…","order":17}                                                JSON lines
 *   anything else                                                                        plain text
 */
import { LEVELS } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'

/** What a line does not say itself. */
export interface LineOrigin {
  readonly file: string
  readonly host: string
  readonly service: string
  readonly readAtUs: number
}

/** A record to be written with JSON.stringify. */
export type LineRecord = Readonly<Record<string, unknown>>

const TIME = String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`
const TEXT = new RegExp(String.raw`^(${TIME}) (${LEVELS.join('|')}) \[([^\]]+)\] (.*)$`, 's')
const TIME_KEYS = ['time', 'timestamp', '@timestamp', 'ts']

/** Reads one line without its end; every line is a record. */
export function parseLine(line: string, origin: LineOrigin): LineRecord {
  const { file, host, service } = origin
  const text = TEXT.exec(line)
  if (text !== null) {
    const [, time, level, ownService, message] = text
    return { time, level, service: ownService, host, file, message }
  }
  const time = formatTime(origin.readAtUs)
  const record = parseRecord(line)
  if (record === null) return { time, service, host, file, message: line }
  const hasTime = TIME_KEYS.some(key => Object.hasOwn(record, key))
  return { ...(hasTime ? {} : { time }), service, host, file, ...record }
}

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

declare global {
  interface JSON {
    /**
     * In Node since 21, not yet in TypeScript's library: what JSON.stringify writes as it stands.
     */
    rawJSON(text: string): object
  }
}

const keepDigits: SourceReviver = (_, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source
    ? JSON.rawJSON(source)
    : value

/** A line that is one JSON object; null = it is not. */
function parseRecord(line: string): object | null {
  if (!line.trimStart().startsWith('{')) return null
  try {
    return JSON.parse(line, keepDigits as Parameters<typeof JSON.parse>[1]) as object
  } catch {
    return null
  }
}
