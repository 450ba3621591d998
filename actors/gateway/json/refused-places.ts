/** Where the refused records of a body stand, for the dead letter that keeps them; bounded. */
import { LETTER_BYTES_MAX } from '#actors/commit-log/dead-letters/dead-letters.ts'

/** As many as a person may want to repair by hand, and more. */
const RECORDS_MAX = 10_000

export class RefusedPlaces {
  /** Start and end of each, and a newline behind it. */
  readonly #places: number[] = []
  #length = 0

  add(start: number, end: number): void {
    // Of the first one at least a part is kept.
    const isFirst = this.#places.length === 0
    const length = Math.min(end - start + 1, isFirst ? LETTER_BYTES_MAX : Number.POSITIVE_INFINITY)
    if (this.#length + length > LETTER_BYTES_MAX || this.#places.length >= 2 * RECORDS_MAX) return
    this.#places.push(start, start + length - 1)
    this.#length += length
  }

  /** One after the other, each with a newline; null = none. */
  bytesIn(body: Uint8Array): Uint8Array<ArrayBuffer> | null {
    if (this.#places.length === 0) return null
    const bytes = new Uint8Array(this.#length)
    let at = 0
    for (let place = 0; place < this.#places.length; place += 2) {
      const record = body.subarray(this.#places[place], this.#places[place + 1])
      bytes.set(record, at)
      at += record.length
      bytes[at++] = NEWLINE
    }
    return bytes
  }
}

const NEWLINE = 0x0a
