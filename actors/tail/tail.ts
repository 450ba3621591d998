/**
 * The live tail: follows the commit log and hands matching rows to sockets, filtered on worker
 * threads. It holds the log back for nobody: what a subscription cannot follow it reads again
 * later, and what a socket cannot take is dropped and told. A project without subscribers costs
 * nothing.
 */
import type {
  CommitLog,
  Following,
  LiveDelivery,
  LogEntry,
  LogPlace,
  ReadOutcome,
} from '#actors/commit-log/commit-log.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import { BATCH_RECORDS_MAX, TAIL_FRAME_ROWS_MAX } from '#proto/limits.ts'
import type { Trouble } from '#proto/trouble.ts'
import {
  type Actor,
  type Context,
  defineActor,
  RuntimeError,
  type TaskPool,
} from '#runtime/index.ts'
import { frameIntervalMs } from './frame-interval.ts'
import { type Edges, endOf, nowOf, startFor } from './log-edges.ts'
import { type Found, type Look, lookAt } from './look.ts'
import { discard, Reading, readStored, type StoredChunk } from './reading.ts'
import { SharedFrames } from './shared-frames.ts'
import { Subscription } from './subscription.ts'
import type { TailRequest } from './tail-request.ts'

type Message =
  | TailRequest
  | { readonly type: 'committed'; readonly delivery: LiveDelivery }
  | { readonly type: 'stored'; readonly reading: Reading; readonly chunk: StoredChunk }
  | {
      readonly type: 'read'
      readonly reading: Reading
      readonly outcome: ReadOutcome | 'void'
    }
  | { readonly type: 'read-failed'; readonly reading: Reading; readonly error: Error }
  | { readonly type: 'looked'; readonly found: readonly Found[] }
  | { readonly type: 'look-failed'; readonly looks: readonly Look[]; readonly error: Error }
  | { readonly type: 'rested' }
  | { readonly type: 'flush' }
  | { readonly type: 'tick' }

interface Deps {
  readonly log: CommitLog
  readonly pool: TaskPool
  /** What the process does without at present; told to every socket when it changes. */
  readonly troubles: () => readonly Trouble[]
}

const TICK_MS = 1_000
/** Proxies close connections that are silent for longer. */
const SILENCE_MAX_MS = 15_000
/** Matches of one committed batch that are made into rows; no one reads more in so short a time. */
const LIVE_ROWS_MAX = 2 * TAIL_FRAME_ROWS_MAX
/** Batches being looked at; beyond it live ones are left to be read from the log later. */
const LOOKING_MAX = 64
const FAILURES_MAX = 3
const REST_MS = 250

export const tail = defineActor({
  name: 'tail',
  mailbox: { capacity: 1_024, whenFull: 'wait' },
  create: (context: Context<Message>, deps: Deps) => new Tail(context, deps),
  crashed(message: Message) {
    if (message.type === 'committed') release(message.delivery)
    if (message.type === 'stored') discard(message.chunk)
    // Nobody else knows of it yet.
    if (message.type === 'subscribe') message.subscriber.close('the tail failed')
  },
})

class Tail implements Actor<Message> {
  readonly #context: Context<Message>
  readonly #deps: Deps
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #byProject = new Map<string, Set<Subscription>>()
  readonly #frames = new SharedFrames()
  readonly #readings = new Map<Subscription, Reading>()
  /** Those whose last look failed: they go on a little later. */
  readonly #resting = new Set<Subscription>()
  #following: Following | undefined
  /** Everything up to here was given to the subscriptions that are live. */
  #covered: LogPlace | undefined
  #looking = 0
  #flushIsDue = false
  #troubles: readonly Trouble[] = []
  #droppedByClosed = 0

