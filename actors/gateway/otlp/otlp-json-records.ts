/** Records in a request of OpenTelemetry in JSON: their ids, and those that cannot be read. */
import { fromJson, type JsonObject, type JsonValue } from '@bufbuild/protobuf'
import { LogRecordSchema } from '#proto/gen/otlp/v1/logs_pb.ts'

/** What OpenTelemetry may add later is not known here. */
export const READ_OPTIONS = { ignoreUnknownFields: true } as const
/** Beyond so many it is no request: looking for what is wrong takes long. */
const UNREADABLE_MAX = 10_000

const HEX = /^([\da-f]{2})*$/i
/** Names of ids, and those of the attributes that they become when they are none. */
const IDS = [
  ['traceId', 'trace_id'],
  ['trace_id', 'trace_id'],
  ['spanId', 'span_id'],
  ['span_id', 'span_id'],
] as const

/** A record that is refused before its request becomes protobuf. */
export interface UnreadableRecord {
  readonly reason: string
  /** As it came, in one line. */
  readonly line: string
}

/** By their number in the request. */
export type UnreadableRecords = ReadonlyMap<number, UnreadableRecord>

interface RecordPlace {
  readonly list: JsonValue[]
  readonly at: number
}

/** Ids as protobuf's JSON has them. What is no id at all is an attribute, as at every door. */
export function readIds(request: JsonValue): void {
  for (const { list, at } of recordPlaces(request)) {
    const record = list[at] as JsonValue
    if (isObject(record)) for (const [name, key] of IDS) readId(record, name, key)
  }
}

/**
 * Takes out the records that cannot be read, each of which leaves an empty one in its place; `came`
 * is the request as it came. Throws the error of one of them if they are too many.
 */
export function takeUnreadable(request: JsonValue, came: JsonValue): UnreadableRecords {
  const unreadable = new Map<number, UnreadableRecord>()
  const places = [...recordPlaces(request)]
  for (const [index, { list, at }] of [...recordPlaces(came)].entries()) {
    const line = list[at] as JsonValue
    const place = places[index] as RecordPlace
    try {
      fromJson(LogRecordSchema, place.list[place.at] as JsonValue, READ_OPTIONS)
    } catch (error) {
      if (unreadable.size === UNREADABLE_MAX) throw error
      unreadable.set(index, { reason: (error as Error).message, line: JSON.stringify(line) })
      place.list[place.at] = {}
    }
  }
  return unreadable
}

/** In the order in which protobuf will have them. */
function* recordPlaces(request: JsonValue): Generator<RecordPlace> {
  for (const resourceLogs of membersOf(request, 'resourceLogs', 'resource_logs')) {
    for (const scopeLogs of membersOf(resourceLogs, 'scopeLogs', 'scope_logs')) {
      for (const list of listsOf(scopeLogs, 'logRecords', 'log_records')) {
        for (let at = 0; at < list.length; at++) yield { list, at }
      }
    }
  }
}

function membersOf(value: JsonValue, ...names: readonly string[]): readonly JsonValue[] {
  return listsOf(value, ...names).flat(1)
}

function listsOf(value: JsonValue, ...names: readonly string[]): readonly JsonValue[][] {
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, list]) =>
    names.includes(name) && Array.isArray(list) ? [list] : [],
  )
}

function readId(record: JsonObject, name: string, key: string): void {
  const id = record[name]
  if (typeof id !== 'string') return
  if (HEX.test(id)) {
    record[name] = Buffer.from(id, 'hex').toString('base64')
    return
  }
  record[name] = ''
  const { attributes } = record
  const attribute = { key, value: { stringValue: id } }
  if (Array.isArray(attributes)) attributes.push(attribute)
  else if (attributes === undefined || attributes === null) record['attributes'] = [attribute]
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
