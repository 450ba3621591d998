/**
 * Builds one LogBatch from scanned records, value bytes to column bytes. A record is judged as
 * a whole before anything of it is taken, so nothing ever has to be taken back.
 */
import assert from 'node:assert/strict'
import {
  ATTRIBUTES_MAX,
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  MESSAGE_BYTES_MAX,
  NAME_BYTES_MAX,
  TIME_DELTA_NS_MAX,
} from '#proto/limits.ts'
import { BATCH } from '#proto/log-batch-fields.ts'
import { TimeColumn } from '#proto/time-column.ts'
import { WireWriter } from '#proto/wire-writer.ts'
import { ByteDictionary, ByteHeap, HexIds } from './byte-column.ts'
import { KIND } from './json-scan.ts'
import { unescapeTo } from './json-string.ts'
import { RecordAttributes } from './record-attributes.ts'
import {
  type FieldSlot,
  ROLE,
  type ScannedRecord,
  type SeverityReader,
  type TimeReader,
} from './scanned-record.ts'

/** The columns that decide about a batch are full: seal it before this record. */
export const FULL = Symbol('full')

export interface BatchColumnsOptions {
  readonly sdkName: string
  readonly sdkVersion: string
}

/** What reads the values of one way of writing records. */
export interface RecordReaders {
  readonly record: ScannedRecord
  readonly time: TimeReader
  readonly level: SeverityReader
}

/** A sealed batch and what its envelope has to say about it. */
export interface SealedBatch {
  readonly batch: Uint8Array<ArrayBuffer>
  readonly records: number
  readonly times: { readonly minUs: number; readonly maxUs: number } | null
  readonly untimed: number
}

/** What a record takes in the fixed columns, at most. */
const RECORD_BYTES = 20
/** Columns never take more bytes than what they come from, so this bounds the batch. */
const ESTIMATE_BYTES_MAX = BATCH_BYTES_MAX - 4_096

export class BatchColumns {
  readonly #scanner: ScannedRecord
  readonly #options: BatchColumnsOptions
  readonly #writer = new WireWriter(64 * 1024)
  readonly #times = new TimeColumn(BATCH_RECORDS_MAX)
  readonly #severities = new Uint8Array(BATCH_RECORDS_MAX)
  readonly #severityTexts = new ByteDictionary()
  readonly #services = new ByteDictionary()
  readonly #hosts = new ByteDictionary()
  readonly #files = new ByteDictionary()
  readonly #messages = new ByteHeap()
  readonly #traceIds = new HexIds(16)
  readonly #spanIds = new HexIds(8)
  readonly #attributes: RecordAttributes
  readonly #time: TimeReader
  readonly #level: SeverityReader
  #hasTime = false
  #rows = 0
  #rawBytes = 0
  #timed = 0
  #minUs = Number.POSITIVE_INFINITY
  #maxUs = Number.NEGATIVE_INFINITY
  #hasNs = false

  constructor({ record, time, level }: RecordReaders, options: BatchColumnsOptions) {
    this.#scanner = record
    this.#time = time
    this.#level = level
    this.#options = options
    this.#attributes = new RecordAttributes(record)
  }

  get rows(): number {
    return this.#rows
  }

