import assert from 'node:assert/strict'
import type { ActorDefinition, Ref } from './actor.ts'
import type { Machine } from './cell.ts'
import type { Cancel } from './clock.ts'
import { RuntimeError } from './runtime-error.ts'
import type { Supervisor } from './supervisor.ts'

export interface KeyedOptions {
  /** Living actors; one more is refused with LOGBOY_KEYED_FULL unless an idle one can go. */
  readonly actorsMax: number
  /** An actor goes after this long without a message (at most a quarter more). */
  readonly idleMs: number
}

export interface KeyedDeps<Message, Deps> {
  readonly definition: ActorDefinition<Message, Deps>
  readonly deps: (key: string) => Deps
  readonly machine: Machine
  /** A supervisor of its own for every key, so that one key's crash touches no other. */
  supervise(address: string, onEnd: () => void): Supervisor
}

interface Entry<Message> {
  readonly supervisor: Supervisor
  readonly ref: Ref<Message>
  usedMs: number
}

/**
 * Virtual actors: callers hold a key, never an instance. The first message makes the actor, which
 * goes after it was idle for a while. They are looked at by buckets of time, so that a million
 * messages cost no more than a million stores of a number:
 *
 *   bucket 41: {a, c}   bucket 42: {b}   bucket 43: {}
 *       └── due: a was used since → bucket 43; c was not and is idle → stops
 */
export class Keyed<Message, Deps> {
  readonly #deps: KeyedDeps<Message, Deps>
  readonly #options: KeyedOptions
  readonly #bucketMs: number
  readonly #entries = new Map<string, Entry<Message>>()
  readonly #buckets = new Map<number, Set<string>>()
  #cancelTimer: Cancel | undefined
  #collected = 0
  #refused = 0
  #closed = false

  constructor(deps: KeyedDeps<Message, Deps>, options: KeyedOptions) {
    assert(options.actorsMax > 0 && options.idleMs > 0)
    this.#deps = deps
    this.#options = options
    this.#bucketMs = options.idleMs / 4
  }

  get size(): number {
    return this.#entries.size
  }

  /** Good for ever: every send finds, or makes, the actor of this key. */
  ref(key: string): Ref<Message> {
    return {
      address: this.#address(key),
      tell: message => this.#use(key).ref.tell(message),
      offer: message => {
        if (!this.#entries.has(key) && !this.#hasRoom()) return false
        return this.#use(key).ref.offer(message)
      },
    }
  }

  keys(): string[] {
    return [...this.#entries.keys()]
  }

  observe(): Record<string, number> {
    const { size } = this.#entries
    const { actorsMax } = this.#options
    return { actors: size, actorsMax, collected: this.#collected, refused: this.#refused }
  }

  /** Makes no more actors and lets the living ones finish. */
  async drain(reason: string): Promise<void> {
    this.#close()
    await Promise.all(this.#supervisors().map(supervisor => supervisor.drain(reason)))
  }

  kill(fault: Error): void {
    this.#close()
    for (const supervisor of this.#supervisors()) supervisor.kill(fault)
  }

  #supervisors(): Supervisor[] {
    return [...this.#entries.values()].map(entry => entry.supervisor)
  }

  #close(): void {
    this.#closed = true
    this.#cancelTimer?.()
  }

  #address(key: string): string {
    return `${this.#deps.definition.name}/${key}`
  }

  #use(key: string): Entry<Message> {
    const entry = this.#entries.get(key) ?? this.#create(key)
    entry.usedMs = this.#deps.machine.clock.monotonicMs()
    return entry
  }

  #create(key: string): Entry<Message> {
    if (!this.#hasRoom()) {
      this.#refused++
      const code = this.#closed ? 'LOGBOY_ACTOR_GONE' : 'LOGBOY_KEYED_FULL'
      throw new RuntimeError(code, `no room for ${this.#address(key)}`)
    }
    const supervisor = this.#deps.supervise(this.#address(key), () => this.#entries.delete(key))
    const { definition, deps, machine } = this.#deps
    const ref = supervisor.spawn(this.#address(key), definition, deps(key))
    const entry = { supervisor, ref, usedMs: machine.clock.monotonicMs() }
    if (!supervisor.ended) {
      this.#entries.set(key, entry)
      this.#putIntoBucket(key, entry)
    }
    return entry
  }

  /** When full, idle actors are asked to go before their time: the next caller finds room. */
  #hasRoom(): boolean {
    if (this.#closed) return false
    if (this.#entries.size < this.#options.actorsMax) return true
    for (const { supervisor } of this.#entries.values()) {
      if (supervisor.mayRest) supervisor.stop('room for others')
    }
    return false
  }

  #putIntoBucket(key: string, entry: Entry<Message>): void {
    const bucket = Math.ceil((entry.usedMs + this.#options.idleMs) / this.#bucketMs)
    const keys = this.#buckets.get(bucket)
    if (keys === undefined) this.#buckets.set(bucket, new Set([key]))
    else keys.add(key)
    this.#arm()
  }

  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#buckets.size === 0 || this.#closed) return
    this.#cancelTimer = this.#deps.machine.clock.after(this.#bucketMs, () => {
      this.#cancelTimer = undefined
      this.#collect()
      this.#arm()
    })
  }

  #collect(): void {
    const nowMs = this.#deps.machine.clock.monotonicMs()
    const due = [...this.#buckets.keys()].filter(bucket => bucket * this.#bucketMs <= nowMs)
    const keys = due.flatMap(bucket => [...(this.#buckets.get(bucket) ?? [])])
    for (const bucket of due) this.#buckets.delete(bucket)
    for (const key of keys) this.#look(key, nowMs)
  }

  /** Looks again, now that the bucket is due: it may have been used, or be in mid-work. */
  #look(key: string, nowMs: number): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    if (entry.usedMs + this.#options.idleMs <= nowMs && entry.supervisor.mayRest) {
      this.#collected++
      entry.supervisor.stop('idle')
    } else {
      entry.usedMs = Math.max(entry.usedMs, nowMs - this.#options.idleMs / 2)
    }
    this.#putIntoBucket(key, entry)
  }
}
