/** The task that turns the body of `POST /ingest` into sealed batches. */
import { createHash } from 'node:crypto'
import { timeZone } from '#proto/time-zone.ts'
import type { Transferred } from '#runtime/threads.ts'
import type { BatchColumnsOptions } from './batch-columns.ts'
import { type BodyEncoding, inflate } from './inflate.ts'
import { type DecodedBody, decodeBody } from './json-body.ts'

export interface DecodeJson {
  /** The body as it came; handed over. */
  readonly body: ArrayBuffer
  readonly encoding: BodyEncoding
  /** Whether the hash of the body is wanted: for a request with an Idempotency-Key. */
  readonly hash: boolean
  /** Of times that name none. */
  readonly timeZone: string
}

export type DecodedJson =
  | (DecodedBody & {
      /** Of the unpacked body, so that a repeat may be packed otherwise; null = not wanted. */
      readonly bodySha256: Uint8Array | null
    })
  | { readonly type: 'too-large' }
  /** The body is not what its encoding says. */
  | { readonly type: 'damaged'; readonly reason: string }

/** Logs that came without an SDK of ours. */
const SENDER = { sdkName: 'http', sdkVersion: '' } as const

/** Unpacks and decodes; never throws for what a client could have sent. */
export function decodeJson(input: DecodeJson): Transferred<DecodedJson> {
  return decodeWith(input, (bytes, options) => decodeBody(bytes, options))
}

export function decodeWith(
  input: DecodeJson,
  decode: (bytes: Uint8Array, options: BatchColumnsOptions) => DecodedBody,
): Transferred<DecodedJson> {
  const { body, encoding, hash } = input
  const inflated = inflate(new Uint8Array(body), encoding)
  if (inflated.type !== 'body') return { result: inflated, transfer: [] }
  const { bytes } = inflated
  const decoded = decode(bytes, { ...SENDER, zone: timeZone(input.timeZone) })
  const bodySha256 = hash ? new Uint8Array(createHash('sha256').update(bytes).digest()) : null
  const chunks = decoded.type === 'decoded' ? decoded.chunks.map(({ batch }) => batch.buffer) : []
  const transfer = decoded.refused === null ? chunks : [...chunks, decoded.refused.buffer]
  return { result: { ...decoded, bodySha256 }, transfer }
}
