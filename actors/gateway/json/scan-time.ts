/** Times in JSON: the usual form read straight from its bytes, every other one by proto/time.ts. */
import { parseTime } from '#proto/time.ts'
import type { TimeZone } from '#proto/time-zone.ts'
import { KIND } from './json-scan.ts'
import { unescapedText } from './json-string.ts'
import type { TimeReader } from './scanned-record.ts'

const DAY_BYTES = 10
const US_PER_S = 1_000_000

export class TimeScanner implements TimeReader {
  timeUs = 0
  subNs = 0
  /** The day of the last time as written, and where it begins: neighbours have the same. */
  readonly #day = new Uint8Array(DAY_BYTES)
  #dayUs = Number.NaN
  readonly #zone: TimeZone | null

  /** `zone` is that of times without one; null = UTC. */
  constructor(zone: TimeZone | null) {
    this.#zone = zone
  }

  read(bytes: Uint8Array, start: number, end: number, kind: number): boolean {
    return (
      (kind === KIND.plain && this.#readUsual(bytes, start, end)) ||
      this.#readAny(bytes, start, end, kind)
    )
  }

  /** `2026-11-20T00:00:00Z` with up to nine digits of a second, on the day of the one before. */
  #readUsual(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 20 || bytes[end - 1] !== 0x5a) return false
    for (let i = 0; i < DAY_BYTES; i++) if (bytes[start + i] !== this.#day[i]) return false
    const separator = (bytes[start + 10] as number) | 0x20
    if ((separator !== 0x74 && separator !== 0x20) || bytes[start + 13] !== 0x3a) return false
    if (bytes[start + 16] !== 0x3a) return false
    const hour = twoDigits(bytes, start + 11)
    const minute = twoDigits(bytes, start + 14)
    const second = twoDigits(bytes, start + 17)
    if (!(hour < 24 && minute < 60 && second < 60)) return false
    let ns = 0
    if (end - start > 20) {
      if (bytes[start + 19] !== 0x2e || end - start > 30) return false
      ns = fractionNs(bytes, start + 20, end - 1)
      if (ns < 0) return false
    }
    const seconds = hour * 3_600 + minute * 60 + second
    this.timeUs = this.#dayUs + seconds * US_PER_S + Math.floor(ns / 1_000)
    this.subNs = ns % 1_000
    return true
  }

  #readAny(bytes: Uint8Array, start: number, end: number, kind: number): boolean {
    const text = unescapedText(bytes, start, end)
    const isShort = kind === KIND.whole && end - start < 16
    const isNumber = isShort || kind === KIND.decimal
    const time = parseTime(isNumber ? numberOf(text, kind) : text.trim(), this.#zone)
    if (time === null) return false
    this.timeUs = time.timeUs
    this.subNs = time.subNs
    this.#learnDay(bytes, start, end, kind)
    return true
  }

  #learnDay(bytes: Uint8Array, start: number, end: number, kind: number): void {
    if (kind !== KIND.plain || end - start < 20 || bytes[end - 1] !== 0x5a) return
    const day = bytes.subarray(start, start + DAY_BYTES)
    const midnight = parseTime(unescapedText(day, 0, DAY_BYTES))
    if (midnight === null || bytes[start + 4] !== 0x2d) return
    this.#day.set(day)
    this.#dayUs = midnight.timeUs
  }
}

/** A decimal is read from its text where that is a plain one: `1760000000.123456789` is exact. */
function numberOf(text: string, kind: number): string | number {
  return kind === KIND.decimal && !/[eE]/.test(text) ? text : Number(text)
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [(bytes[at] as number) - 0x30, (bytes[at + 1] as number) - 0x30]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function fractionNs(bytes: Uint8Array, start: number, end: number): number {
  let ns = 0
  for (let at = start; at < start + 9; at++) {
    const digit = at < end ? (bytes[at] as number) - 0x30 : 0
    if (digit < 0 || digit > 9) return -1
    ns = ns * 10 + digit
  }
  return ns
}
