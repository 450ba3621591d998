/**
 * One SDK stream at work: reads messages from its transport as fast as its session wants them, and
 * carries out what the session decides: copies, proofs on worker threads, offers to the project.
 */
import type { Arena } from '#actors/commit-log/arena.ts'
import type { LetterBox } from '#actors/commit-log/dead-letters/letter-box.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { VerifiedKey } from '#actors/identity/key-cache.ts'
import type { ProvenBatch } from '#actors/processing/prove-batch.ts'
import type { IngestMeter } from '#actors/project/ingest-meter.ts'
import type { ProjectRequest } from '#actors/project/project.ts'
import { EPOCH_MAX, SEQUENCE_MAX } from '#proto/limits.ts'
import { type ClientMessage, encodeServerMessage, parseClientMessage } from '#proto/stream.ts'
import { type Cancel, type Clock, type Ref, type TaskPool, toError } from '#runtime/index.ts'
import { authenticateKey, type KeyVerifier } from './authenticate.ts'
import { offerOfProven } from './batch-envelope.ts'
import { producerOfSender } from './producer-id.ts'
import { prove } from './prove.ts'
import { keepRefused } from './refused-batch.ts'
import type { SeenSignatures } from './seen-signatures.ts'
import {
  type PendingBatch,
  type SessionEnd,
  type SessionPort,
  StreamSession,
} from './stream-session.ts'

/** What every door of ingest works with. */
export interface IngestDeps {
  readonly verifier: KeyVerifier
  /** Signatures that were taken. */
  readonly signatures: Pick<SeenSignatures, 'take'>
  readonly projects: (projectId: string) => Ref<ProjectRequest>
  readonly arena: Pick<Arena, 'copy'>
  readonly pool: Pick<TaskPool, 'run'>
  readonly clock: Clock
  readonly meter: IngestMeter
  /** Keeps what was refused. */
  readonly letters: Pick<LetterBox, 'drop'>
  /** Told of bugs; they never reach a sender. */
  readonly onFault: (error: Error, where: string) => void
}

/** The connection below a stream. */
export interface StreamTransport {
  readonly peer: string
  /** Answers false when the sender does not read; `drained` follows. */
  send(message: Uint8Array): boolean
  pause(): void
  resume(): void
  end(end: SessionEnd): void
}

/** A sender that says nothing after connecting is not kept. */
const HELLO_MS_MAX = 10_000
/** On their way at once, per stream: enough to keep disk and threads busy, little to hold. */
const BATCHES_MAX = 16
const BYTES_MAX = 8 * 1024 * 1024

type Hello = Extract<ClientMessage, { type: 'hello' }>

/** What is known once the sender was let in. */
interface Admitted {
  readonly hello: Hello
  readonly producer: bigint
  key: VerifiedKey
  readonly project: Ref<ProjectRequest>
}

export class IngestStream {
  readonly id: number
  readonly #deps: IngestDeps
  readonly #transport: StreamTransport
  readonly #session: StreamSession
  readonly #onEnd: () => void
  readonly #cancelHello: Cancel
  #admitted: Admitted | null = null
  /** The sender does not read what we say. */
  #isBlocked = false
  #isPaused = false

