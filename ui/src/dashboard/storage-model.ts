/** What the logs take on disk, and how long that goes well: from what the server says of itself. */
import { byteText } from '../kit/byte-text.ts'
import { countText } from '../kit/number-text.ts'

export interface Storage {
  /** Bytes of files and their indexes. */
  readonly usedBytes: number
  readonly rows: number
  readonly journalBytes: number
  readonly freeBytes: number
}

export interface MetricFamily {
  readonly name: string
  readonly samples: readonly { readonly value: number | null }[]
}

/** null = another kind of store, which is measured elsewhere. */
export function storageOf(metrics: readonly MetricFamily[]): Storage | null {
  const numbers = new Map(metrics.map(({ name, samples }) => [name, samples[0]?.value ?? null]))
  const segments = numbers.get('logboy_store_segment_bytes') ?? null
  const free = numbers.get('logboy_disk_free_bytes') ?? null
  if (segments === null || free === null) return null
  return {
    usedBytes: segments + (numbers.get('logboy_store_index_bytes') ?? 0),
    rows: numbers.get('logboy_store_rows') ?? 0,
    journalBytes: numbers.get('logboy_journal_file_bytes') ?? 0,
    freeBytes: free,
  }
}

const DAY_S = 86_400
const ROWS_TOLD_MIN = 1000

interface Kept extends Pick<Storage, 'usedBytes' | 'rows'> {
  /** null = not for the reader to know. */
  readonly freeBytes: number | null
}

/**
 * What becomes of it when the project goes on as it does now. A forecast needs rows to know what
 * one takes; retention (0 = for ever) ends the growth.
 */
export function forecastText(
  { usedBytes, rows, freeBytes }: Kept,
  { rowsPerSecond, retentionDays }: { rowsPerSecond: number; retentionDays: number },
): string {
  if (rows < ROWS_TOLD_MIN) return 'too few rows for a forecast'
  const perDay = (usedBytes / rows) * rowsPerSecond * DAY_S
  if (perDay < 1) return 'nothing is added at present'
  const growth = `${byteText(perDay)} a day at this rate`
  const room = (freeBytes ?? Number.POSITIVE_INFINITY) + usedBytes
  if (retentionDays > 0 && perDay * retentionDays < room)
    return `${growth}; ${retentionDays} days of it are ${byteText(perDay * retentionDays)}`
  return freeBytes === null
    ? growth
    : `${growth}; the disk is full in ${daysText(freeBytes / perDay)}`
}

function daysText(days: number): string {
  if (days < 1) return `${Math.max(1, Math.round(days * 24))} h`
  return days > 3650 ? 'more than ten years' : `${countText(days)} days`
}
