/** Levels by the bytes they are written with: each way of writing one is parsed once. */
import { parseLevel } from '#proto/level.ts'
import { ByteInterner } from './byte-column.ts'
import type { SeverityReader } from './scanned-record.ts'

/** More ways of writing levels than this are no levels. */
const KNOWN_MAX = 1_024
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export class LevelReader implements SeverityReader {
  severity = 0
  text: Uint8Array = new Uint8Array(0)
  readonly #known = new ByteInterner()
  readonly #severities: number[] = []
  readonly #texts: Uint8Array[] = []

  read(bytes: Uint8Array, start: number, end: number): void {
    if (this.#known.entries.count >= KNOWN_MAX) this.#forget()
    const known = this.#known.intern(bytes, start, end)
    if (known === this.#severities.length) {
      const { severity, severityText } = parseLevel(decoder.decode(bytes.subarray(start, end)))
      this.#severities.push(severity)
      this.#texts.push(encoder.encode(severityText))
    }
    this.severity = this.#severities[known] as number
    this.text = this.#texts[known] as Uint8Array
  }

  #forget(): void {
    this.#known.clear()
    this.#severities.length = 0
    this.#texts.length = 0
  }
}
