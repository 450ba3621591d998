import assert from 'node:assert/strict'
import type { ActorDefinition, Ref } from './actor.ts'
import type { ActorState, Machine } from './cell.ts'
import type { Clock } from './clock.ts'
import { Keyed, type KeyedOptions } from './keyed.ts'
import { KillSwitch } from './kill-switch.ts'
import type { Random } from './random.ts'
import { Registry } from './registry.ts'
import { RuntimeError } from './runtime-error.ts'
import { type Scheduler, systemScheduler } from './scheduler.ts'
import { type Fault, RESTART_POLICY, type RestartPolicy, Supervisor } from './supervisor.ts'

export interface SystemOptions {
  readonly clock: Clock
  readonly random: Random
  /** Simulation has its own. */
  readonly scheduler?: Scheduler
  /** Every fault, also those that are healed by a restart. */
  onFault(fault: Fault): void
  /** A group has used up its restarts: the process should end, with this as its reason. */
  onEscalation(group: string, rootCause: Error): void
}

export interface SpawnOptions {
  /** Address of the actor; without it the name of its definition. */
  readonly address?: string
  readonly restart?: RestartPolicy
}

/** Adds an actor to a group; see System.group. */
export type Spawn = <Message, Deps>(
  definition: ActorDefinition<Message, Deps>,
  deps: Deps,
  address?: string,
) => Ref<Message>

/** What `stop` ends as one: a group or a table of keyed actors. */
interface Unit {
  drain(reason: string): Promise<void>
  kill(fault: Error): void
}

/** All actors of one process. Not a singleton: every test makes its own. */
export class System {
  readonly #options: SystemOptions
  readonly #machine: Machine
  readonly #registry = new Registry()
  readonly #root = new KillSwitch()
  #units: Unit[] = []
  #stopping = false

  constructor(options: SystemOptions) {
    this.#options = options
    const { clock, random, scheduler = systemScheduler } = options
    this.#machine = { clock, random, scheduler }
  }

  /** Starts one actor, supervised by itself. Wire sink first: `deps` carry the downstream refs. */
  spawn<Message, Deps>(
    definition: ActorDefinition<Message, Deps>,
    deps: Deps,
    options: SpawnOptions = {},
  ): Ref<Message> {
    const address = options.address ?? definition.name
    const restart = options.restart ?? RESTART_POLICY
    return this.group({ name: address, restart }, spawn => spawn(definition, deps, address))
  }

  /** Starts actors that fail and restart together, in the order of `spawn` calls: sink first. */
  group<Refs>(
    options: { readonly name: string; readonly restart: RestartPolicy },
    build: (spawn: Spawn) => Refs,
  ): Refs {
    const { name, restart } = options
    const supervisor = this.#supervise(name, restart, false, rootCause => {
      this.#units = this.#units.filter(unit => unit !== supervisor)
      if (rootCause !== undefined) this.#options.onEscalation(name, rootCause)
    })
    this.#units.push(supervisor)
    return build((definition, deps, address = definition.name) =>
      supervisor.spawn(address, definition, deps),
    )
  }

  /**
   * Virtual actors, one per key, each made by its first message and supervised by itself. One that
   * uses up its restarts is removed, and the next message makes it anew.
   */
  keyed<Message, Deps>(
    definition: ActorDefinition<Message, Deps>,
    deps: (key: string) => Deps,
    options: KeyedOptions & { readonly restart?: RestartPolicy },
  ): Keyed<Message, Deps> {
    const restart = options.restart ?? RESTART_POLICY
    const supervise = (address: string, onEnd: () => void): Supervisor =>
      this.#supervise(address, restart, true, onEnd)
    const keyed = new Keyed({ definition, deps, machine: this.#machine, supervise }, options)
    this.#units.push(keyed)
    return keyed
  }

  /** A living actor by its address, for tools and tests. */
  find<Message>(address: string): Ref<Message> | undefined {
    return this.#registry.find(address)
  }

  observe(): ActorState[] {
    return this.#registry.observe()
  }

  /**
   * Ends all actors in the direction of the data, the last started first, each after it has handled
   * what it had. What is not done within `deadlineMs` is killed.
   */
  async stop(reason: string, deadlineMs: number): Promise<void> {
    assert(!this.#stopping, 'the system is stopping already')
    this.#stopping = true
    const cancel = this.#machine.clock.after(deadlineMs, () => this.kill(`${reason}: too slow`))
    for (const unit of this.#units.toReversed()) await unit.drain(reason)
    cancel()
    this.#root.kill(new RuntimeError('LOGBOY_ACTOR_GONE', reason))
  }

  /** Ends all actors now. */
  kill(reason: string): void {
    const fault = new RuntimeError('LOGBOY_ACTOR_GONE', reason)
    for (const unit of this.#units.toReversed()) unit.kill(fault)
    this.#root.kill(fault)
  }

  /** For tests: every actor has ended. */
  assertQuit(): void {
    const alive = this.#registry.observe().map(({ address, state }) => `${address} (${state})`)
    assert.deepEqual(alive, [], 'actors are still alive')
  }

  #supervise(
    name: string,
    restart: RestartPolicy,
    revive: boolean,
    onEnd: (rootCause: Error | undefined) => void,
  ): Supervisor {
    return new Supervisor({
      name,
      machine: this.#machine,
      registry: this.#registry,
      parent: this.#root,
      restart,
      revive,
      onFault: fault => this.#options.onFault(fault),
      onEnd,
    })
  }
}
