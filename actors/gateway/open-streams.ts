/** All SDK streams of this process: found by their keys, kept alive, ended together. */
import type { KeyWatcher, VerifiedKey } from '#actors/identity/key-cache.ts'
import type { Cancel } from '#runtime/index.ts'
import { type IngestDeps, IngestStream, type StreamTransport } from './ingest-stream.ts'

/** Well below the time after which an idle project is collected. */
const TOUCH_INTERVAL_MS = 60_000

export class OpenStreams implements KeyWatcher {
  readonly #deps: IngestDeps
  readonly #streams = new Map<number, IngestStream>()
  #nextId = 1
  #isStopping = false
  #onEmpty: () => void = () => {}
  #cancelTouch: Cancel

  constructor(deps: IngestDeps) {
    this.#deps = deps
    this.#cancelTouch = this.#touchLater()
  }

  /** A connection was made; the transport hands what it receives to the answer. */
  open(transport: StreamTransport): IngestStream {
    const id = this.#nextId++
    const stream = new IngestStream(id, transport, this.#deps, () => this.#closed(id))
    this.#streams.set(id, stream)
    if (this.#isStopping) stream.finish('the server stops')
    return stream
  }

  /** Ends the streams that came in with this key. */
  revoked(keyId: string): void {
    for (const stream of this.#streams.values()) if (stream.keyId === keyId) stream.revoked()
  }

  changed(key: VerifiedKey): void {
    for (const stream of this.#streams.values()) {
      if (stream.keyId === key.keyId) stream.changed(key)
    }
  }

  /** The partitions of the project are others now. */
  repartitioned(projectId: string): void {
    for (const stream of this.#streams.values()) stream.newEpoch(projectId)
  }

  /** Answers what is on its way and ends all; settles when none is left or the grace is over. */
  stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    this.#cancelTouch()
    for (const stream of this.#streams.values()) stream.finish('the server stops')
    if (this.#streams.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const cancel = this.#deps.clock.after(graceMs, resolve)
      this.#onEmpty = () => {
        cancel()
        resolve()
      }
    })
  }

  observe(): Record<string, unknown> {
    return { open: this.#streams.size, opened: this.#nextId - 1 }
  }

  #closed(id: number): void {
    this.#streams.delete(id)
    if (this.#streams.size === 0) this.#onEmpty()
  }

  #touchLater(): Cancel {
    return this.#deps.clock.after(TOUCH_INTERVAL_MS, () => {
      for (const stream of this.#streams.values()) void stream.touch()
      this.#cancelTouch = this.#touchLater()
    })
  }
}