  /**
   * Takes the scanned record, whose values take at most `rawBytes` bytes; a text is the reason why it
   * is refused.
   */
  take(rawBytes: number): string | null | typeof FULL {
    const refusal = this.#judge(rawBytes) ?? this.#attributes.plan()
    if (refusal !== null) return refusal
    if (!this.#fits(rawBytes)) return FULL
    this.#commit(rawBytes)
    return null
  }

  #judge(rawBytes: number): string | null {
    const { bytes, chosen, kinds, starts, ends } = this.#scanner
    if (rawBytes > ESTIMATE_BYTES_MAX / 2)
      return `record is longer than ${ESTIMATE_BYTES_MAX / 2} bytes`
    const time = chosen[ROLE.time] as number
    this.#hasTime = time >= 0
    if (time >= 0) {
      const [start, end] = [starts[time] as number, ends[time] as number]
      if (!this.#time.read(bytes, start, end, kinds[time] as number)) {
        return `${(this.#scanner.slots[time] as FieldSlot).key} is not a time`
      }
      if (this.#time.timeUs < 0) return 'time is before 1970'
    }
    return this.#judgeLengths()
  }

  #judgeLengths(): string | null {
    for (const [role, max] of LENGTHS_MAX) {
      const leaf = this.#scanner.chosen[role] as number
      if (leaf < 0) continue
      const length = (this.#scanner.ends[leaf] as number) - (this.#scanner.starts[leaf] as number)
      if (length <= max || this.#textOf(leaf).length <= max) continue
      return `${(this.#scanner.slots[leaf] as FieldSlot).key} is longer than ${max} bytes`
    }
    return null
  }

  /** Cuts depend on the records and their bytes alone: a repeated request is cut the same. */
  #fits(rawBytes: number): boolean {
    if (this.#rows === 0) return true
    const { columns, newColumns, columnBytes, newColumnBytes } = this.#attributes
    const rows = this.#rows + 1
    const allColumns = columns + newColumns
    if (rows > BATCH_RECORDS_MAX || allColumns > ATTRIBUTES_MAX) return false
    const presenceBytes = allColumns * ((rows + 7) >> 3)
    const bytes = this.#rawBytes + rawBytes + rows * RECORD_BYTES + presenceBytes
    if (bytes + columnBytes + newColumnBytes > ESTIMATE_BYTES_MAX) return false
    return !this.#hasTime || this.#fitsTime()
  }

  #fitsTime(): boolean {
    if (!this.#hasNs && this.#time.subNs === 0) return true
    const { timeUs } = this.#time
    const widthUs = Math.max(this.#maxUs, timeUs) - Math.min(this.#minUs, timeUs)
    return this.#timed === 0 || (widthUs + 1) * 1_000 <= TIME_DELTA_NS_MAX
  }

  #commit(rawBytes: number): void {
    const row = this.#rows++
    this.#rawBytes += rawBytes
    this.#commitTime(row)
    this.#commitLevel(row)
    this.#commitName(ROLE.service, this.#services)
    this.#commitName(ROLE.host, this.#hosts)
    this.#commitName(ROLE.file, this.#files)
    this.#commitMessage()
    this.#commitId(row, ROLE.traceId, this.#traceIds)
    this.#commitId(row, ROLE.spanId, this.#spanIds)
    this.#attributes.commit(row)
  }

  #commitTime(row: number): void {
    if (!this.#hasTime) return this.#times.set(row, Number.NaN, 0)
    const { timeUs, subNs } = this.#time
    this.#times.set(row, timeUs, subNs)
    this.#timed++
    if (timeUs < this.#minUs) this.#minUs = timeUs
    if (timeUs > this.#maxUs) this.#maxUs = timeUs
    this.#hasNs ||= subNs !== 0
  }

  #commitLevel(row: number): void {
    const { bytes, chosen, kinds, starts, ends } = this.#scanner
    const leaf = chosen[ROLE.level] as number
    if (leaf < 0) {
      this.#severities[row] = 0
      this.#severityTexts.add(bytes, 0, 0)
      return
    }
    if (kinds[leaf] === KIND.escaped) {
      const text = this.#textOf(leaf)
      this.#level.read(text, 0, text.length)
    } else this.#level.read(bytes, starts[leaf] as number, ends[leaf] as number)
    const { severity, text } = this.#level
    this.#severities[row] = severity
    this.#severityTexts.add(text, 0, text.length)
  }

  #commitName(role: number, names: ByteDictionary): void {
    const { bytes, chosen, kinds, starts, ends } = this.#scanner
    const leaf = chosen[role] as number
    if (leaf < 0) names.add(bytes, 0, 0)
    else if (kinds[leaf] === KIND.escaped) {
      const text = this.#textOf(leaf)
      names.add(text, 0, text.length)
    } else names.add(bytes, starts[leaf] as number, ends[leaf] as number)
  }

  #commitMessage(): void {
    const { bytes, chosen, kinds, starts, ends } = this.#scanner
    const leaf = chosen[ROLE.message] as number
    if (leaf < 0) return this.#messages.add(bytes, 0, 0)
    const [start, end] = [starts[leaf] as number, ends[leaf] as number]
    if (kinds[leaf] !== KIND.escaped) return this.#messages.add(bytes, start, end)
    const at = this.#messages.reserve(end - start)
    this.#messages.commit(unescapeTo(this.#messages.bytes, at, bytes, start, end))
  }

  #commitId(row: number, role: number, ids: HexIds): void {
    const { bytes, chosen, kinds, starts } = this.#scanner
    const leaf = chosen[role] as number
    if (leaf < 0) return
    if (kinds[leaf] === KIND.escaped) ids.set(row, this.#textOf(leaf), 0)
    else ids.set(row, bytes, starts[leaf] as number)
  }

  /** Text of a value as bytes, escapes resolved. */
  #textOf(leaf: number): Uint8Array {
    const { bytes, kinds, starts, ends } = this.#scanner
    const [start, end] = [starts[leaf] as number, ends[leaf] as number]
    if (kinds[leaf] !== KIND.escaped) return bytes.subarray(start, end)
    const text = new Uint8Array(end - start)
    return text.subarray(0, unescapeTo(text, 0, bytes, start, end))
  }

