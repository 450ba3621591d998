/**
 * A server as the protocol describes it, on a line that fails: it throttles, forgets, goes silent,
 * asks for new epochs, and is cut off at any moment. What it stores is there for the test to judge.
 */
import type { BatchFrame, ServerMessage } from '../../proto/stream.ts'
import type { Clock } from '../clock.ts'
import type {
  Connection,
  ConnectionEnd,
  ConnectionHandler,
  Hello,
  Transport,
} from '../transport.ts'
import type { SeededRandom } from './seeded.ts'

/** Probabilities of each fault: per message, per connection or per answer. */
export interface Faults {
  readonly refuseConnection: number
  readonly cut: number
  readonly throttle: number
  readonly silence: number
  readonly newEpoch: number
  /** Batches that may still be sent in an epoch that ends. */
  readonly newEpochAhead: number
  readonly forget: number
  readonly swapAnswers: number
  readonly maxDelayMs: number
}

export const NO_FAULTS: Faults = {
  refuseConnection: 0,
  cut: 0,
  throttle: 0,
  silence: 0,
  newEpoch: 0,
  newEpochAhead: 0,
  forget: 0,
  swapAnswers: 0,
  maxDelayMs: 5,
}

export interface Stored {
  readonly id: number
  readonly producer: bigint
  readonly epoch: number
  readonly sequence: number
}

/** The end of an epoch that the server asked for, until the producer opens the next one. */
interface EpochEnd {
  readonly epoch: number
  readonly after: number
}

export class ModelServer {
  readonly stored: Stored[] = []
  readonly violations: string[] = []
  readonly hellos: Hello[] = []
  faults: Faults = NO_FAULTS
  /** Ids of batches that it finds invalid. */
  readonly bad = new Set<number>()
  readonly clock: Clock
  readonly random: SeededRandom
  /** Epochs that were ended and followed by the next, as asked for. */
  epochsEnded = 0
  private readonly lines = new Set<Line>()
  private readonly producers = new Map<bigint, { epoch: number; last: number }>()
  private readonly ends = new Map<bigint, EpochEnd>()

  constructor(clock: Clock, random: SeededRandom) {
    this.clock = clock
    this.random = random
  }

  transport(name: Transport['name'] = 'grpc', isGreeted = true): Transport {
    const connect: Transport['connect'] = (hello, handler) => {
      const line = new Line(this, hello, handler)
      this.lines.add(line)
      return line
    }
    return { name, isGreeted, connect }
  }

  /** A sender has one stream: older ones are connections that it has given up. */
  supersede(newest: Line): void {
    for (const line of this.lines) {
      if (line === newest || line.hello.producer !== newest.hello.producer) continue
      line.end(unavailable('the sender opened another stream'))
      this.lines.delete(line)
    }
  }

  /** It dies and is there again: what it stored stays, what was on its way does not. */
  crash(): void {
    for (const line of this.lines) line.end(unavailable('the server died'))
    this.lines.clear()
  }

  /** Of one producer, or of all. */
  forget(producer?: bigint): void {
    for (const known of [this.producers, this.ends]) {
      if (producer === undefined) known.clear()
      else known.delete(producer)
    }
  }

  /** What was asked of this epoch; null = it goes on. */
  endOf({ producer, epoch }: Hello): EpochEnd | null {
    const end = this.ends.get(producer)
    return end?.epoch === epoch ? end : null
  }

  endEpoch({ producer, epoch }: Hello, sequence: number): EpochEnd {
    const { newEpochAhead } = this.faults
    const ahead = newEpochAhead && Math.floor(this.random.unit() * (newEpochAhead + 1))
    const end = { epoch, after: sequence + ahead }
    this.ends.set(producer, end)
    return end
  }

  /** What is known of a producer in this epoch; 'expired' where it has to begin a new one. */
  open({ producer, epoch, firstUnacked }: Hello): { lastDurable: number | null } | 'expired' {
    const known = this.producers.get(producer)
    if (known === undefined) return firstUnacked > 1 ? 'expired' : { lastDurable: null }
    if (known.epoch > epoch) return 'expired'
    if (epoch > known.epoch) this.began(producer, known.last)
    return { lastDurable: known.epoch === epoch ? known.last : null }
  }

  /** What came before is stored: batches of the old epoch are acknowledged first. */
  private began(producer: bigint, last: number): void {
    const end = this.ends.get(producer)
    if (end === undefined) return
    if (last < end.after) this.violations.push(`a new epoch after ${last}, not ${end.after}`)
    this.ends.delete(producer)
    this.epochsEnded++
  }

  /** Stores a batch unless it has it; answers only after that. */
  store({ producer, epoch }: Hello, { sequence, batch }: BatchFrame): ServerMessage {
    const id = idOf(batch)
    const known = this.producers.get(producer)
    const isNew = known === undefined || epoch > known.epoch || sequence > known.last
    if (isNew) this.producers.set(producer, { epoch, last: sequence })
    if (this.bad.has(id)) return { type: 'reject', sequence, reason: 'bad' }
    if (isNew) this.stored.push({ id, producer, epoch, sequence })
    return { type: 'ack', sequence, rejectedCount: 0, rejected: [] }
  }

  delay(): number {
    return this.random.unit() * this.faults.maxDelayMs
  }
}

