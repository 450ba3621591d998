/** Counts of a batch per minute, level and service: what answers unfiltered searches without a row. */
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
  const counted = cells.counted()
  return {
    rows: rows.count,
    bytes,
    timeMinUs,
    timeMaxUs,
    services,
    minutes: Uint32Array.from(counted, ([cell]) => firstMinute + Math.floor(cell / width)),
    levels: Uint8Array.from(counted, ([cell]) => Math.floor((cell % width) / services.length)),
    serviceOf: Uint16Array.from(counted, ([cell]) => cell % services.length),
    counts: Uint32Array.from(counted, ([, count]) => count),
  }
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
  /** Cells with their counts, by ascending cell. */
  counted(): [cell: number, count: number][]
}

function denseCells(size: number): Cells {
  const counts = new Uint32Array(size)
  return {
    add(cell) {
      counts[cell] = (counts[cell] as number) + 1
    },
    counted() {
      const found: [number, number][] = []
      for (let cell = 0; cell < size; cell++) {
        if (counts[cell] !== 0) found.push([cell, counts[cell] as number])
      }
      return found
    },
  }
}

function sparseCells(): Cells {
  const counts = new Map<number, number>()
  return {
    add: cell => void counts.set(cell, (counts.get(cell) ?? 0) + 1),
    counted: () => [...counts].sort(([a], [b]) => a - b),
  }
}
