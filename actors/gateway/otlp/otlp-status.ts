/** A request of OpenTelemetry that failed, as its clients read it: google.rpc.Status. */
import { create, toBinary } from '@bufbuild/protobuf'
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt'
import type { HttpProblem } from '#actors/http/problem.ts'
import { RetryInfoSchema, StatusSchema } from '#proto/gen/otlp/v1/logs_pb.ts'

/** Codes of gRPC (google.rpc.Code) by status of HTTP. */
const CODES: Readonly<Record<number, number>> = {
  401: 16,
  403: 7,
  404: 5,
  408: 4,
  429: 8,
  499: 1,
  500: 13,
}
const INVALID_ARGUMENT = 3
const UNAVAILABLE = 14

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

export interface OtlpStatus {
  /** Of gRPC. */
  readonly code: number
  /** Names our own code, too. */
  readonly message: string
  readonly retryAfterMs: number | null
}

export function statusOf({ status, code, message, options }: HttpProblem): OtlpStatus {
  const standard = status >= 500 ? UNAVAILABLE : INVALID_ARGUMENT
  const { retryAfterMs } = options
  return {
    code: CODES[status] ?? standard,
    message: `${code}: ${message}`,
    retryAfterMs: retryAfterMs === undefined ? null : Math.max(1, Math.ceil(retryAfterMs)),
  }
}

/**
 * Clients send again what was answered 429, 502, 503 or 504, and give everything else up: whatever
 * is worth another try has to be one of these.
 */
export function httpStatusOf({ status, options }: HttpProblem): number {
  return options.retryAfterMs !== undefined && status !== 429 ? 503 : status
}

export function statusBytes({ code, message, retryAfterMs }: OtlpStatus): Uint8Array {
  const details = retryAfterMs === null ? [] : [{ typeUrl: RETRY_INFO, value: retry(retryAfterMs) }]
  return toBinary(StatusSchema, create(StatusSchema, { code, message, details }))
}

export function statusJson({ code, message, retryAfterMs }: OtlpStatus): string {
  const delay = retryAfterMs === null ? '' : `${retryAfterMs / 1_000}s`
  const details = retryAfterMs === null ? [] : [{ '@type': RETRY_INFO, retryDelay: delay }]
  return JSON.stringify({ code, message, details })
}

function retry(retryAfterMs: number): Uint8Array {
  const retryDelay = durationOf(retryAfterMs)
  return toBinary(RetryInfoSchema, create(RetryInfoSchema, { retryDelay }))
}

function durationOf(ms: number): Duration {
  const nanos = (ms % 1_000) * 1_000_000
  return create(DurationSchema, { seconds: BigInt(Math.floor(ms / 1_000)), nanos })
}
