/**
 * Opens a LogBatch (proto/logboy/v1/log_batch.proto) into columns that are views of its bytes where
 * that is possible, and proves it: after `openLogBatch` every index, length, bitmap and text holds.
 */

import { BatchError, demand } from './batch-error.ts'
import { bitmapBytes, bitmapFault, bytesOfBits, countBits } from './bitmap.ts'
import {
  type AttributeColumn,
  type AttributeType,
  type IdColumn,
  type LogColumns,
  ROW_KINDS,
  type TextColumn,
} from './columns.ts'
import { ATTRIBUTES_MAX, BATCH_BYTES_MAX, BATCH_RECORDS_MAX } from './limits.ts'
import {
  ATTRIBUTE,
  ATTRIBUTE_RULES,
  ATTRIBUTE_TYPES,
  BATCH,
  BATCH_RULES,
  DICTIONARY,
  DICTIONARY_RULES,
  IDS,
  IDS_RULES,
  TEXTS,
  TEXTS_RULES,
} from './log-batch-fields.ts'
import { readTimes, type Times } from './log-batch-times.ts'
import { isCharacterStart, isUtf8ByDecoder, textOf, type Utf8Check } from './utf8.ts'
import { countVarints, readDoubles, readUint32s, readZigZag64s, WireError } from './wire.ts'
import { type MessageFields, scanMessage } from './wire-scan.ts'

const NO_BYTES = new Uint8Array(0)
const NO_TEXT: TextColumn = { heap: NO_BYTES, offsets: new Uint32Array(2), indexes: 'same' }

/**
 * Opens a batch and proves it; throws BatchError when it is unsound as a whole. What is wrong with
 * single records only is told by `checkRecords`.
 */
export function openLogBatch(bytes: Uint8Array, isUtf8: Utf8Check = isUtf8ByDecoder): LogColumns {
  if (bytes.length > BATCH_BYTES_MAX) {
    throw new BatchError(`batch of ${bytes.length} bytes, at most ${BATCH_BYTES_MAX} are allowed`)
  }
  const columns = open(bytes, isUtf8, touchAll)
  demand(columns.count > 0, `0 records, 1 to ${BATCH_RECORDS_MAX} are allowed`)
  return columns
}

/**
 * Opens a batch that `openLogBatch` has proven before, without looking at its texts again; no bytes
 * at all are no records, as the log has them in place of a batch that was rejected. Texts, ids and
 * attributes are opened when they are first touched: a search touches few of them.
 */
export function openProven(bytes: Uint8Array): LogColumns {
  return open(
    bytes,
    () => true,
    lazy => lazy,
  )
}

function open(
  bytes: Uint8Array,
  isUtf8: Utf8Check,
  take: (lazy: LogColumns) => LogColumns,
): LogColumns {
  try {
    return take(new Opening(isUtf8).batch(bytes))
  } catch (error) {
    if (error instanceof WireError) throw new BatchError(error.message, { cause: error })
    throw error
  }
}

/** One opening: the number of records and the check of texts that all columns share. */
class Opening {
  private readonly isUtf8: Utf8Check
  private count = 0

  constructor(isUtf8: Utf8Check) {
    this.isUtf8 = isUtf8
  }

  batch(bytes: Uint8Array): LogColumns {
    const fields = scanMessage(bytes, BATCH_RULES)
    const count = (fields.low[BATCH.recordCount] as number) >>> 0
    demand(count <= BATCH_RECORDS_MAX, `${count} records, 1 to ${BATCH_RECORDS_MAX} are allowed`)
    this.count = count
    const kind = (fields.low[BATCH.kind] as number) >>> 0
    demand(kind <= ROW_KINDS.alert, `kind ${kind} is neither 0 (logs) nor 1 (metrics)`)
    return new LazyColumns(this, fields, { kind, count })
  }

  times(fields: MessageFields, missing: Uint8Array | null): Times {
    const deltas = fields.view[BATCH.timeDeltas] ?? NO_BYTES
    demand(countVarints(deltas) === this.count, 'time_deltas are not one a record')
    return readTimes({
      count: this.count,
      baseLow: fields.low[BATCH.timeBase] as number,
      baseHigh: fields.high[BATCH.timeBase] as number,
      unitNs: (fields.low[BATCH.timeUnit] as number) >>> 0,
      deltas,
      missing,
    })
  }

  messages(bytes: Uint8Array | undefined): TextColumn {
    const texts = this.texts(bytes ?? NO_BYTES, 'message')
    demand(texts.offsets.length === this.count + 1, 'messages are not one a record')
    return texts
  }

