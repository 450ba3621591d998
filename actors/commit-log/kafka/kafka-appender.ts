/**
 * The way into Kafka: a stamp, the turn of the producer, a partition. Gateways keep nothing else,
 * so that any of them may take any batch; what is new every consumer group decides by itself.
 */
import assert from 'node:assert/strict'
import type { AppendOutcome, Offer, UnavailableReason } from '#actors/commit-log/commit-log.ts'
import { BATCH_BYTES_MAX } from '#proto/limits.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { OutgoingRecord } from './framing.ts'
import { kindOf } from './kafkajs.ts'
import type { PartitionRoutes } from './partition-routes.ts'
import { PartitionSender, type SendFailure } from './partition-sender.ts'
import { ProducerTurns } from './producer-turns.ts'
import { Turnstile } from './turnstile.ts'

/** Sends on their way at once, of 900 KB and a few copies each. */
const SENDS_MAX = 16
const PROBE_MS = 500
/** Offers of projects whose partitions are being looked up. */
const LOOKUPS_WAITING_MAX = 1_024

const RETRY_AFTER_MS: Readonly<Record<UnavailableReason, number>> = {
  overloaded: 50,
  'too-many-keys': 60_000,
  'disk-full': 1_000,
  'disk-failed': 1_000,
  'log-away': 1_000,
  stopping: 1_000,
}

export interface KafkaAppenderOptions {
  readonly clock: Clock
  readonly routes: PartitionRoutes
  readonly schemaId: number
  readonly send: (partition: number, records: readonly OutgoingRecord[]) => Promise<void>
  /** Whether the partition's leader answers and enough replicas are there. */
  probe(): Promise<boolean>
  readonly onTrouble: (error: Error, where: string) => void
}

type Settle = (outcome: AppendOutcome) => void

interface Lookup {
  readonly waiting: { readonly offer: Offer; readonly settle: Settle }[]
  looked: Promise<void>
}

export class KafkaAppender {
  readonly #options: KafkaAppenderOptions
  readonly #turns = new ProducerTurns()
  readonly #senders = new Map<number, PartitionSender>()
  readonly #turnstile = new Turnstile(SENDS_MAX)
  /** Offers of projects whose partitions are being looked up, in order. */
  readonly #lookups = new Map<string, Lookup>()
  #lookupsWaiting = 0
  #lastReceivedAtUs = 0
  #isAway = false
  #isStopping = false
  #detail = ''
  #cancelProbe: Cancel = () => undefined
  #counts = { entries: 0, bytes: 0, refused: 0, failed: 0 }

  constructor(options: KafkaAppenderOptions) {
    this.#options = options
  }

