/** Random batches, and two independent ways to read one into plain rows that tests compare. */
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import {
  type AttributeColumn,
  entryOf,
  isPresent,
  type LogColumns,
  type TextColumn,
} from '../columns.ts'
import {
  type AttributeColumn as AttributeMessage,
  type Dictionary,
  type Ids,
  type LogBatch,
  LogBatchSchema,
  type Texts,
} from '../gen/logboy/v1/log_batch_pb.ts'

/** One record with every value as text or null, so that both readers can be compared. */
export interface PlainRow {
  readonly timeNs: bigint | null
  readonly severity: number
  readonly texts: Readonly<Record<string, string>>
  readonly traceId: string | null
  readonly spanId: string | null
  /** `type.key` → value. */
  readonly attributes: Readonly<Record<string, string | bigint | number | boolean>>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const TYPES = ['', 's', 'i', 'd', 'b', 'j'] as const

/** A sound batch of up to `maxRecords` records, in every form the format allows. */
export function batchArbitrary(maxRecords = 20): fc.Arbitrary<LogBatch> {
  return fc.integer({ min: 1, max: maxRecords }).chain(count =>
    fc
      .record({
        timeBaseNs: fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }),
        timeUnitNs: fc.constantFrom(0, 1, 1_000, 1_000_000),
        deltas: list(fc.bigInt({ min: -1_000_000_000n, max: 1_000_000_000n }), count),
        missing: fc.option(list(fc.boolean(), count), { nil: null }),
        severities: list(fc.nat({ max: 24 }), count),
        severityText: dictionary(count),
        service: dictionary(count),
        host: dictionary(count),
        file: dictionary(count),
        message: list(fc.string({ unit: 'grapheme', maxLength: 12 }), count).map(texts),
        traceId: ids(count, 16),
        spanId: ids(count, 8),
        attributes: attributes(count),
        sdkName: fc.string(),
      })
      .map(({ deltas, missing, severities, ...fields }) =>
        create(LogBatchSchema, {
          ...fields,
          recordCount: count,
          severities: Uint8Array.from(severities),
          timeMissing: missing === null ? new Uint8Array(0) : bitmap(missing),
          timeDeltas: deltas.map((delta, i) => (missing?.[i] === true ? 0n : delta)),
        }),
      ),
  )
}

function list<T>(of: fc.Arbitrary<T>, count: number): fc.Arbitrary<T[]> {
  return fc.array(of, { minLength: count, maxLength: count })
}

function texts(values: readonly string[]): { lengths: number[]; heap: Uint8Array<ArrayBuffer> } {
  const encoded = values.map(value => encoder.encode(value))
  return {
    lengths: encoded.map(bytes => bytes.length),
    heap: new Uint8Array(encoded.flatMap(b => [...b])),
  }
}

function dictionary(count: number): fc.Arbitrary<DictionaryInit | undefined> {
  const entries = fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }), {
    minLength: 1,
    maxLength: Math.max(1, Math.min(count, 5)),
  })
  const filled = entries.chain(values =>
    fc.oneof(
      fc.constant<DictionaryInit>({ entries: texts(values), indexes: [] }),
      list(fc.nat({ max: values.length - 1 }), count).map(indexes => ({
        entries: texts(values),
        indexes,
      })),
    ),
  )
  return fc.option(filled, { nil: undefined })
}

interface DictionaryInit {
  readonly entries: { lengths: number[]; heap: Uint8Array<ArrayBuffer> }
  readonly indexes: number[]
}

function bitmap(bits: readonly boolean[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((bits.length + 7) >> 3)
  bits.forEach((bit, i) => {
    if (bit) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7))
  })
  return bytes
}

function presence(count: number): fc.Arbitrary<{ bits: Uint8Array<ArrayBuffer>; present: number }> {
  return fc.option(list(fc.boolean(), count), { nil: null }).map(bits => ({
    bits: bits === null ? new Uint8Array(0) : bitmap(bits),
    present: bits === null ? count : bits.filter(Boolean).length,
  }))
}

function ids(count: number, width: number) {
  const filled = presence(count).chain(({ bits, present }) =>
    fc
      .uint8Array({ minLength: present * width, maxLength: present * width })
      .map(heap => ({ presence: bits, heap: heap as Uint8Array<ArrayBuffer> })),
  )
  return fc.option(filled, { nil: undefined })
}

function attributes(count: number) {
  const column = fc
    .tuple(fc.string({ maxLength: 6 }), fc.constantFrom(1, 2, 3, 4, 5), presence(count))
    .chain(([key, type, { bits, present }]) =>
      values(type, present).map(value => ({ key, type, presence: bits, ...value })),
    )
  return fc.uniqueArray(column, { maxLength: 5, selector: ({ key, type }) => `${type}.${key}` })
}

function values(type: number, present: number): fc.Arbitrary<object> {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  const small = fc.bigInt({ min: -70n, max: 70n })
  switch (type) {
    case 2:
      return list(fc.oneof(int64, small), present).map(ints => ({ ints }))
    case 3:
      return list(fc.double(), present).map(doubles => ({ doubles }))
    case 4:
      return list(fc.boolean(), present).map(bools => ({ bools: bitmap(bools) }))
    default: {
      const text =
        type === 5 ? fc.json({ maxDepth: 1 }) : fc.string({ unit: 'grapheme', maxLength: 8 })
      const plain = list(text, present).map(all => ({ texts: texts(all) }))
      const repeated = text.map(one => ({ dictionary: { entries: texts([one]), indexes: [] } }))
      return fc.oneof(plain, repeated)
    }
  }
}

