import assert from 'node:assert/strict'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'
import {
  EPOCH_MAX,
  IDEMPOTENCY_KEEP_MS,
  IDEMPOTENCY_KEYS_MAX,
  PRODUCER_IDLE_MS,
  PRODUCER_REMEMBERED_MS,
  PRODUCERS_MAX,
  REJECTED_TOLD_MAX,
  SEQUENCE_MAX,
} from '#proto/limits.ts'
import type { AdmissionState, KeyedRecord, ProducerRecord } from './admission-snapshot.ts'
import type { KeyedAnswer, ProducerState } from './commit-log.ts'

/** A batch that was found new and is on its way to the log. */
export interface Reservation {
  readonly envelope: Envelope
}

export type Verdict =
  /** To be appended; then either `commit` or `withdraw`. */
  | { readonly type: 'new'; readonly reservation: Reservation }
  /** Stored already (`of` null), or it shares the fate of the reservation it repeats. */
  | { readonly type: 'repeat'; readonly of: Reservation | null }
  | { readonly type: 'stale-epoch' }
  /** The same Idempotency-Key with another body. */
  | { readonly type: 'conflict' }
  /** An earlier batch of the producer failed and has to come again first. */
  | { readonly type: 'out-of-turn' }
  /** The project has more producers, or Idempotency-Keys, than are remembered. */
  | { readonly type: 'full'; readonly of: 'producers' | 'keys' }

export interface AdmissionLimits {
  readonly producerIdleMs: number
  readonly producersMax: number
  readonly producerRememberedMs: number
  readonly keyedKeepMs: number
  readonly keyedMax: number
}

const LIMITS: AdmissionLimits = {
  producerIdleMs: PRODUCER_IDLE_MS,
  producersMax: PRODUCERS_MAX,
  producerRememberedMs: PRODUCER_REMEMBERED_MS,
  keyedKeepMs: IDEMPOTENCY_KEEP_MS,
  keyedMax: IDEMPOTENCY_KEYS_MAX,
}

/**
 * For readers of a log whose doors judge nothing: what it holds was acknowledged, so none of it is
 * ever refused for want of room; the longest idle producer makes it.
 */
export const READER_LIMITS: AdmissionLimits = {
  ...LIMITS,
  producerRememberedMs: 0,
  keyedMax: Number.POSITIVE_INFINITY,
}

