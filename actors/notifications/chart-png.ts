/**
 * The series of a firing as a picture for mails, which show no SVG: bars, and a line at the
 * threshold. PNG as https://www.w3.org/TR/png-3/ has it, with a palette of four colours.
 */
import { crc32, deflateSync } from 'node:zlib'
import { type AlertSeries, isBeyond } from './findings.ts'

export const CHART_WIDTH = 480
export const CHART_HEIGHT = 120
/** Room beyond the highest and the lowest. */
const HEADROOM = 1.1
const DASH = 6

/** Ground, bars, bars beyond the threshold, threshold. */
const PALETTE = [0xff, 0xff, 0xff, 0x9d, 0xb8, 0xe8, 0xdc, 0x26, 0x26, 0x37, 0x41, 0x51]
const [GROUND, BAR, BEYOND, LINE] = [0, 1, 2, 3] as const
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export function chartPng(series: AlertSeries): Buffer {
  const pixels = chartPixels(series)
  // Each row begins with its filter: none.
  const rows = Buffer.alloc((CHART_WIDTH + 1) * CHART_HEIGHT)
  for (let y = 0; y < CHART_HEIGHT; y++) {
    const row = pixels.subarray(y * CHART_WIDTH, (y + 1) * CHART_WIDTH)
    rows.set(row, y * (CHART_WIDTH + 1) + 1)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(CHART_WIDTH, 0)
  header.writeUInt32BE(CHART_HEIGHT, 4)
  // Eight bits a pixel, of a palette.
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(PALETTE)),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Colours by row from the top; bars stand on 0, or hang from it. */
export function chartPixels(series: AlertSeries): Uint8Array {
  const { values, condition } = series
  const pixels = new Uint8Array(CHART_WIDTH * CHART_HEIGHT).fill(GROUND)
  const known = [...values.filter(value => value !== null), 0]
  if (condition !== null) known.push(condition.threshold)
  const [bottom, top] = [Math.min(...known) * HEADROOM, Math.max(...known) * HEADROOM]
  const rowOf = (value: number): number =>
    Math.round(((top - value) / (top - bottom || 1)) * (CHART_HEIGHT - 1))
  for (let x = 0; x < CHART_WIDTH; x++) {
    const value = values[Math.floor((x * values.length) / CHART_WIDTH)] ?? 0
    if (value === 0) continue
    const colour = isBeyond(series, value) ? BEYOND : BAR
    const [from, to] = [rowOf(0), rowOf(value)].toSorted((a, b) => a - b)
    for (let y = from ?? 0; y <= (to ?? 0); y++) pixels[y * CHART_WIDTH + x] = colour
  }
  if (condition === null) return pixels
  const y = rowOf(condition.threshold)
  for (let x = 0; x < CHART_WIDTH; x++) {
    if (x % (2 * DASH) < DASH) pixels[y * CHART_WIDTH + x] = LINE
  }
  return pixels
}

/** Length, type, data, and CRC-32 of type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const bytes = Buffer.alloc(typed.length + 8)
  bytes.writeUInt32BE(data.length, 0)
  bytes.set(typed, 4)
  bytes.writeUInt32BE(crc32(typed), typed.length + 4)
  return bytes
}
