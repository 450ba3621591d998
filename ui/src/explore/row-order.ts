/**
 * The one total order of rows, `time, producer, seq, row`, from what a row shows: its time with up to
 * nine digits and its id, which sorts like the rest.
 */
import type { Row } from '#proto/api.ts'
import { timeMs } from '../kit/wall-time.ts'

export type RowPlace = Pick<Row, 'time' | 'id'>

/** Milliseconds since 1970, what is finer cut off. */
export function rowTimeMs(row: RowPlace): number {
  return timeMs(row.time)
}

/** Negative when `a` is older. Times of different length compare as if filled up with zeros. */
export function compareRows(a: RowPlace, b: RowPlace): number {
  if (a.time !== b.time) {
    const order = compareText(comparable(a.time), comparable(b.time))
    if (order !== 0) return order
  }
  return compareText(a.id, b.id)
}

/** The fraction beyond the milliseconds: `456789` of `…03.123456789Z`. */
export function fineDigits(time: string): string {
  const dot = time.indexOf('.')
  return dot < 0 ? '' : time.slice(dot + 4, -1)
}

/** The microsecond after an RFC 3339 time in UTC: turns an included end into an excluded one. */
export function nextMicrosecond(time: string): string {
  const ms = timeMs(time)
  const micros = Number(fineDigits(time).slice(0, 3).padEnd(3, '0')) + 1
  const whole = new Date(micros > 999 ? ms + 1 : ms).toISOString().slice(0, 23)
  return `${whole}${String(micros % 1000).padStart(3, '0')}Z`
}

function comparable(time: string): string {
  const end = time.endsWith('Z') ? time.slice(0, -1) : time
  return end.length === 19 ? `${end}.000000000` : end.padEnd(29, '0')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