  /** Encodes all records taken so far as one batch, and starts the next. */
  seal(): SealedBatch {
    const rows = this.#rows
    assert(rows > 0, 'a batch has records')
    const writer = this.#writer
    writer.varintField(BATCH.recordCount, rows)
    this.#times.write(writer, 0, rows)
    writer.bytesField(BATCH.severities, this.#severities.subarray(0, rows))
    this.#sealNames(this.#severityTexts, BATCH.severityText)
    this.#sealNames(this.#services, BATCH.service)
    this.#sealNames(this.#hosts, BATCH.host)
    this.#sealNames(this.#files, BATCH.file)
    this.#messages.write(writer, BATCH.message)
    this.#messages.clear()
    this.#traceIds.write(writer, BATCH.traceId, rows)
    this.#traceIds.clear()
    this.#spanIds.write(writer, BATCH.spanId, rows)
    this.#spanIds.clear()
    this.#attributes.seal(writer, rows)
    writer.textField(BATCH.sdkName, this.#options.sdkName)
    writer.textField(BATCH.sdkVersion, this.#options.sdkVersion)
    const batch = writer.take()
    assert(batch.length <= BATCH_BYTES_MAX, 'columns take no more than what they come from')
    const times = this.#timed > 0 ? { minUs: this.#minUs, maxUs: this.#maxUs } : null
    const sealed = { batch, records: rows, times, untimed: rows - this.#timed }
    this.#reset()
    return sealed
  }

  #sealNames(names: ByteDictionary, field: number): void {
    if (!names.isBlank) names.write(this.#writer, field)
    names.clear()
  }

  #reset(): void {
    this.#rows = 0
    this.#rawBytes = 0
    this.#timed = 0
    this.#minUs = Number.POSITIVE_INFINITY
    this.#maxUs = Number.NEGATIVE_INFINITY
    this.#hasNs = false
  }
}

const LENGTHS_MAX: readonly (readonly [role: number, bytes: number])[] = [
  [ROLE.level, NAME_BYTES_MAX],
  [ROLE.message, MESSAGE_BYTES_MAX],
  [ROLE.service, NAME_BYTES_MAX],
  [ROLE.host, NAME_BYTES_MAX],
  [ROLE.file, NAME_BYTES_MAX],
]
