/**
 * Builds LogBatches record by record: taking a record copies its values into columns, and all of
 * the encoding happens when a batch is sealed. The SDK and the server's decoders both build with
 * it.
 */
import { AttributeColumns } from './attribute-columns.ts'
import { ROW_KINDS } from './columns.ts'
import { IdColumn } from './id-column.ts'
import {
  ATTRIBUTES_MAX,
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  MESSAGE_BYTES_MAX,
  NAME_BYTES_MAX,
} from './limits.ts'
import { BATCH } from './log-batch-fields.ts'
import { NameColumn } from './name-column.ts'
import { writeTextsField } from './text-writer.ts'
import { TimeColumn } from './time-column.ts'
import { isLongerThan, utf8Length } from './utf8.ts'
import { WireWriter } from './wire-writer.ts'

/** A record without its attributes. Texts are '' where there is none. */
export interface RecordHead {
  /** Whole microseconds since 1970; null = the record has no time. */
  readonly timeUs: number | null
  /** Nanoseconds within the microsecond; 0 unless given. */
  readonly subNs?: number
  /** OpenTelemetry severity number; 0 = none given. */
  readonly severity: number
  /** The level as written, where it is none of ours. */
  readonly severityText?: string
  readonly service: string
  readonly host: string
  readonly file: string
  readonly message: string
  /** Hexadecimal; what is not 32 (16) digits stays an attribute `trace_id` (`span_id`). */
  readonly traceId?: string
  readonly spanId?: string
}

export interface BatchRecord extends RecordHead {
  /** Objects are flattened to dotted keys; of two equal keys the values become an array. */
  readonly attributes: Iterable<readonly [key: string, value: unknown]>
}

export interface BatchBuilderOptions {
  readonly sdkName: string
  readonly sdkVersion: string
  /** ROW_KINDS number of all records; logs unless given. */
  readonly kind?: number
}

/** Estimated bytes at which a batch is full: the estimate counts a character as one byte. */
const FULL_BYTES = 512 * 1024
/** Fixed columns take about this many bytes a record. */
const RECORD_BYTES = 8
const SEVERITY_MAX = 24

export class BatchBuilder {
  private readonly options: BatchBuilderOptions
  private readonly writer = new WireWriter(16 * 1024)
  private readonly times = new TimeColumn(BATCH_RECORDS_MAX)
  private readonly severities = new Uint8Array(BATCH_RECORDS_MAX)
  private readonly severityTexts = new NameColumn(BATCH_RECORDS_MAX)
  private readonly services = new NameColumn(BATCH_RECORDS_MAX)
  private readonly hosts = new NameColumn(BATCH_RECORDS_MAX)
  private readonly files = new NameColumn(BATCH_RECORDS_MAX)
  private readonly traceIds = new IdColumn(16, BATCH_RECORDS_MAX)
  private readonly spanIds = new IdColumn(8, BATCH_RECORDS_MAX)
  private readonly attributes = new AttributeColumns(BATCH_RECORDS_MAX)
  private messages: string[] = []
  /**
   * Records [0, sealed) are gone already: `seal` takes several turns where one batch is too small.
   */
  private sealed = 0
  private added = 0
  private bytes = 0
  private fault: string | null = null

  constructor(options: BatchBuilderOptions) {
    this.options = options
  }

  /** Records taken and not yet sealed. */
  get count(): number {
    return this.added - this.sealed
  }

  /** About how many bytes these records take. */
  get bytesEstimate(): number {
    return this.bytes + this.attributes.keyCount * (this.added >> 3)
  }

  /** True when the batch should be sealed before the next record. */
  get isFull(): boolean {
    return (
      this.added >= BATCH_RECORDS_MAX ||
      this.bytesEstimate >= FULL_BYTES ||
      this.attributes.keyCount >= ATTRIBUTES_MAX
    )
  }

  /** Takes a record; a text is the reason why it is refused, and then nothing of it was taken. */
  append(record: BatchRecord): string | null {
    this.begin(record)
    for (const [key, value] of record.attributes) this.attribute(key, value)
    return this.end()
  }

  /** Starts a record; its attributes follow, then `end`. The builder must not be full. */
  begin(head: RecordHead): void {
    const row = this.added
    if (row >= BATCH_RECORDS_MAX) throw new RangeError('the batch is full and must be sealed first')
    const { timeUs, subNs = 0, severityText = '', service, host, file, message } = head
    this.fault = faultOf(head)
    this.times.set(row, timeUs ?? Number.NaN, subNs)
    this.severities[row] = head.severity
    this.severityTexts.set(row, severityText)
    this.services.set(row, service)
    this.hosts.set(row, host)
    this.files.set(row, file)
    this.messages[row] = message
    this.attributes.begin(row)
    const { traceId = '', spanId = '' } = head
    if (traceId !== '' && !this.traceIds.set(row, traceId)) this.attribute('trace_id', traceId)
    if (spanId !== '' && !this.spanIds.set(row, spanId)) this.attribute('span_id', spanId)
  }

  /** Adds an attribute of the record that was begun, typed by its JavaScript type. */
  attribute(key: string, value: unknown): void {
    this.attributes.add(key, value)
  }