  constructor(context: Context<Message>, deps: Deps) {
    this.#context = context
    this.#deps = deps
    context.signal.addEventListener('abort', () => this.#end(), { once: true })
  }

  started(): void {
    const { self } = this.#context
    this.#following = this.#deps.log.follow({
      receive: delivery => {
        for (const { batch } of delivery.entries) batch.retain()
        return self.tell({ type: 'committed', delivery })
      },
    })
    this.#context.timer('tick', TICK_MS, { type: 'tick' })
  }

  receive(message: Message): void {
    switch (message.type) {
      case 'subscribe':
        return this.#subscribe(message)
      case 'filter':
        return this.#with(message.id, it => {
          const isHeld = it.mode === 'paused' && !this.#resting.has(it)
          this.#begin(it, isHeld ? 'paused' : 'reading', message.filter)
        })
      case 'pause':
        return this.#with(message.id, it => this.#begin(it, 'paused'))
      case 'resume':
        return this.#with(message.id, it => {
          if (it.mode === 'paused') this.#begin(it, 'reading')
        })
      case 'unsubscribe':
        return this.#with(message.id, it => this.#remove(it))
      case 'committed':
        return this.#committed(message.delivery)
      case 'stored':
        return this.#stored(message.reading, message.chunk)
      case 'read':
        return this.#read(message.reading, message.outcome)
      case 'read-failed':
        return this.#ofReading(message.reading, it => this.#failed(it, message.error))
      case 'looked':
        return this.#looked(message.found)
      case 'look-failed':
        return this.#lookFailed(message.looks, message.error)
      case 'rested':
        return this.#rested()
      case 'flush':
        return this.#flush()
      case 'tick':
        return this.#tick()
    }
  }

  observe(): Record<string, unknown> {
    const open = [...this.#subscriptions.values()]
    return {
      subscriptions: this.#subscriptions.size,
      dropped: open.reduce((sum, { dropped }) => sum + dropped, this.#droppedByClosed),
      looking: this.#looking,
      sockets: Object.fromEntries([...this.#subscriptions].map(([id, it]) => [id, it.observe()])),
    }
  }

  /** Whichever way this incarnation ends: its sockets come back with their tokens to the next. */
  #end(): void {
    this.#following?.stop()
    for (const reading of this.#readings.values()) reading.cancel()
    for (const { subscriber } of this.#subscriptions.values()) subscriber.close('the tail ended')
  }

  #subscribe(request: Extract<TailRequest, { type: 'subscribe' }>): void {
    const { id, projectId, after } = request
    const others = this.#byProject.get(projectId) ?? new Set()
    if (others.size === 0) this.#following?.watch(projectId)
    const options = { ...request, frames: this.#frames }
    const subscription = new Subscription(options, after ?? endOf(this.#edges(projectId)))
    this.#subscriptions.set(id, subscription)
    this.#byProject.set(projectId, others.add(subscription))
    subscription.hello(this.#nowMs())
    if (this.#troubles.length > 0) subscription.degraded(this.#troubles, this.#nowMs())
    // Also without a token: what is committed before the log follows the project has to be read.
    this.#begin(subscription, 'reading')
  }

  #with(id: string, use: (subscription: Subscription) => void): void {
    const subscription = this.#subscriptions.get(id)
    if (subscription !== undefined) use(subscription)
  }

  #remove(subscription: Subscription): void {
    // What is still being looked at for it must not reach a socket that is gone.
    this.#begin(subscription, 'paused')
    this.#droppedByClosed += subscription.dropped
    this.#subscriptions.delete(subscription.id)
    const others = this.#byProject.get(subscription.projectId)
    others?.delete(subscription)
    if (others?.size !== 0) return
    this.#byProject.delete(subscription.projectId)
    this.#following?.unwatch(subscription.projectId)
  }

  /** Starts anew from what the socket has received. */
  #begin(subscription: Subscription, mode: Subscription['mode'], filter?: RowFilter): void {
    this.#readings.get(subscription)?.cancel()
    this.#readings.delete(subscription)
    this.#resting.delete(subscription)
    subscription.restart(mode, this.#nowMs(), filter)
    if (mode === 'reading') this.#readOn(subscription)
  }

  /** A round of reading, from what is covered to the present end of the log. */
  #readOn(subscription: Subscription): void {
    const { log } = this.#deps
    const { positions: from, rows } = subscription.next
    subscription.roundBegins()
    const reading = new Reading(rows, endOf(this.#edges(subscription.projectId)))
    this.#readings.set(subscription, reading)
    const { self, signal } = this.#context
    const { projectId, kind } = subscription
    const receive = (chunk: StoredChunk): void | Promise<void> =>
      self.tell({ type: 'stored', reading, chunk })
    this.#context.pipe(
      readStored({ log, projectId, kind, from, signal, receive }),
      outcome => ({ type: 'read', reading, outcome }),
      error => ({ type: 'read-failed', reading, error }),
    )
  }

  #ofReading(reading: Reading, use: (subscription: Subscription) => void): void {
    for (const [subscription, current] of this.#readings) {
      if (current === reading) return use(subscription)
    }
  }

  #stored(reading: Reading, chunk: StoredChunk): void {
    let isWanted = false
    this.#ofReading(reading, subscription => {
      isWanted = true
      reading.add(chunk)
      this.#progress(subscription)
    })
    if (!isWanted) discard(chunk)
  }

  #read(reading: Reading, outcome: ReadOutcome | 'void'): void {
    this.#ofReading(reading, subscription => {
      if (outcome !== 'void') reading.ended(outcome)
      this.#progress(subscription)
    })
  }

  /** Looks at committed batches for those who follow live, and for those who soon will. */
  #committed({ entries, covered }: LiveDelivery): void {
    for (const entry of entries) {
      const { envelope, batch } = entry
      const followers = [...(this.#byProject.get(envelope.projectId) ?? [])].filter(
        ({ kind }) => kind === envelope.kind,
      )
      if (this.#looking >= LOOKING_MAX) {
        batch.release()
        for (const it of followers) if (!it.missLive()) this.#begin(it, 'reading')
      } else {
        const looks = followers.map(it => this.#lookOf(it, entry, 0, LIVE_ROWS_MAX))
        this.#look(
          entry,
          looks.filter(({ subscription, ticket }) => subscription.expectLive(ticket)),
        )
      }
    }
    this.#covered = covered
  }

  /** Hands on what is known, asks for more where there is room, and moves on to live at the end. */
  #progress(subscription: Subscription): void {
    subscription.settle(this.#nowMs())
    const reading = this.#readings.get(subscription)
    if (reading !== undefined) this.#advance(subscription, reading)
    this.#deliver(subscription)
  }

  #advance(subscription: Subscription, reading: Reading): void {
    while (subscription.hasRoom) {
      const next = reading.take()
      if (next === undefined) break
      const look = this.#lookOf(subscription, next.entry, next.fromRow, BATCH_RECORDS_MAX)
      subscription.expectStored(look.ticket)
      this.#look(next.entry, [look])
    }
    const { outcome } = reading
    // A gap is told after everything before it.
    if (outcome === undefined || (outcome !== 'end' && !subscription.isSettled)) return
    this.#readings.delete(subscription)
    if (outcome === 'end') {
      if (!subscription.goLive(reading.end)) this.#readOn(subscription)
      return
    }
    const edges = this.#edges(subscription.projectId)
    const place = outcome === 'gone' ? startFor(subscription.next, edges) : nowOf(edges)
    subscription.skipTo(place)
    this.#readOn(subscription)
  }

  #lookOf(subscription: Subscription, entry: LogEntry, fromRow: number, rowsMax: number): Look {
    const { partition, position, envelope } = entry
    const receivedAtUs = Number(envelope.receivedAtUs)
    const ticket = { partition, position, receivedAtUs, matches: null }
    return { subscription, generation: subscription.generation, ticket, fromRow, rowsMax }
  }

  #look(entry: LogEntry, looks: readonly Look[]): void {
    if (looks.length === 0) return entry.batch.release()
    this.#looking++
    this.#context.pipe(
      lookAt(this.#deps.pool, entry, looks),
      found => ({ type: 'looked', found }),
      error => ({ type: 'look-failed', looks, error }),
    )
  }

  #looked(found: readonly Found[]): void {
    this.#looking--
    for (const { look, matches } of found) {
      const { subscription, generation, ticket } = look
      if (generation !== subscription.generation) continue
      ticket.matches = matches
      this.#progress(subscription)
    }
  }

  #lookFailed(looks: readonly Look[], error: Error): void {
    this.#looking--
    for (const { subscription, generation } of looks) {
      if (generation === subscription.generation) this.#failed(subscription, error)
    }
  }

  /**
   * Tries again from what the socket has, after a rest. Threads that are busy may take their time;
   * a batch that fails every time ends the socket.
   */
  #failed(subscription: Subscription, error: Error): void {
    const isBusy = error instanceof RuntimeError && error.code === 'LOGBOY_THREAD_BUSY'
    if (!isBusy && subscription.failed() >= FAILURES_MAX) {
      subscription.fail('LOGBOY_TAIL_FAILED', error.message, this.#nowMs())
      return this.#remove(subscription)
    }
    this.#begin(subscription, 'paused')
    this.#resting.add(subscription)
    this.#context.timer('rested', REST_MS, { type: 'rested' })
  }

  #rested(): void {
    for (const subscription of this.#resting) this.#begin(subscription, 'reading')
  }

  /** At once after a silence; else the next flush takes all that has come together by then. */
  #deliver(subscription: Subscription): void {
    if (!subscription.hasFrames) return
    const nowMs = this.#nowMs()
    const intervalMs = frameIntervalMs(this.#subscriptions.size)
    if (subscription.silenceMs(nowMs) >= intervalMs) subscription.pump(nowMs)
    if (!subscription.hasFrames || this.#flushIsDue) return
    this.#flushIsDue = true
    this.#context.timer('flush', intervalMs, { type: 'flush' })
  }

  #flush(): void {
    this.#flushIsDue = false
    for (const subscription of this.#subscriptions.values()) {
      subscription.pump(this.#nowMs())
      this.#progress(subscription)
    }
  }

  #tick(): void {
    this.#context.timer('tick', TICK_MS, { type: 'tick' })
    const before = this.#troubles
    this.#troubles = this.#deps.troubles()
    const hasChanged = before.join() !== this.#troubles.join()
    for (const subscription of this.#subscriptions.values()) {
      if (hasChanged) subscription.degraded(this.#troubles, this.#nowMs())
      if (this.#covered !== undefined) subscription.cover(this.#covered)
      this.#progress(subscription)
      subscription.idle(this.#nowMs(), SILENCE_MAX_MS)
    }
  }

  #edges(projectId: string): Edges {
    return { log: this.#deps.log, projectId, nowUs: this.#context.clock.nowUs() }
  }

  #nowMs(): number {
    return this.#context.clock.monotonicMs()
  }
}

function release({ entries }: LiveDelivery): void {
  for (const { batch } of entries) batch.release()
}
