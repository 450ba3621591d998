import assert from 'node:assert/strict'
import type { MailboxOptions } from './actor.ts'
import type { Clock } from './clock.ts'
import { RuntimeError } from './runtime-error.ts'

/** Timers and piped results of one actor; more means that it starts work without end. */
const URGENT_MAX = 65_536
/** Senders waiting for room; each is somebody who awaits `tell`, so this many is a bug. */
const WAITING_MAX = 65_536

/** Plain numbers for `observe`. */
export interface MailboxState {
  readonly depth: number
  readonly capacity: number
  /** Senders waiting for room. */
  readonly waiting: number
  /** Time during which at least one sender waited. */
  readonly backPressureMs: number
  readonly accepted: number
  readonly rejected: number
  readonly dropped: number
}

interface Waiting<Message> {
  readonly message: Message
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * The receiving side of a Ref: two lanes, the urgent one (an actor's own timers and results) ahead
 * of the regular one, which is bounded and, when full, does what its policy says.
 *
 *   senders ──▶ waiting ──▶ regular (capacity) ──┐
 *                                                ├──▶ take
 *   timers, piped results ──▶ urgent ────────────┘
 */
export class Mailbox<Message> {
  readonly #address: string
  readonly #options: MailboxOptions
  readonly #clock: Clock
  readonly #wake: () => void
  readonly #urgent = new Ring<Message>()
  readonly #regular = new Ring<Message>()
  readonly #waiting = new Ring<Waiting<Message>>()
  #closed: RuntimeError | undefined
  #accepted = 0
  #rejected = 0
  #dropped = 0
  #backPressureMs = 0
  #fullSinceMs: number | undefined

  /** `wake` is called for every message that arrives. */
  constructor(address: string, options: MailboxOptions, clock: Clock, wake: () => void) {
    assert(Number.isInteger(options.capacity) && options.capacity > 0, 'a mailbox needs a capacity')
    this.#address = address
    this.#options = options
    this.#clock = clock
    this.#wake = wake
  }

  /** Messages that the actor has not taken yet, those of waiting senders included. */
  get depth(): number {
    return this.#urgent.size + this.#regular.size + this.#waiting.size
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  /** Follows the policy when full; see Ref. */
  tell(message: Message): void | Promise<void> {
    if (this.#closed !== undefined) throw this.#closed
    if (this.#hasRoom()) return this.#accept(message)
    if (this.#options.whenFull === 'wait') return this.#wait(message)
    this.#rejected++
    throw new RuntimeError('LOGBOY_MAILBOX_FULL', `mailbox of ${this.#address} is full`)
  }

  offer(message: Message): boolean {
    if (this.#closed === undefined && this.#hasRoom()) {
      this.#accept(message)
      return true
    }
    this.#rejected++
    return false
  }

  /** For the actor's own timers and results: never waits, bounded by what the actor started. */
  push(message: Message): void {
    assert(this.#urgent.size < URGENT_MAX, `${this.#address} starts more work than it finishes`)
    this.#urgent.push(message)
    this.#wake()
  }

  take(): Message | undefined {
    const urgent = this.#urgent.shift()
    if (urgent !== undefined) return urgent
    const message = this.#regular.shift()
    if (this.#waiting.size > 0) this.#admitWaiting()
    return message
  }

  /** Drops what only the incarnation that ended could have understood. */
  forgetUrgent(): number {
    const forgotten = this.#urgent.size
    this.#urgent.clear()
    return forgotten
  }

  /** Nothing comes in any more; waiting senders are refused. Answers what was left inside. */
  close(): Message[] {
    const gone = new RuntimeError('LOGBOY_ACTOR_GONE', `${this.#address} has ended`)
    this.#closed = gone
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next.reject(gone)
    }
    this.#endFullTime()
    const left: Message[] = []
    for (let next = this.#regular.shift(); next !== undefined; next = this.#regular.shift()) {
      left.push(next)
    }
    return left
  }

  observe(): MailboxState {
    return {
      depth: this.#urgent.size + this.#regular.size,
      capacity: this.#options.capacity,
      waiting: this.#waiting.size,
      backPressureMs: Math.round(this.#backPressureMs + this.#fullMs()),
      accepted: this.#accepted,
      rejected: this.#rejected,
      dropped: this.#dropped,
    }
  }

  #hasRoom(): boolean {
    if (this.#regular.size < this.#options.capacity) return true
    if (this.#options.whenFull !== 'drop-oldest') return false
    this.#regular.shift()
    this.#dropped++
    return true
  }

  #accept(message: Message): void {
    this.#accepted++
    this.#regular.push(message)
    this.#wake()
  }

  #wait(message: Message): Promise<void> {
    if (this.#waiting.size >= WAITING_MAX) {
      this.#rejected++
      throw new RuntimeError('LOGBOY_MAILBOX_FLOODED', `nobody waits for ${this.#address}`)
    }
    this.#fullSinceMs ??= this.#clock.monotonicMs()
    return new Promise((resolve, reject) => this.#waiting.push({ message, resolve, reject }))
  }

  /** Keeps the order: a newcomer finds the mailbox full as long as somebody waits. */
  #admitWaiting(): void {
    const next = this.#waiting.shift()
    assert(next !== undefined)
    if (this.#waiting.size === 0) this.#endFullTime()
    this.#accept(next.message)
    next.resolve()
  }

  #endFullTime(): void {
    this.#backPressureMs += this.#fullMs()
    this.#fullSinceMs = undefined
  }

  #fullMs(): number {
    return this.#fullSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#fullSinceMs
  }
}

/** A power of two, so that positions wrap by a mask. */
const SLOTS_MIN = 8

function emptySlots(): undefined[] {
  return Array.from({ length: SLOTS_MIN })
}

/** First in, first out, over an array that grows by doubling and is never moved item by item. */
class Ring<Item> {
  #items: (Item | undefined)[] = emptySlots()
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  push(item: Item): void {
    if (this.#size === this.#items.length) this.#grow()
    this.#items[(this.#head + this.#size) & (this.#items.length - 1)] = item
    this.#size++
  }

  shift(): Item | undefined {
    if (this.#size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#items.length - 1)
    this.#size--
    return item
  }

  clear(): void {
    this.#items = emptySlots()
    this.#head = 0
    this.#size = 0
  }

  #grow(): void {
    const items = this.#items
    this.#items = [...items.slice(this.#head), ...items.slice(0, this.#head)]
    this.#items.length = items.length * 2
    this.#head = 0
  }
}