/**
 * Rows by the generated code and BigInt: slow, obvious, and nothing in common with the real reader.
 */
export function readMessage(batch: LogBatch): PlainRow[] {
  const rows: PlainRow[] = []
  const unit = BigInt(Math.max(1, batch.timeUnitNs))
  let timeNs = batch.timeBaseNs
  const next = batch.attributes.map(() => 0)
  const nextId = { traceId: 0, spanId: 0 }
  for (let i = 0; i < batch.recordCount; i++) {
    timeNs += (batch.timeDeltas[i] as bigint) * unit
    const missing = batch.timeMissing.length > 0 && bit(batch.timeMissing, i)
    rows.push({
      timeNs: missing ? null : timeNs,
      severity: batch.severities[i] as number,
      texts: {
        severityText: dictionaryText(batch.severityText, i),
        service: dictionaryText(batch.service, i),
        host: dictionaryText(batch.host, i),
        file: dictionaryText(batch.file, i),
        message: text(batch.message, i),
      },
      traceId: id(batch.traceId, i, 16, () => nextId.traceId++),
      spanId: id(batch.spanId, i, 8, () => nextId.spanId++),
      attributes: Object.fromEntries(
        batch.attributes.flatMap((column, c) => {
          if (column.presence.length > 0 && !bit(column.presence, i)) return []
          const value = attributeValue(column, (next[c] as number)++)
          return [[`${TYPES[column.type]}.${column.key}`, value]]
        }),
      ),
    })
  }
  return rows
}

function bit(bits: Uint8Array, i: number): boolean {
  return (((bits[i >> 3] as number) >> (i & 7)) & 1) === 1
}

function text(column: Texts | undefined, i: number): string {
  if (column === undefined) return ''
  const start = column.lengths.slice(0, i).reduce((a, b) => a + b, 0)
  return decoder.decode(column.heap.subarray(start, start + (column.lengths[i] as number)))
}

function dictionaryText(column: Dictionary | undefined, i: number): string {
  if (column?.entries === undefined || column.entries.lengths.length === 0) return ''
  return text(column.entries, column.indexes.length === 0 ? 0 : (column.indexes[i] as number))
}

function id(column: Ids | undefined, i: number, width: number, next: () => number): string | null {
  if (column === undefined || column.heap.length === 0) return null
  if (column.presence.length > 0 && !bit(column.presence, i)) return null
  const at = next() * width
  return hex(column.heap.subarray(at, at + width))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function attributeValue(column: AttributeMessage, i: number): string | bigint | number | boolean {
  if (column.type === 2) return column.ints[i] as bigint
  if (column.type === 3) return column.doubles[i] as number
  if (column.type === 4) return bit(column.bools, i)
  return column.texts === undefined ? dictionaryText(column.dictionary, i) : text(column.texts, i)
}

/** The same rows from opened columns. */
export function readColumns(columns: LogColumns): PlainRow[] {
  const rows: PlainRow[] = []
  const next = columns.attributes.map(() => 0)
  const nextId = { traceId: 0, spanId: 0 }
  for (let i = 0; i < columns.count; i++) {
    const missing = columns.timeMissing !== null && isPresent(columns.timeMissing, i)
    const us = BigInt(columns.timeUs[i] as number)
    rows.push({
      timeNs: missing ? null : us * 1000n + BigInt(columns.timeSubNs?.[i] ?? 0),
      severity: columns.severity[i] as number,
      texts: {
        severityText: columnText(columns.severityText, i),
        service: columnText(columns.service, i),
        host: columnText(columns.host, i),
        file: columnText(columns.file, i),
        message: columnText(columns.message, i),
      },
      traceId: isPresent(columns.traceId.presence, i)
        ? hex(columns.traceId.heap.subarray(16 * nextId.traceId, 16 * ++nextId.traceId))
        : null,
      spanId: isPresent(columns.spanId.presence, i)
        ? hex(columns.spanId.heap.subarray(8 * nextId.spanId, 8 * ++nextId.spanId))
        : null,
      attributes: Object.fromEntries(
        columns.attributes.flatMap((column, c) => {
          if (!isPresent(column.presence, i)) return []
          return [[`${column.type}.${column.key}`, columnValue(column, (next[c] as number)++)]]
        }),
      ),
    })
  }
  return rows
}

function columnText(column: TextColumn, i: number): string {
  const entry = entryOf(column, i)
  // A copy: the strict decoder does not take shared memory everywhere.
  const bytes = column.heap.slice(column.offsets[entry], column.offsets[entry + 1])
  return decoder.decode(Uint8Array.from(bytes))
}

function columnValue(column: AttributeColumn, i: number): string | bigint | number | boolean {
  if (column.type === 'd') return column.doubles[i] as number
  if (column.type === 'b') return column.bools[i] === 1
  if (column.type !== 'i') return columnText(column.texts, i)
  const low = BigInt((column.ints[2 * i] as number) >>> 0)
  return (BigInt(column.ints[2 * i + 1] as number) << 32n) | low
}
