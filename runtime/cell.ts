import assert from 'node:assert/strict'
import type { Actor, ActorDefinition, ExitStatus, Ref } from './actor.ts'
import type { Clock } from './clock.ts'
import { Incarnation } from './incarnation.ts'
import { KillSwitch } from './kill-switch.ts'
import { Mailbox, type MailboxState } from './mailbox.ts'
import type { Random } from './random.ts'
import { MailboxRef } from './ref.ts'
import { RuntimeError, toError } from './runtime-error.ts'
import { type Scheduler, TURN_MESSAGES_MAX, TURN_MS_MAX } from './scheduler.ts'

/** What the runtime itself runs on. */
export interface Machine {
  readonly clock: Clock
  readonly random: Random
  readonly scheduler: Scheduler
}

export interface CellOptions<Message, Deps> {
  readonly address: string
  readonly definition: ActorDefinition<Message, Deps>
  readonly deps: Deps
  readonly machine: Machine
  /** An incarnation has ended; `message` is what it failed on. The mailbox is still open. */
  onExit(status: ExitStatus, message: unknown): void
}

/** What `observe` tells of every actor. */
export interface ActorState {
  readonly address: string
  readonly name: string
  readonly state: 'idle' | 'ready' | 'busy' | 'ended'
  /** How long the present message has been held by a promise: a busy actor may be a sick one. */
  readonly busyMs: number
  readonly mailbox: MailboxState
  readonly restarts: number
  readonly lastFault: string | null
  /** Timers and results that came for an incarnation that had ended. */
  readonly stale: number
  /** The actor's own words. */
  readonly observed: Readonly<Record<string, unknown>>
}

/**
 * Runs one actor: takes a message, lets the actor handle it, takes the next. The mailbox and its
 * ref outlive the actor's incarnations; whoever owns the cell decides whether there is a next one.
 *
 *   start ──▶ idle ◀──▶ ready ◀──▶ busy (a promise holds the next message)
 *                         │          │
 *                         ▼          ▼
 *              stop, drain: stopping() ──▶ onExit      kill, failure ──▶ onExit
 */
export class Cell<Message, Deps> {
  readonly ref: Ref<Message>
  readonly #options: CellOptions<Message, Deps>
  readonly #mailbox: Mailbox<Message>
  #incarnation: Incarnation<Message> | undefined
  #actor: Actor<Message> | undefined
  /** A turn is scheduled or running, or a promise is awaited: nobody needs to be woken. */
  #awake = false
  #current: { readonly message: Message } | undefined
  #busySinceMs: number | undefined
  #drainReason: string | undefined
  /** `drained` was called since the last message. */
  #rested = true
  #restarts = 0
  /** The incarnation before failed, or was killed for the failure of another. */
  #diedEarly = false
  #stale = 0
  #lastFault: Error | undefined
  #markGone: () => void = () => undefined
  /** Settles once the cell is closed. */
  readonly gone = new Promise<void>(resolve => {
    this.#markGone = resolve
  })

