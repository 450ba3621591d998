/** Times as documents have them: RFC 3339, with as many digits as they need. */
import { formatTime } from '#proto/time.ts'
import type { ByteSink } from '../parquet/byte-sink.ts'

const SECOND_US = 1_000_000
const SECOND_CHARS = '2026-11-28T12:00:00'.length
const TIME_CHARS_MAX = SECOND_CHARS + 13
const QUOTE = 0x22

/** Rows beside each other are of the same second as a rule: its text is written once. */
export class TimeWriter {
  #secondUs = Number.NaN
  readonly #text = new Uint8Array(SECOND_CHARS)

  /** Writes a JSON string. */
  write(sink: ByteSink, timeUs: number, subNs: number): void {
    const secondUs = timeUs - (timeUs % SECOND_US)
    if (secondUs !== this.#secondUs) {
      this.#secondUs = secondUs
      const text = formatTime(secondUs)
      for (let i = 0; i < SECOND_CHARS; i++) this.#text[i] = text.charCodeAt(i)
    }
    sink.room(TIME_CHARS_MAX)
    const { bytes } = sink
    let at = sink.at
    bytes[at++] = QUOTE
    for (let i = 0; i < SECOND_CHARS; i++) bytes[at++] = this.#text[i] as number
    bytes[at++] = 0x2e
    const us = timeUs - secondUs
    const ms = Math.floor(us / 1_000)
    at = writeThree(bytes, at, ms)
    const rest = us - ms * 1_000
    if (rest !== 0 || subNs !== 0) at = writeThree(bytes, at, rest)
    if (subNs !== 0) at = writeThree(bytes, at, subNs)
    bytes[at++] = 0x5a
    bytes[at++] = QUOTE
    sink.at = at
  }
}

function writeThree(bytes: Uint8Array, at: number, number: number): number {
  const tens = Math.floor(number / 10)
  const hundreds = Math.floor(number / 100)
  bytes[at] = 0x30 + hundreds
  bytes[at + 1] = 0x30 + tens - hundreds * 10
  bytes[at + 2] = 0x30 + number - tens * 10
  return at + 3
}
