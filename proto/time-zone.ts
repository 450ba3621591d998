/**
 * Time zones, for times that name none: what a clock on a wall there shows → seconds since 1970.
 * The rules are those of the Intl that every engine has (IANA's tz database).
 */

/** The zone of projects that were told no other; its times need no lookup. */
export const UTC = 'UTC'

/** The name under which a zone is kept: `Europe/Berlin`, `+05:30`, `UTC`; null = no such zone. */
export function timeZoneName(text: string): string | null {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions()
    // Intl calls some places by their old names (Kyiv, Kolkata): keep what people write.
    const isAnotherName = timeZone !== UTC && timeZone.toLowerCase() !== text.toLowerCase()
    return isAnotherName && text.includes('/') ? text : timeZone
  } catch {
    return null
  }
}

/** One day of wall time: before `changeS` one offset holds, from then on the other. */
interface Day {
  readonly startS: number
  /** Seconds since 1970, in UTC. */
  readonly changeS: number
  readonly before: number
  readonly after: number
}

const DAY_S = 86_400

/** Answers offsets; remembers the last day it was asked about, since neighbours share it. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat
  #day: Day = { startS: Number.NaN, changeS: 0, before: 0, after: 0 }

  /** `name` as `timeZoneName` gives it. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  }

  /**
   * Seconds ahead of UTC when the clock on the wall shows `wallS` (seconds since 1970 as if it were
   * UTC). Where the clock shows a time twice, the first is meant; a time that it skips is read as
   * if it had not been put forward yet. So do java.time, JavaScript's Date and Temporal.
   */
  offsetSeconds(wallS: number): number {
    const startS = Math.floor(wallS / DAY_S) * DAY_S
    if (this.#day.startS !== startS) this.#day = this.#look(startS)
    const { changeS, before, after } = this.#day
    return wallS - before < changeS || wallS - after < changeS ? before : after
  }

  /**
   * A day of wall time lies within three of UTC, in which no zone ever changed twice: since 1970 at
   * least six days were between two changes (Boa Vista, October 2000).
   */
  #look(startS: number): Day {
    let [from, to] = [startS - DAY_S, startS + 2 * DAY_S]
    const before = this.#offsetAt(from)
    const after = this.#offsetAt(to)
    if (before === after) return { startS, changeS: to, before, after }
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2)
      if (this.#offsetAt(middle) === before) from = middle
      else to = middle
    }
    return { startS, changeS: to, before, after }
  }

  #offsetAt(utcS: number): number {
    const parts = this.#format.formatToParts(utcS * 1_000)
    const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours, minutes, seconds = '0'] = LONG_OFFSET.exec(text) ?? []
    if (sign === undefined) return 0
    const size = Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
    return sign === '-' ? -size : size
  }
}

/** `GMT`, `GMT+02:00`, or before 1972 in Liberia `GMT-00:44:30`. */
const LONG_OFFSET = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/

const zones = new Map<string, TimeZone>()

/** The zone of that name, made once; null = UTC. The names are few: those that projects have. */
export function timeZone(name: string): TimeZone | null {
  if (name === UTC) return null
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = new TimeZone(name)
  zones.set(name, zone)
  return zone
}
