/** Moments as people read them, in UTC or in the zone of the browser. */
export type Zone = 'utc' | 'local'

export interface WallTime {
  readonly year: number
  /** 1-12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly milli: number
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Milliseconds since 1970 of an RFC 3339 time; what is finer is cut off. */
export function timeMs(time: string): number {
  return Date.parse(time.length > 24 ? `${time.slice(0, 23)}Z` : time)
}

export function toWallTime(ms: number, zone: Zone): WallTime {
  const date = new Date(ms)
  if (zone === 'utc')
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      milli: date.getUTCMilliseconds(),
    }
  return {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    milli: date.getMilliseconds(),
  }
}

/** Fields beyond their range carry over, as in Date; a missing hour of a local zone is skipped. */
export function fromWallTime(wall: WallTime, zone: Zone): number {
  const { year, month, day, hour, minute, second, milli } = wall
  return zone === 'utc'
    ? Date.UTC(year, month - 1, day, hour, minute, second, milli)
    : new Date(year, month - 1, day, hour, minute, second, milli).getTime()
}

/** Midnight of the day of `ms`, `days` days later (or earlier). */
export function startOfDay(ms: number, zone: Zone, days = 0): number {
  const { year, month, day } = toWallTime(ms, zone)
  return fromWallTime(
    { year, month, day: day + days, hour: 0, minute: 0, second: 0, milli: 0 },
    zone,
  )
}

/** `09:14:03.120` */
export function clockText(ms: number, zone: Zone): string {
  const { hour, minute, second, milli } = toWallTime(ms, zone)
  return `${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(milli, 3)}`
}

/** `Nov 21` */
export function dayText(ms: number, zone: Zone): string {
  const { month, day } = toWallTime(ms, zone)
  return `${MONTHS[month - 1]} ${day}`
}

/** `09:14:03`, of another day than today `Nov 21 09:14:03`. */
export function sinceText(ms: number, nowMs: number, zone: Zone): string {
  const clock = clockText(ms, zone).slice(0, 8)
  const isToday = startOfDay(ms, zone) === startOfDay(nowMs, zone)
  return isToday ? clock : `${dayText(ms, zone)} ${clock}`
}

/** `2026-11-21 09:14:03`, seconds and milliseconds only where they are not zero. */
export function momentText(ms: number, zone: Zone): string {
  const { year, month, day, hour, minute, second, milli } = toWallTime(ms, zone)
  const fine = milli > 0 ? `:${pad(second)}.${pad(milli, 3)}` : second > 0 ? `:${pad(second)}` : ''
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}${fine}`
}

/** `2026-11-21 09:14:00`: moments below each other all have their seconds. */
export function secondText(ms: number, zone: Zone): string {
  const { second } = toWallTime(ms, zone)
  return `${momentText(ms - (ms % 60_000), zone)}:${pad(second)}`
}

/** `UTC`, `UTC+2`, `UTC-03:30`: the offset in force at that moment. */
export function zoneText(ms: number, zone: Zone): string {
  const minutes = zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset()
  if (minutes === 0) return 'UTC'
  const rest = Math.abs(minutes) % 60
  const hours = (Math.abs(minutes) - rest) / 60
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest > 0 ? `:${pad(rest)}` : ''}`
}

/** `just now`, `42 s ago`, `3 min ago`, `5 h ago`, `2 d ago`; `in …` for the future. */
export function agoText(ms: number, nowMs: number): string {
  const seconds = Math.round(Math.abs(nowMs - ms) / 1000)
  if (seconds < 2) return 'just now'
  const text = roughText(seconds)
  return nowMs >= ms ? `${text} ago` : `in ${text}`
}

function roughText(seconds: number): string {
  if (seconds < 90) return `${seconds} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}

export function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}
