/**
 * Times as people and programs write them, exact to the nanosecond: microseconds as a number beside
 * nanoseconds within the microsecond. No float ever holds more than it can.
 */

import type { TimeZone } from './time-zone.ts'

export interface ExactTime {
  /** Whole microseconds since 1970; negative before. */
  readonly timeUs: number
  /** Nanoseconds within the microsecond, 0-999. */
  readonly subNs: number
}

const US_PER_S = 1_000_000
const DAY_S = 86_400

/**
 * Reads RFC 3339 and its relatives (space for T, comma for the point, no zone, no time) or an epoch
 * in s, ms, µs or ns, told apart by its size. Times without a zone are those of `zone`; null = UTC.
 * Answers null for what is not a time.
 */
export function parseTime(
  value: string | number | bigint,
  zone: TimeZone | null = null,
): ExactTime | null {
  if (typeof value === 'number') return parseNumber(value)
  if (typeof value === 'bigint') return parseEpoch(String(value))
  return value.charCodeAt(4) === DASH ? parseDate(value, zone) : parseEpoch(value)
}

/**
 * Whole numbers are scaled as they are; others by their shortest decimal form, which is what was
 * written.
 */
function parseNumber(value: number): ExactTime | null {
  const size = Math.abs(value)
  if (Number.isSafeInteger(value) && size < NS_FROM) {
    const perUnit = size < MS_FROM ? US_PER_S : size < US_FROM ? 1_000 : 1
    return { timeUs: value * perUnit, subNs: 0 }
  }
  if (!Number.isFinite(value)) return null
  return parseEpoch(Number.isInteger(value) ? String(BigInt(value)) : String(value))
}

/** Epochs of at least this size are ms, µs, ns: seconds reach to the year 5138 that way. */
const MS_FROM = 1e11
const US_FROM = 1e14
const NS_FROM = 1e17

const EPOCH = /^\s*([+-]?)(\d{1,19})(?:\.(\d*))?\s*$/

function parseEpoch(text: string): ExactTime | null {
  const match = EPOCH.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = ''] = match
  const size = Number(whole)
  const digits = size < MS_FROM ? 9 : size < US_FROM ? 6 : size < NS_FROM ? 3 : 0
  const ns = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  return ofNs(sign === '-' ? -ns : ns)
}

function ofNs(ns: bigint): ExactTime | null {
  const subNs = Number(((ns % 1_000n) + 1_000n) % 1_000n)
  const timeUs = Number((ns - BigInt(subNs)) / 1_000n)
  return Number.isSafeInteger(timeUs) ? { timeUs, subNs } : null
}

const DASH = 0x2d
const COLON = 0x3a

/** YYYY-MM-DD, then maybe T or space and HH:MM[:SS[.fraction]], then maybe a zone. */
function parseDate(text: string, zone: TimeZone | null): ExactTime | null {
  const year = digitsAt(text, 0, 4)
  const month = digitsAt(text, 5, 2)
  const day = digitsAt(text, 8, 2)
  if (year < 0 || month < 1 || month > 12 || text.charCodeAt(7) !== DASH) return null
  if (day < 1 || day > daysInMonth(year, month)) return null
  const midnightS = daysSince1970(year, month, day) * DAY_S
  if (text.length === 10)
    return { timeUs: (midnightS - offsetIn(zone, midnightS)) * US_PER_S, subNs: 0 }
  const separator = text.charCodeAt(10) | 0x20
  if (separator !== 0x74 && separator !== 0x20) return null
  const hour = digitsAt(text, 11, 2)
  const minute = digitsAt(text, 14, 2)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || text.charCodeAt(13) !== COLON)
    return null
  let at = 16
  let second = 0
  if (text.charCodeAt(at) === COLON) {
    second = digitsAt(text, 17, 2)
    // 60 is a leap second: it reads as the first second after.
    if (second < 0 || second > 60) return null
    at = 19
  }
  const fractionEnd = at === 19 ? fractionEndOf(text, at) : at
  const wallS = midnightS + hour * 3_600 + minute * 60 + second
  const hasZone = fractionEnd < text.length
  const offsetS = hasZone ? zoneSeconds(text, fractionEnd) : offsetIn(zone, wallS)
  if (offsetS === null) return null
  const ns = fractionEnd > at ? fractionNs(text, at + 1, fractionEnd) : 0
  return { timeUs: (wallS - offsetS) * US_PER_S + Math.floor(ns / 1_000), subNs: ns % 1_000 }
}

