/**
 * Counts of a batch per minute, level and service: what answers unfiltered searches without a row.
 */
import { LEVELS } from '#proto/api.ts'
import { entryOf, type RowColumns, type TextColumn } from '#proto/columns.ts'
import { entryText } from './folded-bytes.ts'

/**
 * One cell per (minute, level, service) that occurs, in that order, as parallel arrays: cell i
 * counts `counts[i]` rows of service `services[serviceOf[i]]`.
 */
export interface BatchSummary {
  readonly rows: number
  /** Bytes of the batch as it was sent. */
  readonly bytes: number
  /** Event times, both ends included; 0 and -1 without rows. */
  readonly timeMinUs: number
  readonly timeMaxUs: number
  /** In order of code units, each once. */
  readonly services: readonly string[]
  /** Minutes since 1970. */
  readonly minutes: Uint32Array
  /** Index into LEVELS. */
  readonly levels: Uint8Array
  readonly serviceOf: Uint16Array
  readonly counts: Uint32Array
}

const MINUTE_US = 60_000_000
/** A batch within a few minutes counts in an array; one that is spread wide pays for a map. */
const DENSE_CELLS_MAX = 1 << 16

/** Counts the rows of one batch of `bytes` bytes. */
export function summarize(rows: RowColumns, bytes: number): BatchSummary {
  const [timeMinUs, timeMaxUs] = timeRange(rows)
  const { services, numberOf } = numberServices(rows.service, rows.count)
  const firstMinute = Math.floor(timeMinUs / MINUTE_US)
  const minuteCount = Math.floor(timeMaxUs / MINUTE_US) - firstMinute + 1
  const width = LEVELS.length * services.length
  const cells =
    minuteCount * width <= DENSE_CELLS_MAX ? denseCells(minuteCount * width) : sparseCells()
  for (let i = 0; i < rows.count; i++) {
    const minute = Math.floor((rows.timeUs[i] as number) / MINUTE_US) - firstMinute
    const level = levelIndex(rows.severity[i] as number)
    const service = numberOf[entryOf(rows.service, i)] as number
    cells.add(minute * width + level * services.length + service)
  }
  const { numbers, counts } = cells.counted()
  const minutes = new Uint32Array(counts.length)
  const levels = new Uint8Array(counts.length)
  const serviceOf = new Uint16Array(counts.length)
  for (let i = 0; i < counts.length; i++) {
    const cell = numbers[i] as number
    minutes[i] = firstMinute + Math.floor(cell / width)
    levels[i] = Math.floor((cell % width) / services.length)
    serviceOf[i] = cell % services.length
  }
  const times = { timeMinUs, timeMaxUs }
  return { rows: rows.count, bytes, ...times, services, minutes, levels, serviceOf, counts }
}

/** Index into LEVELS of a severity number 1-24. */
function levelIndex(severity: number): number {
  return Math.min(LEVELS.length - 1, (severity - 1) >> 2)
}

function timeRange({ timeUs, count }: RowColumns): [number, number] {
  if (count === 0) return [0, -1]
  let [min, max] = [timeUs[0] as number, timeUs[0] as number]
  for (let i = 1; i < count; i++) {
    const time = timeUs[i] as number
    if (time < min) min = time
    if (time > max) max = time
  }
  return [min, max]
}

interface Services {
  readonly services: readonly string[]
  /** Number among `services` of each entry of the column. */
  readonly numberOf: Uint16Array
}

/** A dictionary may hold a text twice, or one that no row has: neither shows in a summary. */
function numberServices(column: TextColumn, count: number): Services {
  const isUsed = new Uint8Array(column.offsets.length)
  const used = new Map<number, string>()
  for (let i = 0; i < count; i++) {
    const entry = entryOf(column, i)
    if (isUsed[entry] === 1) continue
    isUsed[entry] = 1
    used.set(entry, entryText(column, entry))
  }
  const services = [...new Set(used.values())].sort()
  const numbers = new Map(services.map((service, number) => [service, number]))
  const numberOf = new Uint16Array(column.offsets.length)
  for (const [entry, service] of used) numberOf[entry] = numbers.get(service) ?? 0
  return { services, numberOf }
}

interface Cells {
  add(cell: number): void
  counted(): Counted
}

/** Cells that occur, ascending, each with its count. */
interface Counted {
  readonly numbers: Float64Array
  readonly counts: Uint32Array
}

function denseCells(size: number): Cells {
  const all = new Uint32Array(size)
  return {
    add(cell) {
      all[cell] = (all[cell] as number) + 1
    },
    counted() {
      let found = 0
      for (let cell = 0; cell < size; cell++) if (all[cell] !== 0) found++
      const numbers = new Float64Array(found)
      const counts = new Uint32Array(found)
      for (let cell = 0, next = 0; next < found; cell++) {
        if (all[cell] === 0) continue
        numbers[next] = cell
        counts[next++] = all[cell] as number
      }
      return { numbers, counts }
    },
  }
}

function sparseCells(): Cells {
  const all = new Map<number, number>()
  return {
    add: cell => void all.set(cell, (all.get(cell) ?? 0) + 1),
    counted() {
      const numbers = Float64Array.from(all.keys()).sort()
      return { numbers, counts: Uint32Array.from(numbers, cell => all.get(cell) ?? 0) }
    },
  }
}
