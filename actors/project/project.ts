/**
 * The actor of one project: owns its open streams and its quota, and hands batches to the commit
 * log in the order in which they came. Keyed by project, so that whatever happens to one touches no
 * other. It keeps nothing that matters: after a crash its streams are told, and reconnect.
 */
import type { AppendOutcome, CommitLog, Offer } from '#actors/commit-log/commit-log.ts'
import {
  type Actor,
  type Context,
  defineActor,
  RESTART_POLICY,
  type Reply,
  type RestartPolicy,
} from '#runtime/index.ts'
import type { IngestMeter } from './ingest-meter.ts'
import type { IngestUse } from './ingest-use.ts'
import { type SenderLimits, SenderQuotas } from './sender-quotas.ts'
import type { Spend } from './shared-quota.ts'

/** A stream as the project knows it. */
export interface ProjectStream {
  /** Unique among all streams of this process. */
  readonly id: number
  readonly producer: bigint
  readonly epoch: number
  readonly firstUnacked: number
  /** The project no longer knows this stream: it has to be opened again. Called at most once. */
  lost(reason: string): void
}

export type StreamOpened =
  /** null = the producer is not known here. */
  | { readonly type: 'open'; readonly lastDurable: number | null }
  /** The producer is unknown, or went on elsewhere: what it holds may be stored already. */
  | { readonly type: 'epoch-expired' }
  | { readonly type: 'too-many-streams' }
  /** The actor failed on it. */
  | { readonly type: 'failed' }

export type OfferOutcome =
  /** One outcome for each offer. */
  | { readonly type: 'settled'; readonly outcomes: readonly AppendOutcome[] }
  | { readonly type: 'over-quota'; readonly retryAfterMs: number }
  /** An earlier batch was sent back and has to come again first; from this sequence on. */
  | { readonly type: 'out-of-turn'; readonly fromSequence: number }
  | { readonly type: 'epoch-expired' }
  /** The stream is not open here (any more), or the actor failed on it. */
  | { readonly type: 'lost' }

/** Where the batches come from, which decides what order means. */
export type OfferSource =
  /** The sequence was checked by the stream's session. */
  | { readonly type: 'stream'; readonly id: number }
  /** One batch of an SDK over HTTP. */
  | { readonly type: 'single'; readonly firstUnacked: number }
  /** An HTTP request whose numbers are ours. */
  | { readonly type: 'request' }

/**
 * Batches for the log, in order. The sender keeps their memory until `reply`, which is called
 * exactly once whatever happens, unless the process ends.
 */
export interface ProjectOffer {
  readonly type: 'offer'
  readonly source: OfferSource
  readonly offers: readonly Offer[]
  readonly limits: SenderLimits
  readonly reply: Reply<OfferOutcome>
}

export type ProjectRequest =
  | {
      readonly type: 'open-stream'
      readonly stream: ProjectStream
      readonly reply: Reply<StreamOpened>
    }
  | { readonly type: 'close-stream'; readonly id: number }
  | ProjectOffer
  | { readonly type: 'limits'; readonly limits: SenderLimits }
  /** Keeps a project with open streams from being collected. */
  | { readonly type: 'keep' }

type Message =
  | ProjectRequest
  | {
      readonly type: 'appended'
      readonly offer: ProjectOffer
      readonly outcomes: readonly AppendOutcome[]
    }
  | { readonly type: 'append-failed'; readonly offer: ProjectOffer; readonly error: Error }
  | { readonly type: 'share' }

export interface ProjectDeps {
  readonly projectId: string
  readonly log: Pick<CommitLog, 'append' | 'producer'>
  readonly meter: IngestMeter
  readonly use: Pick<IngestUse, 'took' | 'refused'>
  /** Where several gateways share a project's quota; null = this one counts alone. */
  readonly spend: Spend | null
}

/** More than the largest fleet of one project; each costs some kilobytes. */
const STREAMS_MAX = 2_000
const MAILBOX_CAPACITY = 256
/** How often gateways settle a quota that they share. */
const SHARE_MS = 200

