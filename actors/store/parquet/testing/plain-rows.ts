import { signMessages } from '#actors/processing/patterns/signature.ts'
import type {
  AttributeColumn,
  AttributeType,
  IdColumn,
  RowColumns,
  TextColumn,
} from '#proto/columns.ts'
import { entryOf, isPresent } from '#proto/columns.ts'

/** A row as a plain object: what tests write down, compare and print. */
export interface PlainRow {
  readonly timeUs: number
  readonly timeSubNs: number
  readonly receivedAtUs: number
  readonly kind: number
  readonly flags: number
  readonly severity: number
  readonly severityText: string
  readonly service: string
  readonly host: string
  readonly file: string
  readonly message: string
  /** Hex; null = none. */
  readonly traceId: string | null
  readonly spanId: string | null
  readonly producer: bigint
  readonly seq: bigint
  readonly row: number
  /** By the rules of this version. */
  readonly patternId: bigint
  /** By `<type>.<key>`, written as text: equal texts are equal values of that type. */
  readonly attributes: Readonly<Record<string, string>>
}

/** How texts are stored: a dictionary, or one entry each. */
export type TextForm = 'dictionary' | 'each'

export function columnsOf(rows: readonly PlainRow[], form: TextForm = 'each'): RowColumns {
  const texts = (pick: (row: PlainRow) => string): TextColumn => textColumn(rows.map(pick), form)
  const numbers = (pick: (row: PlainRow) => number): number[] => rows.map(pick)
  const hasSubNs = rows.some(row => row.timeSubNs !== 0)
  return {
    count: rows.length,
    timeUs: Float64Array.from(numbers(row => row.timeUs)),
    timeSubNs: hasSubNs ? Uint16Array.from(numbers(row => row.timeSubNs)) : null,
    receivedAtUs: Float64Array.from(numbers(row => row.receivedAtUs)),
    kind: Uint8Array.from(numbers(row => row.kind)),
    flags: Uint8Array.from(numbers(row => row.flags)),
    severity: Uint8Array.from(numbers(row => row.severity)),
    severityText: texts(row => row.severityText),
    service: texts(row => row.service),
    host: texts(row => row.host),
    file: texts(row => row.file),
    message: texts(row => row.message),
    traceId: idColumn(
      rows.map(row => row.traceId),
      16,
    ),
    spanId: idColumn(
      rows.map(row => row.spanId),
      8,
    ),
    producer: pairsOf(rows.map(row => row.producer)),
    seq: pairsOf(rows.map(row => row.seq)),
    row: Uint16Array.from(numbers(row => row.row)),
    patternId: pairsOf(rows.map(row => row.patternId)),
    attributes: attributeColumns(rows, form),
  }
}

/** Reads every column of every row. */
export function plainRows(columns: RowColumns): PlainRow[] {
  const traces = idTexts(columns.traceId, columns.count)
  const spans = idTexts(columns.spanId, columns.count)
  const attributes = attributeTexts(columns)
  return Array.from({ length: columns.count }, (_, row) => ({
    timeUs: columns.timeUs[row] as number,
    timeSubNs: columns.timeSubNs?.[row] ?? 0,
    receivedAtUs: columns.receivedAtUs[row] as number,
    kind: columns.kind[row] as number,
    flags: columns.flags[row] as number,
    severity: columns.severity[row] as number,
    severityText: textAt(columns.severityText, row),
    service: textAt(columns.service, row),
    host: textAt(columns.host, row),
    file: textAt(columns.file, row),
    message: textAt(columns.message, row),
    traceId: traces[row] as string | null,
    spanId: spans[row] as string | null,
    producer: longAt(columns.producer, row),
    seq: longAt(columns.seq, row),
    row: columns.row[row] as number,
    patternId: longAt(columns.patternId ?? signMessages(columns.message, columns.count), row),
    attributes: attributes[row] as Record<string, string>,
  }))
}

/** In the total order of rows by identity, for comparing sets of rows. */
export function byIdentity(rows: readonly PlainRow[]): PlainRow[] {
  const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
  return [...rows].sort(
    (a, b) => compare(a.producer, b.producer) || compare(a.seq, b.seq) || a.row - b.row,
  )
}

