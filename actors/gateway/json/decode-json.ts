/** The task that turns the body of `POST /ingest` into sealed batches. */
import { createHash } from 'node:crypto'
import { timeZone } from '#proto/time-zone.ts'
import type { Transferred } from '#runtime/threads.ts'
import { type BodyEncoding, inflate } from './inflate.ts'
import {
  type DecodeBodyWishes,
  type DecodedBody,
  type DecodedRecords,
  decodeBody,
} from './json-body.ts'

export interface DecodeInput {
  /** The body as it came; handed over. */
  readonly body: ArrayBuffer
  readonly encoding: BodyEncoding
  /** Whether the hash of the body is wanted: for a request with an Idempotency-Key. */
  readonly hash: boolean
  /** Of times that name none. */
  readonly timeZone: string
}

/** What a task makes of a body, whatever it is written in. */
export type Decoded<Body> =
  | (Body & {
      /** Of the unpacked body, so that a repeat may be packed otherwise; null = not wanted. */
      readonly bodySha256: Uint8Array | null
    })
  | { readonly type: 'too-large' }
  /** The body is not what its encoding says. */
  | { readonly type: 'damaged'; readonly reason: string }

export type DecodedJson = Decoded<DecodedBody>

/** Logs that came without an SDK of ours. */
const SENDER = { sdkName: 'http', sdkVersion: '' } as const

/** Unpacks and decodes; never throws for what a client could have sent. */
export function decodeJson(input: DecodeInput): Transferred<DecodedJson> {
  return decodeWith(input, bytes => decodeBody(bytes, wishesOf(input)))
}

export function wishesOf(input: Pick<DecodeInput, 'timeZone'>): DecodeBodyWishes {
  return { ...SENDER, zone: timeZone(input.timeZone) }
}

type AnyBody = DecodedRecords | { readonly type: string; readonly refused: Uint8Array | null }

export function decodeWith<Body extends AnyBody>(
  { body, encoding, hash }: Omit<DecodeInput, 'timeZone'>,
  decode: (bytes: Uint8Array) => Body,
): Transferred<Decoded<Body>> {
  const inflated = inflate(new Uint8Array(body), encoding)
  if (inflated.type !== 'body') return { result: inflated, transfer: [] }
  const { bytes } = inflated
  const decoded = decode(bytes)
  const bodySha256 = hash ? new Uint8Array(createHash('sha256').update(bytes).digest()) : null
  const chunks = 'chunks' in decoded ? decoded.chunks.map(({ batch }) => batch.buffer) : []
  const { refused } = decoded
  const transfer = refused === null ? chunks : [...chunks, refused.buffer as ArrayBuffer]
  return { result: { ...decoded, bodySha256 }, transfer }
}
