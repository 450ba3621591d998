import type { ActorDefinition, ExitStatus, Ref } from './actor.ts'
import { Cell, type Machine } from './cell.ts'
import type { Cancel } from './clock.ts'
import { KillSwitch } from './kill-switch.ts'
import type { Registry } from './registry.ts'
import { RuntimeError } from './runtime-error.ts'

/** When to try again after a fault, and when to give up. */
export interface RestartPolicy {
  /** Restarts within `windowMs`; the fault after that is escalated. */
  readonly limit: number
  readonly windowMs: number
  /** Doubles with every restart within the window, up to the maximum; times 0.5 to 1 at random. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
}

/** For stages that have no reason to differ. */
export const RESTART_POLICY: RestartPolicy = {
  limit: 10,
  windowMs: 10 * 60_000,
  backoffMinMs: 100,
  backoffMaxMs: 30_000,
}

/** Told whenever an actor fails: the place to log it and to count it. */
export interface Fault {
  readonly address: string
  readonly error: Error
  /** What was being handled; it is not delivered again. undefined = none. */
  readonly message: unknown
  readonly consequence:
    | { readonly type: 'restart'; readonly afterMs: number }
    /** The limit is reached: the group has ended, its mailboxes are closed. */
    | { readonly type: 'escalate' }
    | { readonly type: 'none' }
}

export interface SupervisorOptions {
  readonly name: string
  readonly machine: Machine
  readonly registry: Registry
  readonly parent: KillSwitch
  readonly restart: RestartPolicy
  /** An actor that stopped itself starts again if messages wait for it (keyed actors). */
  readonly revive: boolean
  onFault(fault: Fault): void
  /** Every member has ended for good; with the root cause if that was the limit of restarts. */
  onEnd(fault: Error | undefined): void
}

/** A cell, whatever its messages are. */
interface Member {
  readonly address: string
  readonly alive: boolean
  readonly mayRest: boolean
  readonly closed: boolean
  readonly depth: number
  readonly gone: Promise<void>
  start(killSwitch: KillSwitch): void
  stop(reason: string): void
  drain(reason: string): void
  close(): number
}

/**
 * Runs a group of actors that live and die together: when one fails all are killed, and after a
 * pause all start again from their last checkpoint. Mailboxes and refs survive; what waits in them
 * waits on, which is back-pressure to the senders.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  #members: Member[] = []
  #killSwitch: KillSwitch
  #restartsMs: number[] = []
  /** Set between a fault and the restart. */
  #cancelRestart: Cancel | undefined
  #ended = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#killSwitch = new KillSwitch(options.parent)
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Nobody has anything to do, waits for the restart, or minds to go. */
  get mayRest(): boolean {
    return this.#cancelRestart === undefined && this.#members.every(member => member.mayRest)
  }

  /** Adds an actor and starts it. Sink first: `deps` are refs of those added before. */
  spawn<Message, Deps>(
    address: string,
    definition: ActorDefinition<Message, Deps>,
    deps: Deps,
  ): Ref<Message> {
    const { machine, registry } = this.#options
    const cell: Cell<Message, Deps> = new Cell({
      address,
      definition,
      deps,
      machine,
      onExit: (status, message) => this.#exited(cell, status, message),
    })
    registry.add(cell)
    this.#members.push(cell)
    if (this.#ended) this.#retire(cell)
    else if (this.#cancelRestart === undefined) cell.start(this.#killSwitch)
    return cell.ref
  }

  /** Members end after their present message. */
  stop(reason: string): void {
    for (const member of this.#members) member.stop(reason)
  }

  /** Lets each finish what it has, the most upstream first, so that nothing is left in between. */
  async drain(reason: string): Promise<void> {
    if (this.#cancelRestart !== undefined) this.#restart()
    for (const member of this.#members.toReversed()) {
      member.drain(reason)
      await member.gone
    }
  }

  /** Ends all at once, without last words. */
  kill(fault: Error): void {
    this.#cancelRestart?.()
    this.#cancelRestart = undefined
    this.#killSwitch.kill(fault)
    for (const member of this.#members) this.#retire(member)
  }

  #exited(member: Member, status: ExitStatus, message: unknown): void {
    if (status.type === 'failed') return this.#failed(member, status.error, message)
    // Killed by the fault of another member: it starts again together with that one.
    if (status.type === 'killed' && this.#cancelRestart !== undefined) return
    const revived = this.#options.revive && status.type === 'stopped' && member.depth > 0
    if (revived) member.start(this.#killSwitch)
    else this.#retire(member)
  }

  #failed(member: Member, error: Error, message: unknown): void {
    const { address } = member
    // It failed in its last words: there is nothing left to do over.
    if (member.closed) {
      this.#options.onFault({ address, error, message, consequence: { type: 'none' } })
      return this.#retire(member)
    }
    const afterMs = this.#nextBackoffMs()
    if (afterMs === undefined) {
      this.#options.onFault({ address, error, message, consequence: { type: 'escalate' } })
      this.#killSwitch.kill(error)
      return this.#endWith(error)
    }
    this.#cancelRestart = this.#options.machine.clock.after(afterMs, () => this.#restart())
    this.#options.onFault({ address, error, message, consequence: { type: 'restart', afterMs } })
    this.#killSwitch.kill(error)
  }

  /** undefined = the limit is reached. */
  #nextBackoffMs(): number | undefined {
    const { machine, restart } = this.#options
    const nowMs = machine.clock.monotonicMs()
    this.#restartsMs = this.#restartsMs.filter(ms => ms > nowMs - restart.windowMs)
    const before = this.#restartsMs.length
    if (before >= restart.limit) return undefined
    this.#restartsMs.push(nowMs)
    const backoffMs = Math.min(restart.backoffMaxMs, restart.backoffMinMs * 2 ** before)
    return Math.round(backoffMs * (0.5 + machine.random.unit() / 2))
  }

  #restart(): void {
    this.#cancelRestart?.()
    this.#cancelRestart = undefined
    this.#killSwitch = new KillSwitch(this.#options.parent)
    for (const member of this.#members) {
      member.start(this.#killSwitch)
      // It failed at once, and the next restart is on its way.
      if (!member.alive) return
    }
  }

  /** Ends one member for good. */
  #retire(member: Member, rootCause?: Error): void {
    const left = member.close()
    this.#options.registry.remove(member.address)
    this.#members = this.#members.filter(other => other !== member)
    if (left > 0) {
      const error = new RuntimeError('LOGBOY_UNDELIVERED', `${left} messages were left`)
      const consequence = { type: 'none' } as const
      this.#options.onFault({ address: member.address, error, message: undefined, consequence })
    }
    if (this.#members.length > 0 || this.#ended) return
    this.#ended = true
    this.#options.onEnd(rootCause)
  }

  #endWith(rootCause: Error): void {
    for (const member of this.#members) this.#retire(member, rootCause)
  }
}