function textColumn(values: readonly string[], form: TextForm): TextColumn {
  const entries = form === 'each' ? values : [...new Set(values)]
  const bytes = entries.map(entry => Buffer.from(entry))
  const offsets = new Uint32Array(entries.length + 1)
  for (const [index, text] of bytes.entries()) {
    offsets[index + 1] = (offsets[index] as number) + text.length
  }
  const heap = Buffer.concat(bytes)
  if (form === 'each') return { heap, offsets, indexes: 'each' }
  if (entries.length === 1) return { heap, offsets, indexes: 'same' }
  const numbers = new Map(entries.map((entry, index) => [entry, index]))
  return { heap, offsets, indexes: Uint32Array.from(values, value => numbers.get(value) ?? 0) }
}

function idColumn(ids: readonly (string | null)[], width: number): IdColumn {
  const presence = bitmapOf(ids.map(id => id !== null))
  return { width, presence, heap: Buffer.from(ids.join(''), 'hex') }
}

function bitmapOf(bits: readonly boolean[]): Uint8Array | null {
  if (bits.every(Boolean)) return null
  const bytes = new Uint8Array((bits.length + 7) >> 3)
  for (const [index, bit] of bits.entries()) {
    if (bit) bytes[index >> 3] = (bytes[index >> 3] as number) | (1 << (index & 7))
  }
  return bytes
}

function pairsOf(longs: readonly bigint[]): Int32Array {
  return new Int32Array(BigInt64Array.from(longs).buffer)
}

function attributeColumns(rows: readonly PlainRow[], form: TextForm): AttributeColumn[] {
  const names = new Set(rows.flatMap(row => Object.keys(row.attributes)))
  return [...names].map((name): AttributeColumn => {
    const type = name.slice(0, 1) as AttributeType
    const given = rows.map(row => row.attributes[name])
    const values = given.filter(value => value !== undefined)
    const presence = bitmapOf(given.map(value => value !== undefined))
    const base = { key: name.slice(2), presence, present: values.length }
    switch (type) {
      case 's':
      case 'j':
        return { ...base, type, texts: textColumn(values, form) }
      case 'i':
        return { ...base, type, ints: pairsOf(values.map(BigInt)) }
      case 'd':
        return { ...base, type, doubles: Float64Array.from(values, Number) }
      case 'b':
        return { ...base, type, bools: Uint8Array.from(values, value => Number(value === 'true')) }
    }
  })
}

/** A double as text, with the zeros apart. */
export function doubleText(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number)
}

export function textAt(column: TextColumn, value: number): string {
  const entry = entryOf(column, value)
  return Buffer.from(
    column.heap.subarray(column.offsets[entry], column.offsets[entry + 1]),
  ).toString()
}

function longAt(pairs: Int32Array, value: number): bigint {
  const high = BigInt(pairs[2 * value + 1] as number) << 32n
  return high | BigInt((pairs[2 * value] as number) >>> 0)
}

function idTexts({ heap, presence, width }: IdColumn, count: number): (string | null)[] {
  let value = 0
  return Array.from({ length: count }, (_, row) => {
    if (!isPresent(presence, row)) return null
    const start = value++ * width
    return Buffer.from(heap.subarray(start, start + width)).toString('hex')
  })
}

function attributeTexts({ attributes, count }: RowColumns): Record<string, string>[] {
  const rows = Array.from({ length: count }, (): Record<string, string> => ({}))
  for (const column of attributes) {
    let value = 0
    for (const [row, texts] of rows.entries()) {
      if (!isPresent(column.presence, row)) continue
      texts[`${column.type}.${column.key}`] = attributeText(column, value++)
    }
  }
  return rows
}

function attributeText(column: AttributeColumn, value: number): string {
  switch (column.type) {
    case 's':
    case 'j':
      return textAt(column.texts, value)
    case 'i':
      return String(longAt(column.ints, value))
    case 'd':
      return doubleText(column.doubles[value] as number)
    case 'b':
      return String(column.bools[value] === 1)
  }
}
