/**
 * Memory of bulk bodies, used again: fresh memory of some megabytes costs a fault for each page,
 * a fifteenth of a process' CPU. Left to the collector, every few bodies would have it mark the
 * whole heap, because memory outside counts as if it lay in it.
 */

/** Larger ones, of rows far from the usual, are not kept. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024

export class BodyMemory {
  readonly #spares: ArrayBuffer[] = []

  /** For the next body, whatever its size; null = there is none. It belongs to the caller. */
  take(): ArrayBuffer | null {
    return this.#spares.pop() ?? null
  }

  /** Of a body that was read to its end. */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer)) return
    if (buffer.byteLength <= KEPT_BYTES_MAX) this.#spares.push(buffer)
    else free(buffer)
  }

  /** Nothing is being written: nothing is kept. */
  release(): void {
    for (const spare of this.#spares.splice(0)) free(spare)
  }
}

export function free(buffer: ArrayBuffer): void {
  buffer.transfer(0)
}