/**
 * Decides which batches are new: (project, producer) → (epoch, last sequence), where a higher
 * sequence or epoch is new and anything else a repeat. Pure: the only time it knows is the receive
 * time inside the envelopes, so that every reader of one log comes to the same decisions.
 *
 *   durable last ──> | reserved | reserved | ...      one queue per producer, committed in order
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #projects = new Map<string, ProjectTable>()
  readonly #producers = new WeakMap<Reservation, Producer>()

  constructor(state?: AdmissionState, limits: AdmissionLimits = LIMITS) {
    this.#limits = limits
    for (const { id, producers, keyed } of state?.projects ?? []) {
      const table = this.#table(id)
      for (const record of producers) table.producers.set(record.producer, restore(record))
      for (const record of keyed) table.keyed.set(record.producer, restoreKeyed(record))
    }
  }

  /** What a new batch reserves, no other gets until it is committed or withdrawn. */
  reserve(envelope: Envelope): Verdict {
    assert(envelope.epoch <= EPOCH_MAX && envelope.sequence <= SEQUENCE_MAX, 'ids are in range')
    assert(envelope.sequence >= 1n, 'sequences start at 1')
    const table = this.#table(envelope.projectId)
    const atUs = Number(envelope.receivedAtUs)
    this.#forgetOldest(table, atUs)
    const kind = envelope.request === undefined ? table.producers : table.keyed
    const known = this.#current(kind, envelope.producer, atUs)
    if (known === undefined && !this.#hasRoom(table, kind, atUs)) {
      return { type: 'full', of: kind === table.keyed ? 'keys' : 'producers' }
    }
    const producer = known ?? newProducer(envelope)
    const verdict = judge(producer, envelope)
    if (verdict !== 'new') return verdict
    const reservation = { envelope }
    producer.reserved.push(reservation)
    if (isAtOrAfter(envelope, producer.failed)) producer.failed = null
    this.#producers.set(reservation, producer)
    if (known === undefined) kind.set(envelope.producer, producer)
    return { type: 'new', reservation }
  }

  /** The batch is durable. In the order of reservation, per producer. */
  commit(reservation: Reservation): void {
    const producer = this.#producerOf(reservation)
    assert(producer.reserved[0] === reservation, 'commits follow the order of reservations')
    producer.reserved.shift()
    const { envelope } = reservation
    producer.epoch = envelope.epoch
    producer.lastSequence = Number(envelope.sequence)
    const table = this.#table(envelope.projectId)
    if (producer.keyed !== null) addAnswer(producer.keyed, envelope)
    else {
      producer.atUs = Number(envelope.receivedAtUs)
      // Moved to the end: the map stays in order of activity, so that the idle ones come first.
      table.producers.delete(envelope.producer)
      table.producers.set(envelope.producer, producer)
    }
  }

  /**
   * The append failed. Answers this reservation and all later ones of the producer, which fail with
   * it. If the producer `resends`, nothing later of it is taken until the failed one comes again.
   */
  withdraw(reservation: Reservation, resends: boolean): readonly Reservation[] {
    const producer = this.#producerOf(reservation)
    const index = producer.reserved.indexOf(reservation)
    assert(index >= 0, 'a reservation is withdrawn once and never after its commit')
    const withdrawn = producer.reserved.splice(index)
    const { envelope } = reservation
    if (resends && producer.keyed === null) {
      producer.failed = { epoch: envelope.epoch, sequence: envelope.sequence }
    } else if (producer.epoch < 0 && producer.reserved.length === 0) {
      const table = this.#table(envelope.projectId)
      const kind = producer.keyed === null ? table.producers : table.keyed
      kind.delete(envelope.producer)
    }
    return withdrawn
  }

  /** Takes a stored batch into account; answers whether it is new. For readers of a log. */
  apply(envelope: Envelope): boolean {
    const verdict = this.reserve(envelope)
    if (verdict.type !== 'new') return false
    this.commit(verdict.reservation)
    return true
  }

  producer(projectId: string, producer: bigint, nowUs: number): ProducerState | undefined {
    const table = this.#projects.get(projectId)
    const known = table && this.#current(table.producers, producer, nowUs)
    if (known === undefined || known.epoch < 0) return
    return { epoch: known.epoch, lastSequence: known.lastSequence }
  }

  answered(projectId: string, producer: bigint, nowUs: number): KeyedAnswer | undefined {
    const table = this.#projects.get(projectId)
    const known = table && this.#current(table.keyed, producer, nowUs)
    if (known === undefined || known.keyed === null || known.epoch < 0) return
    const { bodySha256, of, accepted, rejected } = known.keyed
    return { bodySha256, lastChunk: known.lastSequence, of, accepted, rejected: [...rejected] }
  }

  /** Everything durable and not yet forgotten; reservations are not part of it. */
  state(nowUs: number): AdmissionState {
    const projects = []
    for (const [id, table] of this.#projects) {
      const producers: ProducerRecord[] = []
      const keyed: KeyedRecord[] = []
      for (const [producer, known] of [...table.producers, ...table.keyed]) {
        if (this.#isForgotten(known, nowUs) || known.epoch < 0) continue
        const { epoch, lastSequence, atUs } = known
        const record = { producer, epoch, lastSequence, atUs }
        if (known.keyed === null) producers.push(record)
        else keyed.push({ ...record, ...known.keyed })
      }
      if (producers.length + keyed.length > 0) projects.push({ id, producers, keyed })
    }
    return { projects }
  }

  observe(): { readonly projects: number; readonly producers: number; readonly keyed: number } {
    let [producers, keyed] = [0, 0]
    for (const table of this.#projects.values()) {
      producers += table.producers.size
      keyed += table.keyed.size
    }
    return { projects: this.#projects.size, producers, keyed }
  }

  #table(projectId: string): ProjectTable {
    let table = this.#projects.get(projectId)
    if (table === undefined) {
      table = { producers: new Map(), keyed: new Map() }
      this.#projects.set(projectId, table)
    }
    return table
  }

  #current(kind: Map<bigint, Producer>, id: bigint, nowUs: number): Producer | undefined {
    const known = kind.get(id)
    if (known === undefined || !this.#isForgotten(known, nowUs)) return known
    kind.delete(id)
    return undefined
  }

  #isForgotten(known: Producer, nowUs: number): boolean {
    if (known.reserved.length > 0) return false
    const keepMs = known.keyed === null ? this.#limits.producerIdleMs : this.#limits.keyedKeepMs
    return nowUs - known.atUs >= keepMs * 1_000
  }

  /** Two for every new one: the tables shrink faster than they can grow. */
  #forgetOldest(table: ProjectTable, nowUs: number): void {
    for (const kind of [table.producers, table.keyed]) {
      let looked = 0
      for (const [id, known] of kind) {
        if (looked++ === 2 || !this.#isForgotten(known, nowUs)) break
        kind.delete(id)
      }
    }
  }

  /**
   * A full table of producers makes room by forgetting the longest idle one; one of keys does not.
   */
  #hasRoom(table: ProjectTable, kind: Map<bigint, Producer>, nowUs: number): boolean {
    const { keyedMax, producersMax, producerRememberedMs } = this.#limits
    if (kind === table.keyed) return kind.size < keyedMax
    if (kind.size < producersMax) return true
    const [oldest] = kind
    assert(oldest !== undefined)
    const [id, { atUs, reserved }] = oldest
    if (reserved.length > 0 || nowUs - atUs < producerRememberedMs * 1_000) return false
    return kind.delete(id)
  }

  #producerOf(reservation: Reservation): Producer {
    const producer = this.#producers.get(reservation)
    assert(producer !== undefined, 'the reservation was made here')
    return producer
  }
}