  /** Why appends are refused now; null = they are taken. */
  get refusal(): string | null {
    if (this.#isStopping) return 'stopping'
    return this.#isAway ? 'log-away' : null
  }

  append(offer: Offer): Promise<AppendOutcome> {
    assert(offer.batch.length <= BATCH_BYTES_MAX, 'a batch is bounded')
    const { projectId } = offer.envelope
    return new Promise(settle => {
      if (this.#isStopping) this.#refuse(offer, settle, 'stopping')
      else if (this.#options.routes.partitionsOf(projectId) !== undefined) this.#take(offer, settle)
      else this.#lookUp(projectId, offer, settle)
    })
  }

  /** Refuses what comes from now on; settles when all before it is settled. */
  async drain(): Promise<void> {
    this.#isStopping = true
    this.#cancelProbe()
    await Promise.all([...this.#lookups.values()].map(({ looked }) => looked))
    await Promise.all([...this.#senders.values()].map(sender => sender.drain()))
  }

  observe(): Record<string, unknown> {
    const senders = [...this.#senders.values()]
    return {
      ...this.#counts,
      waiting: senders.reduce((sum, { waiting }) => sum + waiting, 0),
      resends: senders.reduce((sum, { resends }) => sum + resends, 0),
      partitions: senders.length,
      unavailable: this.refusal,
      detail: this.#detail,
      turns: this.#turns.size,
    }
  }

  #lookUp(projectId: string, offer: Offer, settle: Settle): void {
    if (this.#lookupsWaiting >= LOOKUPS_WAITING_MAX)
      return this.#refuse(offer, settle, 'overloaded')
    this.#lookupsWaiting++
    offer.batch.retain()
    const lookup = this.#lookups.get(projectId)
    if (lookup !== undefined) return void lookup.waiting.push({ offer, settle })
    const waiting = [{ offer, settle }]
    const looked = this.#options.routes
      .load(projectId)
      .catch((error: unknown) => {
        this.#options.onTrouble(error as Error, 'partitions of a project')
        return null
      })
      .then(partitions => {
        this.#lookups.delete(projectId)
        this.#lookupsWaiting -= waiting.length
        for (const each of waiting) {
          if (partitions === null) this.#refuse(each.offer, each.settle, 'log-away')
          else this.#take(each.offer, each.settle)
          each.offer.batch.release()
        }
      })
    this.#lookups.set(projectId, { waiting, looked })
  }

  #take(offer: Offer, settle: Settle): void {
    const { clock, routes } = this.#options
    const { envelope, batch } = offer
    const nowMs = clock.monotonicMs()
    if (this.#isAway) return this.#refuse(offer, settle, 'log-away')
    if (!this.#turns.take(envelope, nowMs)) return this.#refuse(offer, settle, 'overloaded')
    const sender = this.#sender(routes.route(envelope, offer.neverResent !== true, nowMs))
    const receivedAtUs = Math.max(clock.nowUs(), this.#lastReceivedAtUs + 1)
    const previous = envelope.receivedAtUs
    envelope.receivedAtUs = BigInt(receivedAtUs)
    const isTaken = sender.offer({
      envelope,
      batch,
      settle: failure => {
        if (failure !== null) return this.#fail(offer, settle, failure)
        this.#counts.entries++
        this.#counts.bytes += batch.length
        settle({ type: 'durable', repeat: false })
      },
    })
    if (isTaken) this.#lastReceivedAtUs = receivedAtUs
    else {
      envelope.receivedAtUs = previous
      this.#refuse(offer, settle, 'overloaded')
    }
  }

  #sender(partition: number): PartitionSender {
    const known = this.#senders.get(partition)
    if (known !== undefined) return known
    const { clock, schemaId, send } = this.#options
    const turn = () => this.#turnstile.enter()
    const sender = new PartitionSender({ partition, clock, schemaId, send, turn })
    this.#senders.set(partition, sender)
    return sender
  }

  #fail(offer: Offer, settle: Settle, { error, wasSent }: SendFailure): void {
    this.#counts.failed++
    this.#detail = error.message
    if (!this.#isAway) {
      this.#isAway = true
      this.#options.onTrouble(error, `sending to Kafka: ${kindOf(error)}`)
      this.#probeLater()
    }
    this.#refuse(offer, settle, 'log-away', wasSent)
  }

  /** In either case the sender is told to come again, and nothing later of it is taken before. */
  #refuse(offer: Offer, settle: Settle, reason: UnavailableReason, mayBeStored = false): void {
    this.#counts.refused++
    if (offer.neverResent !== true) {
      this.#turns.fail(offer.envelope, this.#options.clock.monotonicMs())
    }
    settle({ type: 'unavailable', reason, retryAfterMs: RETRY_AFTER_MS[reason], mayBeStored })
  }

  #probeLater(): void {
    this.#cancelProbe = this.#options.clock.after(PROBE_MS, () => {
      void this.#options
        .probe()
        .catch(() => false)
        .then(isThere => {
          if (this.#isStopping) return
          if (!isThere) return this.#probeLater()
          this.#isAway = false
          this.#detail = ''
        })
    })
  }
}