  private texts(bytes: Uint8Array, name: string): TextColumn {
    const fields = scanMessage(bytes, TEXTS_RULES)
    const packed = fields.view[TEXTS.lengths] ?? NO_BYTES
    const heap = fields.view[TEXTS.heap] ?? NO_BYTES
    const count = countVarints(packed)
    demand(count <= this.count, `${name} has more texts than records`)
    const lengths = readUint32s(packed, count)
    const offsets = new Uint32Array(count + 1)
    let at = 0
    for (let i = 0; i < count; i++) {
      at += lengths[i] as number
      // Checked before it is stored: a sum of lying lengths could wrap around 32 bits.
      if (at > heap.length || !isCharacterStart(heap, at)) {
        throw new BatchError(`${name} has a text that ends beyond its heap or within a character`)
      }
      offsets[i + 1] = at
    }
    demand(at === heap.length, `${name} has a heap longer than its texts`)
    demand(this.isUtf8(heap), `${name} is not UTF-8`)
    return { heap, offsets, indexes: 'each' }
  }

  dictionary(bytes: Uint8Array | undefined, values: number, name: string): TextColumn {
    if (bytes === undefined) return NO_TEXT
    const fields = scanMessage(bytes, DICTIONARY_RULES)
    const entries = this.texts(fields.view[DICTIONARY.entries] ?? NO_BYTES, name)
    const packed = fields.view[DICTIONARY.indexes] ?? NO_BYTES
    const entryCount = entries.offsets.length - 1
    if (packed.length === 0) {
      return entryCount === 0 ? NO_TEXT : { ...entries, indexes: 'same' }
    }
    demand(countVarints(packed) === values, `${name} has not one index a value`)
    const indexes = readUint32s(packed, values)
    for (let i = 0; i < values; i++) {
      if ((indexes[i] as number) >= entryCount) {
        throw new BatchError(`${name} has an index beyond its entries`)
      }
    }
    return { ...entries, indexes }
  }

  ids(bytes: Uint8Array | undefined, width: number, name: string): IdColumn {
    const fields = scanMessage(bytes ?? NO_BYTES, IDS_RULES)
    const heap = fields.view[IDS.heap] ?? NO_BYTES
    const presence = this.bitmap(fields.view[IDS.presence], this.count, name)
    if (presence === null && heap.length === 0) {
      return { width, presence: new Uint8Array(bitmapBytes(this.count)), heap }
    }
    const present = presence === null ? this.count : countBits(presence)
    demand(
      heap.length === present * width,
      `${name} has not ${width} bytes for each that is present`,
    )
    return { width, presence, heap }
  }

  attributes(columns: readonly Uint8Array[]): AttributeColumn[] {
    demand(columns.length <= ATTRIBUTES_MAX, `more than ${ATTRIBUTES_MAX} attribute columns`)
    const names = new Set<string>()
    return columns.map(bytes => {
      const column = this.attribute(bytes)
      const name = `${column.type}.${column.key}`
      if (names.has(name))
        throw new BatchError(`attribute ${column.key} has two columns of one type`)
      names.add(name)
      return column
    })
  }

  private attribute(bytes: Uint8Array): AttributeColumn {
    const fields = scanMessage(bytes, ATTRIBUTE_RULES)
    const { view } = fields
    const key = this.text(view[ATTRIBUTE.key], 'an attribute key')
    const type = ATTRIBUTE_TYPES[(fields.low[ATTRIBUTE.type] as number) >>> 0]
    if (type === undefined) throw new BatchError(`attribute ${key} has an unknown type`)
    const presence = this.bitmap(view[ATTRIBUTE.presence], this.count, `attribute ${key}`)
    const present = presence === null ? this.count : countBits(presence)
    const base = { key, presence, present }
    demandOnly(view, type, key)
    const name = `attribute ${key}`
    switch (type) {
      case 's':
      case 'j':
        return { ...base, type, texts: this.attributeTexts(view, present, name) }
      case 'i': {
        const packed = view[ATTRIBUTE.ints] ?? NO_BYTES
        demand(countVarints(packed) === present, `${name} has not one value for each present`)
        return { ...base, type, ints: readZigZag64s(packed, present) }
      }
      case 'd': {
        const doubles = readDoubles(view[ATTRIBUTE.doubles] ?? NO_BYTES)
        demand(doubles.length === present, `${name} has not one value for each present`)
        return { ...base, type, doubles }
      }
      case 'b': {
        const bits = view[ATTRIBUTE.bools] ?? NO_BYTES
        this.bitmapOf(bits, present, name)
        return { ...base, type, bools: bytesOfBits(bits, present) }
      }
    }
  }

  private attributeTexts(view: MessageFields['view'], present: number, name: string): TextColumn {
    const texts = view[ATTRIBUTE.texts]
    const dictionary = view[ATTRIBUTE.dictionary]
    if (texts === undefined) {
      demand(dictionary !== undefined, `${name} has no values`)
      return this.dictionary(dictionary, present, name)
    }
    demand(dictionary === undefined, `${name} has both texts and a dictionary`)
    const column = this.texts(texts, name)
    demand(column.offsets.length === present + 1, `${name} has not one value for each present`)
    return column
  }

