import type { Context, ExitStatus, Ref } from './actor.ts'
import type { Cancel, Clock } from './clock.ts'
import type { KillSwitch } from './kill-switch.ts'
import type { Random } from './random.ts'
import { RuntimeError, toError } from './runtime-error.ts'

/** How an incarnation reaches its cell. */
export interface CellSide<Message> {
  deliver(make: () => Message): void
  /** `stopReason` has been set. */
  stop(): void
}

/** One life of an actor between two crashes; what the runtime lent to it goes back at its end. */
export class Incarnation<Message> implements Context<Message> {
  readonly self: Ref<Message>
  readonly clock: Clock
  readonly random: Random
  readonly #killSwitch: KillSwitch
  readonly #cell: CellSide<Message>
  readonly #timers = new Map<string, Cancel>()
  #piped = 0
  #stopReason: string | undefined

  constructor(
    self: Ref<Message>,
    machine: { readonly clock: Clock; readonly random: Random },
    killSwitch: KillSwitch,
    cell: CellSide<Message>,
  ) {
    this.self = self
    this.clock = machine.clock
    this.random = machine.random
    this.#killSwitch = killSwitch
    this.#cell = cell
  }

  get signal(): AbortSignal {
    return this.#killSwitch.signal
  }

  /** Piped work that has not come back. */
  get piped(): number {
    return this.#piped
  }

  get stopReason(): string | undefined {
    return this.#stopReason
  }

  timer(key: string, ms: number, message: Message): Cancel {
    this.#timers.get(key)?.()
    if (this.signal.aborted) return () => undefined
    const cancelTimer = this.clock.after(ms, () => {
      this.#timers.delete(key)
      this.#cell.deliver(() => message)
    })
    const cancel = (): void => {
      cancelTimer()
      if (this.#timers.get(key) === cancel) this.#timers.delete(key)
    }
    this.#timers.set(key, cancel)
    return cancel
  }

  pipe<Value>(
    work: Promise<Value>,
    onValue: (value: Value) => Message,
    onError: (error: Error) => Message,
  ): void {
    this.#piped++
    const land = (make: () => Message): void => {
      this.#piped--
      this.#cell.deliver(make)
    }
    work.then(
      value => land(() => onValue(value)),
      (error: unknown) => land(() => onError(toError(error))),
    )
  }

  stop(reason: string): void {
    this.#stopReason ??= reason
    this.#cell.stop()
  }

  end(status: ExitStatus): void {
    for (const cancel of this.#timers.values()) cancel()
    const ended = new RuntimeError('LOGBOY_ACTOR_GONE', `${this.self.address}: ${status.type}`)
    this.#killSwitch.kill(status.type === 'failed' ? status.error : ended)
  }
}