/** Never given up: what waits in the mailbox holds memory until it is answered. */
export const PROJECT_RESTART: RestartPolicy = { ...RESTART_POLICY, limit: Number.MAX_SAFE_INTEGER }

export const project = defineActor({
  name: 'project',
  mailbox: { capacity: MAILBOX_CAPACITY, whenFull: 'reject' },
  create: (context: Context<Message>, deps: ProjectDeps) => new Project(context, deps),
  crashed(message: Message) {
    if (message.type === 'offer') message.reply({ type: 'lost' })
    if (message.type === 'open-stream') message.reply({ type: 'failed' })
  },
})

interface OpenStream {
  readonly stream: ProjectStream
  /** Everything from here on is refused until this one comes again. */
  refusedFrom: number | null
}

class Project implements Actor<Message> {
  readonly #context: Context<Message>
  readonly #deps: ProjectDeps
  readonly #streams = new Map<number, OpenStream>()
  readonly #quotas: SenderQuotas
  #shareIsDue = false
  #offersInFlight = 0
  #records = 0
  #bytes = 0
  #rejected = 0
  #throttled = 0

  constructor(context: Context<Message>, deps: ProjectDeps) {
    this.#context = context
    this.#deps = deps
    const nowMs = context.clock.monotonicMs()
    this.#quotas = new SenderQuotas(deps.projectId, deps.spend, nowMs)
    context.signal.addEventListener('abort', () => this.#loseStreams(), { once: true })
  }

  receive(message: Message): void {
    switch (message.type) {
      case 'open-stream':
        return message.reply(this.#open(message.stream))
      case 'close-stream':
        return void this.#streams.delete(message.id)
      case 'offer':
        return this.#offer(message)
      case 'limits':
        return this.#quotas.setLimits(message.limits, this.#context.clock.monotonicMs())
      case 'keep':
        return
      case 'appended':
        return this.#appended(message.offer, message.outcomes)
      case 'append-failed':
        throw message.error
      case 'share':
        return this.#share()
    }
  }

  observe(): Record<string, unknown> {
    return {
      streams: this.#streams.size,
      records: this.#records,
      bytes: this.#bytes,
      rejected: this.#rejected,
      throttled: this.#throttled,
      offersInFlight: this.#offersInFlight,
      quota: this.#quotas.limits,
    }
  }

  #open(stream: ProjectStream): StreamOpened {
    const { producer, epoch, firstUnacked } = stream
    const known = this.#deps.log.producer(this.#deps.projectId, producer)
    if (known === undefined && firstUnacked > 1) return { type: 'epoch-expired' }
    const state = known === 'not-kept' ? undefined : known
    if (state !== undefined && state.epoch > epoch) return { type: 'epoch-expired' }
    // A sender has one stream: the older one is a connection that it has given up.
    for (const [id, open] of this.#streams) {
      if (open.stream.producer !== producer) continue
      this.#streams.delete(id)
      open.stream.lost('the sender opened another stream')
    }
    if (this.#streams.size >= STREAMS_MAX) return { type: 'too-many-streams' }
    this.#streams.set(stream.id, { stream, refusedFrom: null })
    return { type: 'open', lastDurable: state?.epoch === epoch ? state.lastSequence : null }
  }

  #offer(message: ProjectOffer): void {
    const refusal = this.#turn(message) ?? this.#take(message)
    if (refusal !== null) {
      if (refusal.type === 'over-quota') {
        this.#throttled++
        this.#deps.meter.throttle('over-quota')
        this.#refuseFrom(message)
      }
      return message.reply(refusal)
    }
    this.#append(message)
  }

  /** Whether this batch may be the next; null = yes. */
  #turn({ source, offers }: ProjectOffer): OfferOutcome | null {
    const [first] = offers
    if (first === undefined || source.type === 'request') return null
    const sequence = Number(first.envelope.sequence)
    if (source.type === 'single') return this.#singleTurn(first, source.firstUnacked)
    const open = this.#streams.get(source.id)
    if (open === undefined) return { type: 'lost' }
    const { refusedFrom } = open
    if (refusedFrom !== null && sequence > refusedFrom) {
      return { type: 'out-of-turn', fromSequence: refusedFrom }
    }
    // One before it may have failed in the log meanwhile, and comes first.
    if (sequence === refusedFrom) open.refusedFrom = null
    return null
  }

