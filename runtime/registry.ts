import assert from 'node:assert/strict'
import type { Ref } from './actor.ts'
import type { ActorState } from './cell.ts'

interface Entry {
  readonly address: string
  readonly ref: Ref<never>
  observe(): ActorState
}

/** All actors of one system by address: what `logboy status`, /metrics and the last words show. */
export class Registry {
  readonly #entries = new Map<string, Entry>()

  get size(): number {
    return this.#entries.size
  }

  add(entry: Entry): void {
    assert(!this.#entries.has(entry.address), `there is an actor ${entry.address} already`)
    this.#entries.set(entry.address, entry)
  }

  remove(address: string): void {
    this.#entries.delete(address)
  }

  /** The ref of a living actor; its message type is the asker's to know. */
  find<Message>(address: string): Ref<Message> | undefined {
    return this.#entries.get(address)?.ref as Ref<Message> | undefined
  }

  observe(): ActorState[] {
    return [...this.#entries.values()].map(entry => entry.observe())
  }
}
