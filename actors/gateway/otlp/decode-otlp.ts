/** The task that turns a request of OpenTelemetry into sealed batches. */
import type { Transferred } from '#runtime/threads.ts'
import { type Decoded, type DecodeInput, decodeWith } from '../json/decode-json.ts'
import { decodeRequest, type OtlpBody, type OtlpWishes } from './otlp-body.ts'
import { wireOfJson } from './otlp-json.ts'

export interface DecodeOtlp extends DecodeInput {
  /** JSON, not protobuf. */
  readonly isJson: boolean
}

export type DecodedOtlp = Decoded<OtlpBody>

/** Logs that came from an SDK or a collector of OpenTelemetry. */
const SENDER = { sdkName: 'otlp', sdkVersion: '' } as const

/** Unpacks and decodes; never throws for what a client could have sent. */
export function decodeOtlp(input: DecodeOtlp): Transferred<DecodedOtlp> {
  return decodeWith(input, bytes => requestOf(bytes, input.isJson))
}

export function requestOf(
  bytes: Uint8Array,
  isJson: boolean,
  wishes: Partial<OtlpWishes> = {},
): OtlpBody {
  const options = { ...SENDER, ...wishes }
  if (!isJson) return decodeRequest(bytes, options)
  const wire = wireOfJson(bytes)
  if (wire.type !== 'wire') return wire
  return decodeRequest(wire.bytes, { ...options, unreadable: wire.unreadable })
}