  text(bytes: Uint8Array | undefined, name: string): string {
    if (bytes === undefined || bytes.length === 0) return ''
    demand(this.isUtf8(bytes), `${name} is not UTF-8`)
    return textOf(bytes, 0, bytes.length)
  }

  bitmap(bytes: Uint8Array | undefined, bits: number, name: string): Uint8Array | null {
    if (bytes === undefined || bytes.length === 0) return null
    return this.bitmapOf(bytes, bits, name)
  }

  private bitmapOf(bytes: Uint8Array, bits: number, name: string): Uint8Array {
    const fault = bitmapFault(bytes, bits)
    demand(fault === null, `${name} has ${fault}`)
    return bytes
  }
}

/** Columns that are opened when they are first asked for. */
class LazyColumns implements LogColumns {
  readonly kind: number
  readonly count: number
  readonly timeMissing: Uint8Array | null
  readonly severity: Uint8Array
  private readonly opening: Opening
  private readonly fields: MessageFields
  private times: Times | undefined
  private texts: TextColumn | undefined
  private traces: IdColumn | undefined
  private spans: IdColumn | undefined
  private attributeColumns: readonly AttributeColumn[] | undefined
  /** By the number of their field. */
  private readonly dictionaries: (TextColumn | undefined)[] = []

  constructor(
    opening: Opening,
    fields: MessageFields,
    { kind, count }: { readonly kind: number; readonly count: number },
  ) {
    this.opening = opening
    this.fields = fields
    this.kind = kind
    this.count = count
    this.severity = fields.view[BATCH.severities] ?? NO_BYTES
    demand(this.severity.length === count, 'severities are not one byte a record')
    this.timeMissing = opening.bitmap(fields.view[BATCH.timeMissing], count, 'time_missing')
  }

  get timeUs(): Float64Array {
    return this.openTimes().timeUs
  }

  get timeSubNs(): Uint16Array | null {
    return this.openTimes().timeSubNs
  }

  get severityText(): TextColumn {
    return this.names(BATCH.severityText, 'severity_text')
  }

  get service(): TextColumn {
    return this.names(BATCH.service, 'service')
  }

  get host(): TextColumn {
    return this.names(BATCH.host, 'host')
  }

  get file(): TextColumn {
    return this.names(BATCH.file, 'file')
  }

  get message(): TextColumn {
    this.texts ??= this.opening.messages(this.fields.view[BATCH.message])
    return this.texts
  }

  get traceId(): IdColumn {
    this.traces ??= this.opening.ids(this.fields.view[BATCH.traceId], 16, 'trace_id')
    return this.traces
  }

  get spanId(): IdColumn {
    this.spans ??= this.opening.ids(this.fields.view[BATCH.spanId], 8, 'span_id')
    return this.spans
  }

  get attributes(): readonly AttributeColumn[] {
    this.attributeColumns ??= this.opening.attributes(this.fields.views)
    return this.attributeColumns
  }

  get sdkName(): string {
    return this.opening.text(this.fields.view[BATCH.sdkName], 'sdk_name')
  }

  get sdkVersion(): string {
    return this.opening.text(this.fields.view[BATCH.sdkVersion], 'sdk_version')
  }

  private openTimes(): Times {
    this.times ??= this.opening.times(this.fields, this.timeMissing)
    return this.times
  }

  private names(field: number, name: string): TextColumn {
    const known = this.dictionaries[field]
    if (known !== undefined) return known
    const opened = this.opening.dictionary(this.fields.view[field], this.count, name)
    this.dictionaries[field] = opened
    return opened
  }
}

/** Opens every column: what can be opened is sound. */
function touchAll(columns: LogColumns): LogColumns {
  return {
    kind: columns.kind,
    count: columns.count,
    timeUs: columns.timeUs,
    timeSubNs: columns.timeSubNs,
    timeMissing: columns.timeMissing,
    severity: columns.severity,
    severityText: columns.severityText,
    service: columns.service,
    host: columns.host,
    file: columns.file,
    message: columns.message,
    traceId: columns.traceId,
    spanId: columns.spanId,
    attributes: columns.attributes,
    sdkName: columns.sdkName,
    sdkVersion: columns.sdkVersion,
  }
}

/** Attribute columns carry the values of their type and no others. */
function demandOnly(view: MessageFields['view'], type: AttributeType, key: string): void {
  const isText = type === 's' || type === 'j'
  const alien =
    (!isText && (view[ATTRIBUTE.dictionary] ?? view[ATTRIBUTE.texts]) !== undefined) ||
    (type !== 'i' && isFilled(view[ATTRIBUTE.ints])) ||
    (type !== 'd' && isFilled(view[ATTRIBUTE.doubles])) ||
    (type !== 'b' && isFilled(view[ATTRIBUTE.bools]))
  demand(!alien, `attribute ${key} has values of another type`)
}

function isFilled(bytes: Uint8Array | undefined): boolean {
  return bytes !== undefined && bytes.length > 0
}
