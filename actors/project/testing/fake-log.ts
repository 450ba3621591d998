/** A commit log in memory with the real admission, whose appends settle when a test says so. */
import { Admission, type Reservation } from '#actors/commit-log/admission.ts'
import type {
  AppendOutcome,
  CommitLog,
  KeyedAnswer,
  Offer,
  ProducerState,
  UnavailableReason,
} from '#actors/commit-log/commit-log.ts'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'

interface Waiting {
  readonly offer: Offer
  readonly reservation: Reservation
  readonly settle: (outcome: AppendOutcome) => void
}

export interface StoredBatch {
  readonly envelope: Envelope
  /** A copy: the memory is the sender's. */
  readonly bytes: Uint8Array
}

export class FakeLog implements Pick<CommitLog, 'append' | 'producer' | 'answered'> {
  readonly stored: StoredBatch[] = []
  /** While false, appends wait for `commit` or `fail`. */
  autoCommit = true
  /** Set: every append fails with it at once. */
  unavailable: UnavailableReason | null = null
  /** What is said of an append that fails. */
  mayBeStored = false
  /** Set: the next append throws, as a bug would. */
  bug: Error | null = null
  readonly #admission = new Admission()
  #waiting: Waiting[] = []
  #nowUs = 1_000_000

  get waiting(): number {
    return this.#waiting.length
  }

  append(offer: Offer): Promise<AppendOutcome> {
    if (this.bug !== null) {
      const bug = this.bug
      this.bug = null
      throw bug
    }
    const { envelope } = offer
    envelope.receivedAtUs = BigInt(++this.#nowUs)
    const verdict = this.#admission.reserve(envelope)
    switch (verdict.type) {
      case 'new':
        return this.#reserved(offer, verdict.reservation)
      case 'repeat':
        return this.#repeated(verdict.of)
      case 'full':
        return Promise.resolve(refusal(verdict.of === 'keys' ? 'too-many-keys' : 'overloaded'))
      case 'out-of-turn':
        return Promise.resolve(refusal('overloaded'))
      case 'stale-epoch':
      case 'conflict':
        return Promise.resolve({ type: verdict.type })
    }
  }

  producer(projectId: string, producer: bigint): ProducerState | undefined {
    return this.#admission.producer(projectId, producer, this.#nowUs)
  }

  async answered(projectId: string, producer: bigint): Promise<KeyedAnswer | undefined> {
    return this.#admission.answered(projectId, producer, this.#nowUs)
  }

  /** Makes everything that waits durable. */
  commit(): void {
    for (const waiting of this.#waiting.splice(0)) this.#commit(waiting)
  }

  /** Makes the first that waits durable. */
  commitNext(): void {
    const next = this.#waiting.shift()
    if (next === undefined) throw new Error('nothing waits')
    this.#commit(next)
  }

  /** The first that waits fails, and with it what follows of its producer. */
  fail(reason: UnavailableReason): void {
    const [first] = this.#waiting
    if (first === undefined) throw new Error('nothing waits')
    const gone = this.#admission.withdraw(first.reservation, first.offer.neverResent !== true)
    const failed = this.#waiting.filter(({ reservation }) => gone.includes(reservation))
    this.#waiting = this.#waiting.filter(waiting => !failed.includes(waiting))
    for (const { settle } of failed) settle(refusal(reason, this.mayBeStored))
  }

  #reserved(offer: Offer, reservation: Reservation): Promise<AppendOutcome> {
    return new Promise(settle => {
      this.#waiting.push({ offer, reservation, settle })
      if (this.unavailable !== null) this.fail(this.unavailable)
      else if (this.autoCommit) this.commit()
    })
  }

  #repeated(of: Reservation | null): Promise<AppendOutcome> {
    const first = this.#waiting.find(({ reservation }) => reservation === of)
    if (first === undefined) return Promise.resolve({ type: 'durable', repeat: true })
    return new Promise(resolve => {
      const { settle } = first
      const both = (outcome: AppendOutcome): void => {
        settle(outcome)
        resolve(outcome.type === 'durable' ? { ...outcome, repeat: true } : outcome)
      }
      this.#waiting[this.#waiting.indexOf(first)] = { ...first, settle: both }
    })
  }

  #commit({ offer, reservation, settle }: Waiting): void {
    const { memory, offset, length } = offer.batch
    this.#admission.commit(reservation)
    const bytes = new Uint8Array(memory, offset, length).slice()
    this.stored.push({ envelope: offer.envelope, bytes })
    settle({ type: 'durable', repeat: false })
  }
}

function refusal(reason: UnavailableReason, mayBeStored = false): AppendOutcome {
  return { type: 'unavailable', reason, retryAfterMs: 100, mayBeStored }
}