interface ProjectTable {
  /** In order of last activity. */
  readonly producers: Map<bigint, Producer>
  /** In order of first sight. */
  readonly keyed: Map<bigint, Producer>
}

interface Producer {
  /** -1 = nothing durable yet. */
  epoch: number
  lastSequence: number
  /** Receive time of the last durable batch; of keyed requests, of the first batch. */
  atUs: number
  readonly reserved: Reservation[]
  /** What has to come again before anything later of its epoch. */
  failed: SequencePoint | null
  readonly keyed: KeyedParts | null
}

interface SequencePoint {
  readonly epoch: number
  readonly sequence: bigint
}

interface KeyedParts {
  readonly bodySha256: Uint8Array
  readonly of: number
  accepted: number
  rejected: { readonly index: number; readonly reason: string }[]
}

function judge(producer: Producer, envelope: Envelope): 'new' | Exclude<Verdict, { type: 'new' }> {
  const { request, epoch } = envelope
  if (request !== undefined && producer.keyed !== null) {
    if (!sameBytes(request.bodySha256, producer.keyed.bodySha256)) return { type: 'conflict' }
  }
  const last = producer.reserved.at(-1)?.envelope
  const lastEpoch = last?.epoch ?? producer.epoch
  if (epoch < lastEpoch) return { type: 'stale-epoch' }
  const lastSequence = last?.sequence ?? BigInt(producer.lastSequence)
  if (epoch === lastEpoch && envelope.sequence <= lastSequence) {
    return { type: 'repeat', of: reservedAtOrAfter(producer, envelope) }
  }
  const failed = producer.failed
  if (failed !== null && epoch === failed.epoch && envelope.sequence > failed.sequence) {
    return { type: 'out-of-turn' }
  }
  // Chunks are the parts of one answer: none may be missing before the last stored one.
  const next = epoch === lastEpoch ? lastSequence + 1n : 1n
  if (request !== undefined && envelope.sequence !== next) return { type: 'out-of-turn' }
  return 'new'
}

/** The reservation whose failure would make the repeated batch new again; null = none could. */
function reservedAtOrAfter(producer: Producer, envelope: Envelope): Reservation | null {
  const { epoch, lastSequence } = producer
  if (envelope.epoch === epoch && envelope.sequence <= lastSequence) return null
  const found = producer.reserved.find(({ envelope: reserved }) => isAtOrAfter(reserved, envelope))
  assert(found !== undefined, 'a repeat of nothing durable repeats a reservation')
  return found
}

function isAtOrAfter(envelope: Envelope, other: SequencePoint | null): boolean {
  if (other === null || envelope.epoch !== other.epoch) return envelope.epoch > (other?.epoch ?? -1)
  return envelope.sequence >= other.sequence
}

function newProducer(envelope: Envelope): Producer {
  const { request } = envelope
  const keyed =
    request === undefined
      ? null
      : { bodySha256: request.bodySha256, of: request.of, accepted: 0, rejected: [] }
  const atUs = Number(envelope.receivedAtUs)
  return { epoch: -1, lastSequence: 0, atUs, reserved: [], failed: null, keyed }
}

function restore({ epoch, lastSequence, atUs }: ProducerRecord): Producer {
  return { epoch, lastSequence, atUs, reserved: [], failed: null, keyed: null }
}

function restoreKeyed(record: KeyedRecord): Producer {
  const { bodySha256, of, accepted, rejected } = record
  return { ...restore(record), keyed: { bodySha256, of, accepted, rejected: [...rejected] } }
}

function addAnswer(keyed: KeyedParts, { request, recordCount, rejected }: Envelope): void {
  keyed.accepted += recordCount - rejected.length
  const room = REJECTED_TOLD_MAX - keyed.rejected.length
  const told = request?.rejected.slice(0, room) ?? []
  keyed.rejected.push(...told.map(({ index, reason }) => ({ index, reason })))
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