/** Seconds that a zone is ahead of UTC when its clocks show `wallS`. */
function offsetIn(zone: TimeZone | null, wallS: number): number {
  return zone === null ? 0 : zone.offsetSeconds(wallS)
}

/** End of `.123` or `,123` at `at`; `at` itself where there is none. */
function fractionEndOf(text: string, at: number): number {
  const mark = text.charCodeAt(at)
  if (mark !== 0x2e && mark !== 0x2c) return at
  let end = at + 1
  while (isDigit(text.charCodeAt(end))) end++
  return end
}

/** Digits beyond the ninth are cut off. */
function fractionNs(text: string, start: number, end: number): number {
  let ns = 0
  for (let i = 0; i < 9; i++)
    ns = ns * 10 + (start + i < end ? text.charCodeAt(start + i) - 0x30 : 0)
  return ns
}

/** Seconds ahead of UTC that the rest of the text says; null = it says something else. */
function zoneSeconds(text: string, start: number): number | null {
  const at = text.charCodeAt(start) === 0x20 ? start + 1 : start
  if (at === text.length) return null
  const sign = text.charCodeAt(at)
  if ((sign | 0x20) === 0x7a) return at + 1 === text.length ? 0 : null
  if (sign !== 0x2b && sign !== DASH) return text.slice(at) === 'UTC' ? 0 : null
  const hours = digitsAt(text, at + 1, 2)
  const hasColon = text.charCodeAt(at + 3) === COLON
  const minutesAt = hasColon ? at + 4 : at + 3
  const hasMinutes = hasColon || minutesAt < text.length
  const minutes = hasMinutes ? digitsAt(text, minutesAt, 2) : 0
  const end = hasMinutes ? minutesAt + 2 : minutesAt
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || end !== text.length) return null
  return (sign === DASH ? -1 : 1) * (hours * 3_600 + minutes * 60)
}

/** The number of exactly `count` digits at `at`, or -1. */
function digitsAt(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const code = text.charCodeAt(i)
    if (!isDigit(code)) return -1
    value = value * 10 + code - 0x30
  }
  return value
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/**
 * Days of the proleptic Gregorian calendar; the year is taken to begin in March, so that leap days
 * end it.
 */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return 365 * shifted + leapDays + dayOfYear - 719_468
}

/** RFC 3339 in UTC with as many digits as the time has: 3, 6 or 9. */
export function formatTime(timeUs: number, subNs = 0): string {
  const ms = Math.floor(timeUs / 1_000)
  const restUs = timeUs - ms * 1_000
  const text = new Date(ms).toISOString()
  if (restUs === 0 && subNs === 0) return text
  const micro = String(restUs).padStart(3, '0')
  const nano = subNs === 0 ? '' : String(subNs).padStart(3, '0')
  return `${text.slice(0, -1)}${micro}${nano}Z`
}

const UNIT_S = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', DAY_S],
  ['w', 7 * DAY_S],
])
const DURATION = /^(\d{1,9})([smhdw])$/
const RELATIVE = /^now((?:[+-]\d{1,9}[smhdw])*)$/
const STEP = /([+-])(\d+)([smhdw])/g

/** Seconds of `30s`, `5m`, `1h`, `7d`, `2w`, or of a number of seconds; null = none. */
export function parseDuration(value: string | number): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? value : null
  const match = DURATION.exec(value.trim())
  if (match === null) return /^\d{1,9}$/.test(value) && Number(value) > 0 ? Number(value) : null
  const seconds = Number(match[1]) * (UNIT_S.get(match[2] ?? '') ?? 0)
  return seconds > 0 ? seconds : null
}

/**
 * Reads `now`, `now-15m`, `now-1d+2h` or anything that `parseTime` reads, as microseconds; null =
 * neither.
 */
export function parseTimeAround(
  value: string | number,
  nowUs: number,
  zone: TimeZone | null = null,
): number | null {
  const match = typeof value === 'string' ? RELATIVE.exec(value.trim()) : null
  if (match === null) return parseTime(value, zone)?.timeUs ?? null
  let seconds = 0
  for (const [, sign, count, unit = ''] of (match[1] ?? '').matchAll(STEP)) {
    seconds += (sign === '-' ? -1 : 1) * Number(count) * (UNIT_S.get(unit) ?? 0)
  }
  return nowUs + seconds * US_PER_S
}