  /** Adds an attribute unless the record has that key already. */
  attributeDefault(key: string, value: unknown): void {
    this.attributes.addDefault(key, value)
  }

  /** Adds an attribute whose value is valid JSON text, kept as it is. */
  attributeJson(key: string, text: string): void {
    this.attributes.addJson(key, text)
  }

  /** Ends the record; a text is the reason why it is refused, and then nothing of it was taken. */
  end(): string | null {
    const { attributes } = this
    const message = this.messages[this.added] as string
    const chars = message.length + attributes.rowChars
    this.fault ??= attributes.fault
    // Only what might not fit a batch of its own is measured exactly.
    if (chars > BATCH_BYTES_MAX / 4 || attributes.rowCount > ATTRIBUTES_MAX / 4) {
      const bytes = utf8Length(message) + attributes.rowBytes() + HEAD_BYTES_MAX
      if (bytes > BATCH_BYTES_MAX) this.fault ??= `record is longer than ${BATCH_BYTES_MAX} bytes`
    }
    if (this.fault !== null) {
      const reason = this.fault
      this.cancel()
      return reason
    }
    this.bytes += chars + RECORD_BYTES + 3 * attributes.rowCount
    this.added++
    return null
  }

  /** Takes back the record that was begun and not ended. */
  cancel(): void {
    this.attributes.cancel()
    this.traceIds.clear(this.added)
    this.spanIds.clear(this.added)
    this.messages.length = this.added
  }

  /**
   * Encodes the oldest records as one batch within every limit; as a rule all of them. Call it
   * until `count` is 0: texts of many bytes a character or times far apart may need several
   * batches.
   */
  seal(): Uint8Array<ArrayBuffer> {
    const start = this.sealed
    if (start === this.added) throw new RangeError('there is no record to seal')
    let end = this.times.cut(start, this.added)
    while (!this.encode(start, end)) end = start + ((end - start) >> 1)
    this.sealed = end
    if (end === this.added) this.reset()
    return this.writer.take()
  }

  /** Encodes the records [start, end); false where that is more than one batch may hold. */
  private encode(start: number, end: number): boolean {
    const { writer } = this
    writer.position = 0
    writer.varintField(BATCH.recordCount, end - start)
    this.times.write(writer, start, end)
    writer.bytesField(BATCH.severities, this.severities.subarray(start, end))
    this.severityTexts.write(writer, BATCH.severityText, start, end)
    this.services.write(writer, BATCH.service, start, end)
    this.hosts.write(writer, BATCH.host, start, end)
    this.files.write(writer, BATCH.file, start, end)
    const isAll = start === 0 && end === this.messages.length
    writeTextsField(writer, BATCH.message, isAll ? this.messages : this.messages.slice(start, end))
    this.traceIds.write(writer, BATCH.traceId, start, end)
    this.spanIds.write(writer, BATCH.spanId, start, end)
    const columns = this.attributes.write(writer, start, end)
    writer.textField(BATCH.sdkName, this.options.sdkName)
    writer.textField(BATCH.sdkVersion, this.options.sdkVersion)
    const { kind = ROW_KINDS.log } = this.options
    if (kind !== ROW_KINDS.log) writer.varintField(BATCH.kind, kind)
    return end - start === 1 || (writer.position <= BATCH_BYTES_MAX && columns <= ATTRIBUTES_MAX)
  }

  private reset(): void {
    this.sealed = 0
    this.added = 0
    this.bytes = 0
    this.messages = []
    for (const names of [this.severityTexts, this.services, this.hosts, this.files]) names.reset()
    this.traceIds.reset()
    this.spanIds.reset()
    this.attributes.reset()
  }
}

/** An upper bound of what all but message and attributes take in a batch of one record. */
const HEAD_BYTES_MAX = 4 * NAME_BYTES_MAX + 1_024

function faultOf(head: RecordHead): string | null {
  const { timeUs, subNs = 0, severity, message } = head
  if (timeUs !== null) {
    if (timeUs < 0) return 'time is before 1970'
    if (!Number.isSafeInteger(timeUs)) return 'time is no whole number of microseconds below 2^53'
    if (!(subNs >= 0 && subNs < 1_000)) return 'nanoseconds are not 0 to 999'
  }
  if (!(severity >= 0 && severity <= SEVERITY_MAX)) return `severity ${severity} is not 0 to 24`
  if (message.length > SURELY_SHORT && isLongerThan(message, MESSAGE_BYTES_MAX)) {
    return `message is longer than ${MESSAGE_BYTES_MAX} bytes`
  }
  const { service, host, file, severityText = '' } = head
  const longest = Math.max(service.length, host.length, file.length, severityText.length)
  return longest * 3 > NAME_BYTES_MAX ? longName(head) : null
}

/** Texts of up to this many characters are within every limit. */
const SURELY_SHORT = MESSAGE_BYTES_MAX / 3

function longName({ service, host, file, severityText = '' }: RecordHead): string | null {
  for (const [name, value] of Object.entries({ service, host, file, severityText })) {
    if (isLongerThan(value, NAME_BYTES_MAX)) return `${name} is longer than ${NAME_BYTES_MAX} bytes`
  }
  return null
}