  constructor(options: CellOptions<Message, Deps>) {
    const { address, definition, machine } = options
    this.#options = options
    this.#mailbox = new Mailbox(address, definition.mailbox, machine.clock, () => this.#wake())
    this.ref = new MailboxRef(address, this.#mailbox)
  }

  get address(): string {
    return this.#options.address
  }

  get alive(): boolean {
    return this.#incarnation !== undefined
  }

  /** Nothing to do now and nothing on its way. */
  get idle(): boolean {
    return !this.#awake && this.#mailbox.depth === 0 && (this.#incarnation?.piped ?? 0) === 0
  }

  /** Idle, and the actor does not mind to go. */
  get mayRest(): boolean {
    return this.idle && (this.#actor?.mayRest?.() ?? true)
  }

  get depth(): number {
    return this.#mailbox.depth
  }

  /** Nobody can send any more. */
  get closed(): boolean {
    return this.#mailbox.closed
  }

  /** Makes an incarnation, which dies with `killSwitch` at the latest. */
  start(killSwitch: KillSwitch): void {
    assert(this.#incarnation === undefined, `${this.address} runs already`)
    const { definition, deps, machine } = this.#options
    const own = new KillSwitch(killSwitch)
    const incarnation: Incarnation<Message> = new Incarnation(this.ref, machine, own, {
      deliver: message => this.#deliver(incarnation, message),
      stop: () => this.#wake(),
    })
    this.#incarnation = incarnation
    if (this.#diedEarly) this.#restarts++
    own.signal.addEventListener('abort', () => {
      this.#finish(incarnation, { type: 'killed', reason: toError(own.fault).message })
    })
    this.#awake = true
    const begin = (): void | Promise<void> => {
      this.#actor = definition.create(incarnation, deps)
      return this.#actor.started?.()
    }
    const ready = (): void => this.#schedule(incarnation)
    if (this.#guard(incarnation, begin, ready)) ready()
  }

  /** Ends after the present message, though others may be waiting. */
  stop(reason: string): void {
    this.#incarnation?.stop(reason)
  }

  /** Ends once nothing is left to handle and no piped work is open. */
  drain(reason: string): void {
    this.#drainReason = reason
    this.#wake()
  }

  /** There will be no next incarnation: answers how many messages nobody will handle. */
  close(): number {
    assert(this.#incarnation === undefined, `${this.address} is still running`)
    this.#markGone()
    const left = this.#mailbox.close()
    const error = new RuntimeError('LOGBOY_UNDELIVERED', `${this.address} has ended`)
    for (const message of left) this.#options.definition.crashed?.(message, error)
    return left.length
  }

  observe(): ActorState {
    const { address, definition, machine } = this.#options
    const since = this.#busySinceMs
    const awake = since === undefined ? 'ready' : 'busy'
    return {
      address,
      name: definition.name,
      state: this.alive ? (this.#awake ? awake : 'idle') : 'ended',
      busyMs: since === undefined ? 0 : Math.round(machine.clock.monotonicMs() - since),
      mailbox: this.#mailbox.observe(),
      restarts: this.#restarts,
      lastFault: this.#lastFault?.message ?? null,
      stale: this.#stale,
      observed: this.#observeActor(),
    }
  }

  /** An actor that cannot speak of itself must not silence the others. */
  #observeActor(): Record<string, unknown> {
    try {
      return this.#actor?.observe?.() ?? {}
    } catch (error) {
      return { error: toError(error).message }
    }
  }

  #wake(): void {
    if (this.#awake || this.#incarnation === undefined) return
    this.#awake = true
    this.#schedule(this.#incarnation)
  }

  #schedule(incarnation: Incarnation<Message>): void {
    this.#options.machine.scheduler.schedule(() => {
      if (incarnation === this.#incarnation) this.#turn(incarnation)
    }, this.address)
  }

  #turn(incarnation: Incarnation<Message>): void {
    const { clock } = this.#options.machine
    const untilMs = clock.monotonicMs() + TURN_MS_MAX
    for (let handled = 0; handled < TURN_MESSAGES_MAX; handled++) {
      const reason = incarnation.stopReason
      if (reason !== undefined) return this.#leave(incarnation, { type: 'stopped', reason })
      const message = this.#mailbox.take()
      if (message === undefined) return this.#rest(incarnation)
      this.#rested = false
      if (!this.#handle(incarnation, message)) return
      if (clock.monotonicMs() >= untilMs) break
    }
    this.#schedule(incarnation)
  }

  /** Answers whether the next message may follow at once. */
  #handle(incarnation: Incarnation<Message>, message: Message): boolean {
    this.#current = { message }
    const handled = this.#guard(
      incarnation,
      () => this.#actor?.receive(message),
      () => {
        this.#current = undefined
        this.#schedule(incarnation)
      },
    )
    if (handled) this.#current = undefined
    return handled
  }

  /** The mailbox is empty: sleep, or go if that is what the drain was waiting for. */
  #rest(incarnation: Incarnation<Message>): void {
    if (!this.#rested) {
      this.#rested = true
      const again = (): void => this.#schedule(incarnation)
      if (!this.#guard(incarnation, () => this.#actor?.drained?.(), again)) return
    }
    if (this.#mailbox.depth > 0 || incarnation.stopReason !== undefined) {
      return this.#schedule(incarnation)
    }
    if (this.#drainReason !== undefined && incarnation.piped === 0) {
      this.#mailbox.close()
      return this.#leave(incarnation, { type: 'done' })
    }
    this.#awake = false
  }

  #leave(incarnation: Incarnation<Message>, status: ExitStatus): void {
    const reason = incarnation.stopReason ?? this.#drainReason ?? status.type
    const finish = (): void => this.#finish(incarnation, status)
    if (this.#guard(incarnation, () => this.#actor?.stopping?.(reason), finish)) finish()
  }

  /**
   * Runs the actor's code; what it throws or rejects with ends the incarnation. True: done at once.
   * False: it is over, or a promise is awaited, after which `later` is called.
   */
  #guard(
    incarnation: Incarnation<Message>,
    run: () => void | Promise<void>,
    later: () => void,
  ): boolean {
    let pending: void | Promise<void> = undefined
    try {
      pending = run()
    } catch (error) {
      this.#fail(incarnation, error)
    }
    const alive = incarnation === this.#incarnation
    if (!(pending instanceof Promise)) return alive
    if (alive) this.#busySinceMs = this.#options.machine.clock.monotonicMs()
    pending.then(
      () => {
        if (incarnation !== this.#incarnation) return
        this.#busySinceMs = undefined
        later()
      },
      (error: unknown) => this.#fail(incarnation, error),
    )
    return false
  }

  /** A timer or a piped result; making the message is the actor's code, too. */
  #deliver(incarnation: Incarnation<Message>, make: () => Message): void {
    if (incarnation !== this.#incarnation) {
      this.#stale++
      return
    }
    try {
      this.#mailbox.push(make())
    } catch (error) {
      this.#fail(incarnation, error)
    }
  }

  #fail(incarnation: Incarnation<Message>, thrown: unknown): void {
    if (incarnation !== this.#incarnation) return
    const error = toError(thrown)
    const current = this.#current
    this.#lastFault = error
    if (current !== undefined) this.#options.definition.crashed?.(current.message, error)
    this.#finish(incarnation, { type: 'failed', error }, current?.message)
  }

  #finish(incarnation: Incarnation<Message>, status: ExitStatus, message?: Message): void {
    if (incarnation !== this.#incarnation) return
    this.#incarnation = undefined
    this.#diedEarly = status.type === 'failed' || status.type === 'killed'
    this.#awake = false
    this.#current = undefined
    this.#busySinceMs = undefined
    this.#stale += this.#mailbox.forgetUrgent()
    incarnation.end(status)
    this.#options.onExit(status, message)
  }
}