  /** `onEnd` is called once, when nothing more will be said. */
  constructor(id: number, transport: StreamTransport, deps: IngestDeps, onEnd: () => void) {
    this.id = id
    this.#deps = deps
    this.#transport = transport
    this.#onEnd = onEnd
    this.#session = new StreamSession(this.#port(), {
      batchesMax: BATCHES_MAX,
      bytesMax: BYTES_MAX,
    })
    this.#cancelHello = deps.clock.after(HELLO_MS_MAX, () => {
      if (this.#session.state !== 'greeting') return
      const details = `no hello within ${HELLO_MS_MAX / 1000} s`
      this.#session.end({ status: 'too-slow', details })
    })
  }

  /** The key that let it in; null before that. */
  get keyId(): string | null {
    return this.#admitted?.key.keyId ?? null
  }

  /** Transport: a message came. Its bytes may be reused after this. */
  received(bytes: Uint8Array): void {
    let message: ClientMessage | null
    try {
      message = parseClientMessage(bytes)
    } catch (error) {
      const details = `not a message of this protocol: ${toError(error).message}`
      return this.#session.end({ status: 'bad-request', details })
    }
    if (message?.type === 'batch') {
      this.#session.batch(message, this.#deps.clock.monotonicMs())
    } else if (message?.type === 'hello') {
      if (this.#session.greeted()) void this.#admit(message)
    }
    this.#flow()
  }

  /** Transport: the sender has said all. */
  senderFinished(): void {
    this.#session.senderFinished()
  }

  /** Transport: the sender reads again. */
  drained(): void {
    this.#isBlocked = false
    this.#flow()
  }

  /** Transport: the connection is gone. */
  gone(): void {
    this.#session.end({ status: 'ok', details: '' })
  }

  /** The key is good no longer. */
  revoked(): void {
    this.#session.end({ status: 'unauthenticated', details: 'the key was revoked or has expired' })
  }

  /** The limits of its project are others now. */
  changed(key: VerifiedKey): void {
    if (this.#admitted === null) return
    this.#admitted.key = key
    this.#admitted.project.offer({ type: 'limits', limits: key })
  }

  /** Its project's batches take other ways now, which a new epoch of the sender will follow. */
  newEpoch(projectId: string): void {
    if (this.#admitted?.key.projectId === projectId) this.#session.newEpoch()
  }

  /** Looks again whether the key is good, and sees that the project is not taken for idle. */
  async touch(): Promise<void> {
    if (this.#admitted === null) return
    const { hello, project } = this.#admitted
    project.offer({ type: 'keep' })
    const { type } = await this.#deps.verifier.verify(hello.key)
    // A revocation may have been told in the very moment in which the stream was let in.
    if (type !== 'verified' && type !== 'unavailable') this.revoked()
  }

  /** Answers what is on its way, then ends. */
  finish(details: string): void {
    this.#session.finish({ status: 'unavailable', details })
  }

  async #admit(hello: Hello): Promise<void> {
    try {
      checkHello(hello)
      const key = await authenticateKey(hello.key, this.#deps.verifier, 'ingest')
      if (this.#session.state !== 'opening') return
      const project = this.#deps.projects(key.projectId)
      const producer = producerOfSender(key.projectId, hello.producer)
      this.#admitted = { hello, producer, key, project }
      this.#open(this.#admitted)
    } catch (error) {
      this.#session.end(this.#refusal(error))
    }
  }

  #open({ hello: { epoch, firstUnacked }, producer, project }: Admitted): void {
    const lost = (details: string): void => this.#session.end({ status: 'unavailable', details })
    const sent = project.offer({
      type: 'open-stream',
      stream: { id: this.id, producer, epoch, firstUnacked, lost },
      reply: opened => {
        this.#session.opened(firstUnacked, opened)
        this.#flow()
      },
    })
    if (!sent) this.#session.end({ status: 'too-many', details: 'the project is overloaded' })
  }

  #refusal(error: unknown): SessionEnd {
    if (!(error instanceof HttpProblem)) {
      this.#deps.onFault(toError(error), 'opening of a stream')
      return { status: 'unavailable', details: 'the server failed to handle this' }
    }
    const details = `${error.code}: ${error.message}`
    if (error.status === 401) return { status: 'unauthenticated', details }
    if (error.status === 403) return { status: 'forbidden', details }
    return { status: error.status < 500 ? 'bad-request' : 'unavailable', details }
  }

  #port(): SessionPort {
    const { arena, clock, meter } = this.#deps
    return {
      send: message => {
        if (!this.#transport.send(encodeServerMessage(message))) this.#isBlocked = true
      },
      keep: batch => arena.copy(batch),
      prove: pending => void this.#prove(pending),
      offer: (pending, proof) => this.#offer(pending, proof),
      acknowledged: ({ receivedMs }) => meter.acknowledged(clock.monotonicMs() - receivedMs),
      overloaded: () => meter.throttle('overloaded'),
      rejected: () => {
        meter.batchesRejected++
      },
      end: end => this.#ended(end),
    }
  }

  async #prove(pending: PendingBatch): Promise<void> {
    const { key } = this.#admitted as Admitted
    const { batch, schema } = pending
    const proof = await prove(batch, { schema, recordSchema: key.recordSchema }, this.#deps)
    this.#session.proven(pending, proof)
    this.#flow()
  }

  #offer(pending: PendingBatch, proof: ProvenBatch): boolean {
    const { hello, producer, key, project } = this.#admitted as Admitted
    const { sequence, schema, batch } = pending
    const { peer } = this.#transport
    const origin = { key, peer, producer, epoch: hello.epoch, sequence, schema }
    return project.offer({
      type: 'offer',
      source: { type: 'stream', id: this.id },
      offers: [offerOfProven(origin, proof, batch)],
      limits: key,
      reply: outcome => {
        // Before its memory is given back.
        keepRefused(this.#deps.letters, key.projectId, { proof, batch }, outcome)
        this.#session.settled(pending, outcome)
        this.#flow()
      },
    })
  }

  #ended(end: SessionEnd): void {
    this.#cancelHello()
    this.#admitted?.project.offer({ type: 'close-stream', id: this.id })
    this.#transport.end(end)
    this.#onEnd()
  }

  /** Reads on, or lets the sender wait. */
  #flow(): void {
    const pause = this.#isBlocked || !this.#session.wantsMore
    if (pause === this.#isPaused) return
    this.#isPaused = pause
    if (pause) this.#transport.pause()
    else this.#transport.resume()
  }
}

function checkHello({ producer, epoch, firstUnacked }: Hello): void {
  const bad = (what: string): HttpProblem => new HttpProblem('LOGBOY_BAD_REQUEST', `bad ${what}`)
  if (producer < 1n || producer >= 1n << 63n) throw bad('producer, expected 63 bits')
  if (epoch > EPOCH_MAX) throw bad(`epoch, at most ${EPOCH_MAX}`)
  if (firstUnacked < 1 || firstUnacked > SEQUENCE_MAX) throw bad('first_unacked')
}
