/** The span of time that is looked at: as people type it, as it stands in the URL, as searched. */
import {
  fromWallTime,
  momentText,
  pad,
  startOfDay,
  toWallTime,
  type Zone,
  zoneText,
} from '../kit/wall-time.ts'

export type TimeRange =
  /** The last so many seconds, anew with every search. */
  | { readonly kind: 'relative'; readonly seconds: number }
  /** Start included, end excluded. */
  | { readonly kind: 'absolute'; readonly fromMs: number; readonly toMs: number }

export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

export type TypedRange =
  | { readonly ok: true; readonly range: TimeRange }
  | { readonly ok: false; readonly reason: string }

export const RANGE_DEFAULT: TimeRange = { kind: 'relative', seconds: 900 }

export const PRESETS: readonly { readonly label: string; readonly seconds: number }[] = [
  { label: 'Last 5 minutes', seconds: 300 },
  { label: 'Last 15 minutes', seconds: 900 },
  { label: 'Last hour', seconds: 3600 },
  { label: 'Last 6 hours', seconds: 6 * 3600 },
  { label: 'Last 24 hours', seconds: 86_400 },
  { label: 'Last 7 days', seconds: 7 * 86_400 },
  { label: 'Last 30 days', seconds: 30 * 86_400 },
]

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
}
const UNITS = /^(?:s|m|h|d|w|(?:sec|second|min|minute|hr|hour|day|week)s?)$/i
const SPAN = /^(?:last |past )?(\d*) ?([a-z]+?)( ago)?$/i
const DATE = String.raw`(\d{4})-(\d{2})-(\d{2})`
const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`
const OFFSET = String.raw`(Z|UTC|[+-]\d{2}:?\d{2})`
const MOMENT = new RegExp(String.raw`^${DATE}(?:[T\s]+${CLOCK}\s*${OFFSET}?)?$`, 'i')
const TIME_OF_DAY = new RegExp(`^${CLOCK}$`)
const SECONDS_MAX = 10 * 366 * 86_400

export function resolveRange(range: TimeRange, nowMs: number): Interval {
  return range.kind === 'absolute'
    ? { fromMs: range.fromMs, toMs: range.toMs }
    : { fromMs: nowMs - range.seconds * 1000, toMs: nowMs }
}

/**
 * Reads `15m`, `last 2 hours`, `yesterday`, `2026-11-21`, one moment (until now), or two moments
 * with `to`, `..` or a spaced dash between them. Moments: ISO, `HH:MM` of today, epoch s/ms/µs/ns, `now`.
 */
export function parseRange(text: string, context: { nowMs: number; zone: Zone }): TypedRange {
  const words = text.trim().replace(/\s+/g, ' ')
  if (words === '') return { ok: false, reason: 'type a span like 15m or a moment' }
  const span = parseSpan(words)
  if (span !== null) return bounded(span)
  const day = parseDay(words, context)
  if (day !== null) return { ok: true, range: day }
  const ends = words.split(/\s*(?:\.\.|→|\bto\b)\s*|\s+[-–—]\s+/i)
  if (ends.length > 2) return { ok: false, reason: 'one start and one end are enough' }
  const moments = ends.map(end => parseMoment(end, context))
  const unread = moments.indexOf(null)
  if (unread >= 0) return { ok: false, reason: `“${ends[unread]}” is no time that can be read` }
  const [fromMs = 0, given] = moments as number[]
  const toMs = given ?? context.nowMs
  if (toMs <= fromMs) return { ok: false, reason: 'the end lies before the start' }
  return { ok: true, range: { kind: 'absolute', fromMs, toMs } }
}

/** Short name for the button: `Last 15 minutes` or both ends. */
export function rangeText(range: TimeRange, zone: Zone): string {
  if (range.kind === 'relative') {
    const preset = PRESETS.find(({ seconds }) => seconds === range.seconds)
    return preset?.label ?? `Last ${spanText(range.seconds)}`
  }
  const from = momentText(range.fromMs, zone)
  const to = momentText(range.toMs, zone)
  const sameDay = from.slice(0, 10) === to.slice(0, 10)
  return `${from} – ${sameDay ? to.slice(11) : to}${zone === 'utc' ? ' UTC' : ''}`
}

/** `15m`, `6h`, `90s`: the largest unit that divides the span. */
export function spanText(seconds: number): string {
  for (const unit of ['d', 'h', 'm'])
    if (seconds % (UNIT_SECONDS[unit] ?? 1) === 0)
      return `${seconds / (UNIT_SECONDS[unit] ?? 1)}${unit}`
  return `${seconds}s`
}

/** What the typed field shows to start from; `parseRange` reads it back. */
export function rangeInput(range: TimeRange, zone: Zone): string {
  return range.kind === 'relative'
    ? spanText(range.seconds)
    : `${momentText(range.fromMs, zone)} to ${momentText(range.toMs, zone)}`
}

/** Twice as wide around the same middle; never into the future. */
export function zoomOut(range: TimeRange, nowMs: number): TimeRange {
  if (range.kind === 'relative')
    return { kind: 'relative', seconds: Math.min(range.seconds * 2, SECONDS_MAX) }
  const half = Math.max(500, (range.toMs - range.fromMs) / 2)
  const toMs = Math.max(range.toMs, Math.min(Math.round(range.toMs + half), nowMs))
  return { kind: 'absolute', fromMs: Math.max(0, Math.round(range.fromMs - half)), toMs }
}

export function zoneName(nowMs: number, zone: Zone): string {
  return zone === 'utc' ? 'UTC' : `Local (${zoneText(nowMs, 'local')})`
}

/** Value of an `<input type=datetime-local step=1>`. */
export function inputMoment(ms: number, zone: Zone): string {
  const { year, month, day, hour, minute, second } = toWallTime(ms, zone)
  return `${year}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}`
}

/** One moment in milliseconds, or null when it cannot be read. */
export function parseMoment(
  text: string,
  { nowMs, zone }: { nowMs: number; zone: Zone },
): number | null {
  const words = text.trim()
  if (/^now$/i.test(words)) return nowMs
  if (/^\d{9,19}$/.test(words)) return parseEpoch(words)
  const span = SPAN.exec(words)
  const seconds = span?.[3] === undefined ? null : spanSeconds(span)
  if (seconds !== null) return nowMs - seconds * 1000
  const clock = TIME_OF_DAY.exec(words)
  if (clock !== null) {
    const { year, month, day } = toWallTime(nowMs, zone)
    return checkedMoment([year, month, day], clock.slice(1), zone)
  }
  const match = MOMENT.exec(words)
  if (match === null) return null
  const date = match.slice(1, 4).map(Number)
  const offset = match[8]
  if (offset === undefined) return checkedMoment(date, match.slice(4, 8), zone)
  const utcMs = checkedMoment(date, match.slice(4, 8), 'utc')
  return utcMs === null ? null : utcMs - offsetMinutes(offset) * 60_000
}

function parseSpan(words: string): TimeRange | null {
  const match = SPAN.exec(words)
  const seconds = match === null ? null : spanSeconds(match)
  return seconds === null ? null : { kind: 'relative', seconds }
}

/** Seconds of a span, or null where the word is no unit of time. */
function spanSeconds([, count = '', word = '']: RegExpExecArray): number | null {
  if (!UNITS.test(word)) return null
  const unit = UNIT_SECONDS[word.slice(0, 1).toLowerCase()]
  return unit === undefined ? null : Number(count === '' ? 1 : count) * unit
}

function bounded(range: TimeRange): TypedRange {
  if (range.kind === 'relative' && range.seconds < 1)
    return { ok: false, reason: 'a span is at least one second' }
  if (range.kind === 'relative' && range.seconds > SECONDS_MAX)
    return { ok: false, reason: 'a span is at most ten years' }
  return { ok: true, range }
}

function parseDay(words: string, { nowMs, zone }: { nowMs: number; zone: Zone }): TimeRange | null {
  if (/^today$/i.test(words))
    return { kind: 'absolute', fromMs: startOfDay(nowMs, zone), toMs: startOfDay(nowMs, zone, 1) }
  if (/^yesterday$/i.test(words))
    return { kind: 'absolute', fromMs: startOfDay(nowMs, zone, -1), toMs: startOfDay(nowMs, zone) }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(words)) return null
  const fromMs = parseMoment(words, { nowMs, zone })
  return fromMs === null ? null : { kind: 'absolute', fromMs, toMs: startOfDay(fromMs, zone, 1) }
}

/** Digits tell the unit: up to 11 seconds, 14 milliseconds, 17 microseconds, else nanoseconds. */
function parseEpoch(digits: string): number {
  if (digits.length <= 11) return Number(digits) * 1000
  // Nanoseconds are more than a number holds exactly.
  const perMs = digits.length <= 14 ? 1n : digits.length <= 17 ? 1000n : 1_000_000n
  return Number(BigInt(digits) / perMs)
}

/** Refuses 25:00 and the 31st of February, which Date would carry over. */
function checkedMoment(
  [year = 0, month = 0, day = 0]: readonly number[],
  clock: readonly (string | undefined)[],
  zone: Zone,
): number | null {
  const [hour = 0, minute = 0, second = 0] = clock.slice(0, 3).map(part => Number(part ?? 0))
  const milli = Number((clock[3] ?? '').padEnd(3, '0').slice(0, 3))
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null
  return fromWallTime({ year, month, day, hour, minute, second, milli }, zone)
}

function offsetMinutes(offset: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(offset)
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}
