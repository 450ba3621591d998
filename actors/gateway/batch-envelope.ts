/** The envelope that the gateway puts beside a proven batch. */
import { create } from '@bufbuild/protobuf'
import { type BatchBytes, NO_BATCH, type Offer } from '#actors/commit-log/commit-log.ts'
import type { VerifiedKey } from '#actors/identity/key-cache.ts'
import type { ProvenBatch } from '#actors/processing/prove-batch.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { ENVELOPE_VERSION } from '#proto/envelope.ts'
import {
  BatchKind,
  type Envelope,
  EnvelopeSchema,
  type KeyedRequest,
} from '#proto/gen/logboy/v1/envelope_pb.ts'

/** Who sent a batch, and which of their batches it is. */
export interface BatchOrigin {
  readonly key: VerifiedKey
  readonly peer: string
  /** 63 bits. */
  readonly producer: bigint
  readonly epoch: number
  readonly sequence: number
  readonly schema: number
  readonly request?: KeyedRequest
}

/** What the proof or the making of a batch found out. */
export interface BatchFacts {
  /** ROW_KINDS number; logs unless given. */
  readonly kind?: number
  readonly records: number
  /** Ascending numbers of refused records. */
  readonly rejected: readonly { readonly index: number }[]
  readonly times: { readonly minUs: number; readonly maxUs: number } | null
}

/** Of what takes a number and stores nothing. */
export const NO_FACTS: BatchFacts = { records: 0, rejected: [], times: null }

/**
 * What the log gets of a proven batch. One that is invalid as a whole goes without its bytes:
 * `reject` consumes its number, so the log has to know it, or its producer would pass for unknown.
 */
export function offerOfProven(origin: BatchOrigin, proof: ProvenBatch, batch: BatchBytes): Offer {
  return proof.type === 'sound'
    ? { envelope: envelopeOfBatch(origin, proof), batch }
    : { envelope: envelopeOfBatch(origin, NO_FACTS), batch: NO_BATCH }
}

/** `received_at` is left to the log, which stamps it just before the append. */
export function envelopeOfBatch(origin: BatchOrigin, facts: BatchFacts): Envelope {
  const { key, peer, producer, epoch, schema, request } = origin
  return create(EnvelopeSchema, {
    version: ENVELOPE_VERSION,
    kind: facts.kind === ROW_KINDS.metric ? BatchKind.METRICS : BatchKind.LOGS,
    schema,
    projectId: key.projectId,
    keyId: key.keyId,
    producer,
    epoch,
    sequence: BigInt(origin.sequence),
    peer,
    recordCount: facts.records,
    timeMinUs: BigInt(facts.times?.minUs ?? 0),
    timeMaxUs: BigInt(facts.times?.maxUs ?? 0),
    rejected: facts.rejected.map(({ index }) => index),
    ...(request === undefined ? {} : { request }),
  })
}
