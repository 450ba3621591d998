/**
 * Requests of OpenTelemetry in JSON, which become the same in protobuf and are read as that. It is
 * the usual JSON of protobuf, but ids are hexadecimal.
 */
import { isUtf8 } from 'node:buffer'
import { fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf'
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '#proto/gen/otlp/v1/logs_pb.ts'
import { JSON_DEPTH_MAX } from '#proto/limits.ts'
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../json/json-scan.ts'
import {
  READ_OPTIONS,
  readIds,
  takeUnreadable,
  type UnreadableRecords,
} from './otlp-json-records.ts'

/** As objects it takes many times its bytes of memory. */
export const OTLP_JSON_BYTES_MAX = 8 * 1024 * 1024
/** A value that is nested once more takes up to five containers of JSON, around it stand ten. */
const CONTAINERS_MAX = 10 + 5 * JSON_DEPTH_MAX
/** Numbers that JavaScript would round. */
const LONG_NUMBER = /[[:,]\s*-?\d{16,}/

export type WireOfJson =
  | {
      readonly type: 'wire'
      readonly bytes: Uint8Array
      /** They stand in the bytes as empty ones. */
      readonly unreadable: UnreadableRecords
    }
  | { readonly type: 'malformed'; readonly reason: string; readonly refused: null }
  | { readonly type: 'too-large'; readonly refused: null }

export function wireOfJson(bytes: Uint8Array): WireOfJson {
  if (bytes.length > OTLP_JSON_BYTES_MAX) return { type: 'too-large', refused: null }
  if (!isUtf8(bytes)) return malformed('it is not UTF-8')
  if (isNestedDeeper(bytes)) return malformed('nested too deep')
  try {
    return read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  } catch (error) {
    return malformed((error as Error).message)
  }
}

/** Throws an Error of what is no request. */
function read(text: string): WireOfJson {
  const request = parse(text)
  readIds(request)
  let unreadable: UnreadableRecords = new Map()
  let message: ExportLogsServiceRequest
  try {
    message = fromJson(ExportLogsServiceRequestSchema, request, READ_OPTIONS)
  } catch (error) {
    unreadable = takeUnreadable(request, parse(text))
    if (unreadable.size === 0) throw error
    message = fromJson(ExportLogsServiceRequestSchema, request, READ_OPTIONS)
  }
  return { type: 'wire', bytes: toBinary(ExportLogsServiceRequestSchema, message), unreadable }
}

function malformed(reason: string): WireOfJson {
  return { type: 'malformed', reason: `not an OTLP request: ${reason}`, refused: null }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** Integers stay exact: their text is what protobuf takes, too. */
const exactly: Reviver = (_, value, { source = '' }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    ? source
    : value

function parse(text: string): JsonValue {
  // The types do not know the third argument yet.
  const reviver = exactly as (key: string, value: unknown) => unknown
  return LONG_NUMBER.test(text) ? JSON.parse(text, reviver) : JSON.parse(text)
}

/** Counted without recursion, before anybody walks it. */
function isNestedDeeper(bytes: Uint8Array): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) isInString = !isInString
    else if (isInString) at += byte === BACKSLASH ? 1 : 0
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    if (depth > CONTAINERS_MAX) return true
  }
  return false
}