/** A batch of one record whose content is its id. */
export function batchOf(id: number): { bytes: Uint8Array; records: number } {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setUint32(0, id)
  return { bytes, records: 1 }
}

function idOf(batch: Uint8Array): number {
  return new DataView(batch.buffer, batch.byteOffset).getUint32(0)
}

/** One connection. Both directions keep their order, and lose everything when it is cut. */
class Line implements Connection {
  private readonly server: ModelServer
  readonly hello: Hello
  private readonly handler: ConnectionHandler
  private isCut = false
  /** The server hears nothing more. */
  private isEnded = false
  private isSilent = false
  private isOpen = false
  private next = 0
  private discardFrom: number | null = null
  /** The sender has read that its epoch ends there. */
  private toldAfter = Number.POSITIVE_INFINITY
  private upAtMs = 0
  private downAtMs = 0
  private held: ServerMessage | null = null

  constructor(server: ModelServer, hello: Hello, handler: ConnectionHandler) {
    this.server = server
    this.hello = hello
    this.handler = handler
    server.hellos.push(hello)
    this.up(() => this.greet())
  }

  send(frame: BatchFrame): void {
    if (!this.isOpen) this.server.violations.push('a batch before the welcome')
    if (frame.sequence > this.toldAfter) {
      this.server.violations.push(`batch ${frame.sequence} in an epoch of ${this.toldAfter}`)
    }
    this.up(() => this.take(frame))
  }

  close(): void {
    this.isCut = true
  }

  private greet(): void {
    const { faults, random } = this.server
    // A producer that has nothing acknowledged yet is not told apart from one that is new.
    if (this.hello.firstUnacked > 1 && random.chance(faults.forget)) {
      this.server.forget(this.hello.producer)
    }
    if (random.chance(faults.refuseConnection)) return this.end(unavailable('refused'))
    const opened = this.server.open(this.hello)
    if (opened === 'expired') return this.end({ type: 'epoch-expired' })
    this.server.supersede(this)
    this.next = Math.max(this.hello.firstUnacked, (opened.lastDurable ?? 0) + 1)
    const limits = { highestSchema: 1, batchBytesMax: 1_000, batchRecordsMax: 10 }
    this.down({ type: 'welcome', lastDurable: opened.lastDurable, ...limits })
    this.tell(this.server.endOf(this.hello))
  }

  private take(frame: BatchFrame): void {
    const { faults, random } = this.server
    if (random.chance(faults.cut)) return this.end(unavailable('cut'))
    if (random.chance(faults.silence)) this.isSilent = true
    const { sequence } = frame
    if (this.discardFrom !== null && sequence !== this.discardFrom) return
    const end = this.server.endOf(this.hello)
    if (end !== null && sequence > end.after) return
    if (this.discardFrom === null && sequence > this.next) {
      this.server.violations.push(`batch ${sequence} came in place of ${this.next}`)
    }
    this.discardFrom = null
    if (random.chance(faults.throttle)) {
      this.discardFrom = sequence
      this.next = sequence
      this.flush()
      this.down({ type: 'throttle', fromSequence: sequence, retryAfterMs: 30, reason: 'full' })
      return
    }
    this.next = sequence + 1
    const answer = this.server.store(this.hello, frame)
    // Stored, and the sender may never hear of it.
    if (random.chance(faults.cut)) return this.end(unavailable('cut'))
    this.answer(answer)
    if (end !== null || !random.chance(faults.newEpoch)) return
    this.flush()
    this.tell(this.server.endEpoch(this.hello, sequence))
  }

  private tell(end: EpochEnd | null): void {
    if (end === null) return
    this.down({ type: 'new_epoch', after: end.after })
  }

  /** Acknowledgements may come the other way round. */
  private answer(message: ServerMessage): void {
    const { faults, random } = this.server
    if (this.held === null && random.chance(faults.swapAnswers)) {
      this.held = message
      this.server.clock.after(10, () => this.flush())
      return
    }
    this.down(message)
    this.flush()
  }

  private flush(): void {
    const { held } = this
    this.held = null
    if (held !== null) this.down(held)
  }

  private up(run: () => void): void {
    const { clock } = this.server
    this.upAtMs = Math.max(this.upAtMs, clock.monotonicMs() + this.server.delay())
    clock.after(this.upAtMs - clock.monotonicMs(), () => {
      if (!this.isCut && !this.isEnded) run()
    })
  }

  private down(message: ServerMessage): void {
    if (this.isSilent) return
    this.later(() => {
      if (message.type === 'new_epoch') this.toldAfter = message.after
      if (message.type === 'welcome') this.isOpen = true
      this.handler.received(message)
    })
  }

  /** The server hears nothing more, and the sender is told. */
  end(end: ConnectionEnd): void {
    if (this.isEnded) return
    this.isEnded = true
    this.later(() => {
      this.isCut = true
      this.handler.closed(end)
    })
  }

  private later(run: () => void): void {
    const { clock } = this.server
    this.downAtMs = Math.max(this.downAtMs, clock.monotonicMs() + this.server.delay())
    clock.after(this.downAtMs - clock.monotonicMs(), () => {
      if (!this.isCut) run()
    })
  }
}

function unavailable(reason: string): ConnectionEnd {
  return { type: 'unavailable', reason, retryAfterMs: 0 }
}