  /** Without a stream each request has to prove that nothing before it is missing. */
  #singleTurn({ envelope }: Offer, firstUnacked: number): OfferOutcome | null {
    const known = this.#deps.log.producer(this.#deps.projectId, envelope.producer)
    if (known === undefined && firstUnacked > 1) return { type: 'epoch-expired' }
    const state = known === 'not-kept' ? undefined : known
    const durable = state?.epoch === envelope.epoch ? state.lastSequence : 0
    const next = Math.max(durable + 1, firstUnacked)
    if (Number(envelope.sequence) <= next) return null
    return { type: 'out-of-turn', fromSequence: next }
  }

  #take({ offers, limits }: ProjectOffer): OfferOutcome | null {
    const { projectId, use } = this.#deps
    let [records, bytes] = [0, 0]
    for (const { envelope, batch } of offers) {
      records += envelope.recordCount - envelope.rejected.length
      bytes += batch.length
    }
    const amount = { records, bytes }
    const nowMs = this.#context.clock.monotonicMs()
    const retryAfterMs = this.#quotas.take(limits, amount, nowMs)
    if (retryAfterMs > 0) {
      use.refused(projectId, limits.keyId, amount)
      return { type: 'over-quota', retryAfterMs }
    }
    use.took(projectId, limits.keyId, amount)
    this.#shareSoon()
    return null
  }

  #shareSoon(): void {
    if (this.#deps.spend === null || this.#shareIsDue) return
    this.#shareIsDue = true
    this.#context.timer('share', SHARE_MS, { type: 'share' })
  }

  #share(): void {
    this.#shareIsDue = false
    this.#quotas.settle()
  }

  #refuseFrom({ source, offers }: ProjectOffer): void {
    const open = source.type === 'stream' ? this.#streams.get(source.id) : undefined
    if (open !== undefined) open.refusedFrom = Number(offers[0]?.envelope.sequence)
  }

  #append(offer: ProjectOffer): void {
    const { log } = this.#deps
    this.#offersInFlight++
    const appended = Promise.all(offer.offers.map(each => log.append(each)))
    // Told at once, and also if this actor fails before it hears of it.
    appended.then(
      outcomes => {
        count(this.#deps.meter, offer, outcomes)
        offer.reply({ type: 'settled', outcomes })
      },
      () => offer.reply({ type: 'lost' }),
    )
    this.#context.pipe(
      appended,
      outcomes => ({ type: 'appended', offer, outcomes }),
      error => ({ type: 'append-failed', offer, error }),
    )
  }

  #appended({ offers }: ProjectOffer, outcomes: readonly AppendOutcome[]): void {
    this.#offersInFlight--
    outcomes.forEach((outcome, index) => {
      if (outcome.type === 'unavailable') this.#throttled++
      if (outcome.type !== 'durable' || outcome.repeat) return
      const { envelope, batch } = offers[index] as Offer
      this.#records += envelope.recordCount - envelope.rejected.length
      this.#bytes += batch.length
      this.#rejected += envelope.rejected.length
    })
  }

  #loseStreams(): void {
    for (const { stream } of this.#streams.values()) stream.lost('the project starts again')
    this.#streams.clear()
  }
}

function count(
  meter: IngestMeter,
  { offers }: ProjectOffer,
  outcomes: readonly AppendOutcome[],
): void {
  outcomes.forEach((outcome, index) => {
    if (outcome.type === 'unavailable') meter.throttle(outcome.reason)
    if (outcome.type !== 'durable') return
    const { envelope, batch } = offers[index] as Offer
    if (outcome.repeat) meter.repeats++
    else meter.stored(envelope.recordCount, envelope.rejected.length, batch.length)
  })
}
