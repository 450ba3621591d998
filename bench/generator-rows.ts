import { closeSync, openSync, readSync } from 'node:fs'
import type { AttributeColumn, AttributeType, RowColumns, TextColumn } from '#proto/columns.ts'

/**
 * NDJSON of the generator as columns, for benches of what comes after decoding. Slow on purpose
 * (JSON.parse per line): nothing here is part of the product.
 */
export function* readParts(
  path: string,
  rowsMax: number,
  rowsPerPart: number,
): Generator<RowColumns> {
  let records: Record<string, unknown>[] = []
  let sequence = 1
  let rows = 0
  for (const line of readLines(path)) {
    records.push(JSON.parse(line) as Record<string, unknown>)
    if (++rows === rowsMax || records.length === rowsPerPart) {
      yield partOf(records, sequence++)
      records = []
    }
    if (rows === rowsMax) return
  }
  if (records.length > 0) yield partOf(records, sequence)
}

function* readLines(path: string): Generator<string> {
  const fd = openSync(path, 'r')
  const chunk = Buffer.alloc(1 << 20)
  let rest = ''
  for (let length = 1; length > 0; ) {
    length = readSync(fd, chunk, 0, chunk.length, null)
    const lines = (rest + chunk.toString('latin1', 0, length)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  closeSync(fd)
}

const SEVERITY: Record<string, number> = { debug: 5, info: 9, warn: 13, error: 17 }
const FIXED = new Set(['time', 'level', 'service', 'host', 'message', 'trace_id', 'span_id'])

function partOf(records: readonly Record<string, unknown>[], sequence: number): RowColumns {
  const count = records.length
  const texts = (key: string): string[] =>
    records.map(record => String((record[key] as string | undefined) ?? ''))
  const timeUs = Float64Array.from(records, record => Date.parse(String(record['time'])) * 1000)
  const ids = records.map(record => record['trace_id'] as string | undefined)
  return {
    count,
    timeUs,
    timeSubNs: null,
    severity: Uint8Array.from(records, record => SEVERITY[String(record['level'])] ?? 9),
    severityText: textColumn(['']),
    service: textColumn(texts('service')),
    host: textColumn(texts('host')),
    file: textColumn(['']),
    message: textColumn(texts('message'), true),
    traceId: {
      width: 16,
      presence: bitmap(ids.map(id => id !== undefined)),
      heap: Buffer.from(ids.join(''), 'hex'),
    },
    spanId: { width: 8, presence: new Uint8Array((count + 7) >> 3), heap: new Uint8Array(0) },
    attributes: attributesOf(records),
    receivedAtUs: new Float64Array(count).fill((timeUs[count - 1] as number) + 1_234),
    kind: new Uint8Array(count),
    flags: new Uint8Array(count),
    producer: pairs(count, 0x1234567, 0x789abcd),
    seq: pairs(count, sequence, 0x100),
    row: Uint16Array.from({ length: count }, (_, index) => index),
    patternId: null,
  }
}

function attributesOf(records: readonly Record<string, unknown>[]): AttributeColumn[] {
  const keys = new Map<string, { key: string; type: AttributeType }>()
  for (const record of records) {
    for (const [key, value] of Object.entries(record)) {
      if (!FIXED.has(key)) keys.set(typeOf(value) + key, { key, type: typeOf(value) })
    }
  }
  return [...keys.values()].map(({ key, type }): AttributeColumn => {
    const has = (record: Record<string, unknown>): boolean =>
      record[key] !== undefined && typeOf(record[key]) === type
    const values = records.filter(has).map(record => record[key])
    const all = values.length === records.length
    const base = { key, presence: all ? null : bitmap(records.map(has)), present: values.length }
    if (type === 's') return { ...base, type, texts: textColumn(values as string[]) }
    if (type === 'd') return { ...base, type, doubles: Float64Array.from(values as number[]) }
    const ints = new Int32Array(values.length * 2)
    for (const [index, value] of (values as number[]).entries()) ints[2 * index] = value
    return { ...base, type: 'i', ints }
  })
}

function typeOf(value: unknown): 's' | 'i' | 'd' {
  return typeof value === 'string' ? 's' : Number.isInteger(value) ? 'i' : 'd'
}

function textColumn(values: readonly string[], each = false): TextColumn {
  const entries = each ? values : [...new Set(values)]
  const asEach = each || entries.length > values.length / 2
  const kept = asEach ? values : entries
  const offsets = new Uint32Array(kept.length + 1)
  for (const [index, text] of kept.entries())
    offsets[index + 1] = (offsets[index] as number) + text.length
  const heap = Buffer.from(kept.join(''), 'latin1')
  if (entries.length === 1) return { heap, offsets: offsets.subarray(0, 2), indexes: 'same' }
  if (asEach) return { heap, offsets, indexes: 'each' }
  const numbers = new Map(entries.map((text, index) => [text, index]))
  return { heap, offsets, indexes: Uint32Array.from(values, text => numbers.get(text) ?? 0) }
}

function pairs(count: number, low: number, high: number): Int32Array {
  return Int32Array.from({ length: count * 2 }, (_, index) => (index % 2 === 0 ? low : high))
}

function bitmap(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array((bits.length + 7) >> 3)
  for (const [index, bit] of bits.entries())
    if (bit) bytes[index >> 3] = (bytes[index >> 3] as number) | (1 << (index & 7))
  return bytes
}
