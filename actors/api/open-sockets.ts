/** Sockets by who opened them: they end with the key, the sign-in or the permission. */
import type { Socket } from '#actors/http/http-server.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { Caller } from './caller.ts'

/** Whether the caller still may follow the project's logs. */
export type MayFollow = (caller: Caller, projectId: string) => Promise<boolean>

interface PersonsSocket {
  readonly caller: Caller
  readonly projectId: string
  readonly socket: Socket
}

/** Until the catalog can be asked again. */
const AGAIN_MS = 500

export class OpenSockets {
  readonly #clock: Clock
  readonly #byKey = new Map<string, Set<Socket>>()
  readonly #persons = new Set<PersonsSocket>()
  #opened = 0
  #cancelAgain: Cancel = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nextId(): string {
    return `socket-${++this.#opened}`
  }

  add(caller: Caller, projectId: string, socket: Socket): () => void {
    if (caller.type === 'key') return this.#addOfKey(caller.key.keyId, socket)
    const opened = { caller, projectId, socket }
    this.#persons.add(opened)
    return () => void this.#persons.delete(opened)
  }

  revoked(keyId: string): void {
    for (const socket of this.#byKey.get(keyId) ?? []) socket.close(4401, 'the key was revoked')
  }

  /** After a change of the catalog: what people may not follow any more ends. */
  async judge(mayFollow: MayFollow): Promise<void> {
    this.#cancelAgain()
    try {
      for (const { caller, projectId, socket } of this.#persons) {
        if (await mayFollow(caller, projectId)) continue
        socket.close(4401, 'signed out, or no longer allowed')
      }
    } catch {
      this.#cancelAgain = this.#clock.after(AGAIN_MS, () => void this.judge(mayFollow))
    }
  }

  close(): void {
    this.#cancelAgain()
  }

  #addOfKey(keyId: string, socket: Socket): () => void {
    const others = this.#byKey.get(keyId) ?? new Set()
    this.#byKey.set(keyId, others.add(socket))
    return () => {
      others.delete(socket)
      if (others.size === 0) this.#byKey.delete(keyId)
    }
  }
}
