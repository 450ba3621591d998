import assert from 'node:assert/strict'
import { areOfThisVersion } from '#actors/processing/patterns/signature.ts'
import {
  type AttributeColumn,
  type AttributeType,
  type CodedNumbers,
  type IdColumn,
  numberOfPair,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'
import { ColumnReader, type ColumnSource } from './column-reader.ts'
import { proven } from './corrupt.ts'
import {
  type CodedPairs,
  type Decoded,
  decodeBooleans,
  decodeCodedPairs,
  decodeEntries,
  decodeIds,
  decodeNumbers,
  decodePairs,
  decodeTexts,
  pairsOfCodes,
} from './decode-columns.ts'
import type { ReadRange, StoredRowGroup } from './footer.ts'
import type { ColumnChunk } from './layout.ts'
import { openRest } from './rest-columns.ts'
import { type AttributeName, columnName, REST_COLUMN } from './schema.ts'

/**
 * The rows of a stored row group; each column is read, proven and decoded when it is first touched.
 * `rows` (ascending row numbers) keeps only those rows and reads only their pages. Touching a column
 * throws LOGBOY_SEGMENT_CORRUPT where bytes are not what was written.
 */
export function openRowGroup(
  read: ReadRange,
  group: StoredRowGroup,
  rows: Uint32Array | null = null,
): RowColumns {
  return new StoredRows({ read, start: group.start, rows }, group)
}

/**
 * The ids of all patterns that the row group has, as pairs: few, and read without its rows; null =
 * they are too many for a dictionary, or ids by other rules.
 */
export function patternsOf(read: ReadRange, group: StoredRowGroup): Int32Array | null {
  const index = group.schema.columns.findIndex(({ name }) => name === 'pattern_id')
  const [column, chunk] = [group.schema.columns[index], group.columns[index]]
  if (column === undefined || chunk === undefined || chunk.nullCount > 0) return null
  const reader = new ColumnReader({ read, start: group.start, rows: null }, column, chunk)
  if (!reader.isDictionary) return null
  const entries = decodeEntries(reader)
  return areOfThisVersion(entries) ? entries : null
}

/** The numbers in the dictionary of the column at `place` of the schema. */
export function entriesOf(read: ReadRange, group: StoredRowGroup, place: number): Float64Array {
  const [column, chunk] = [group.schema.columns[place], group.columns[place]]
  assert(column !== undefined && chunk !== undefined, 'columns of the schema are asked for')
  const reader = new ColumnReader({ read, start: group.start, rows: null }, column, chunk)
  proven(reader.isDictionary, 'column without a dictionary')
  const pairs = decodeEntries(reader)
  return column.physical === 'DOUBLE' ? doublesOf(pairs) : numbersOfPairs(pairs)
}

class StoredRows implements RowColumns {
  readonly count: number
  readonly #source: ColumnSource
  readonly #group: StoredRowGroup
  readonly #places: ReadonlyMap<string, number>
  readonly #opened = new Map<string, unknown>()

  constructor(source: ColumnSource, group: StoredRowGroup) {
    const { rows } = source
    const last = rows === null ? 0 : (rows[rows.length - 1] ?? 0)
    assert(last < group.rowCount, 'wanted rows are rows of the group')
    this.count = rows?.length ?? group.rowCount
    this.#source = source
    this.#group = group
    this.#places = new Map(group.schema.columns.map(({ name }, index) => [name, index]))
  }

  get timeUs(): Float64Array {
    return this.#once('time', reader => {
      const times = this.#whole(decodeNumbers(reader))
      if (this.#group.schema.timeUnit === 'us') return times
      for (let row = 0; row < times.length; row++) times[row] = (times[row] as number) * 1_000
      return times
    })
  }

  get timeSubNs(): Uint16Array | null {
    return this.#once('time_sub_ns', reader => {
      const numbers = this.#whole(decodeNumbers(reader))
      return numbers.some(number => number !== 0) ? new Uint16Array(numbers) : null
    })
  }

  get receivedAtUs(): Float64Array {
    return this.#numbers('received_at')
  }

  get kind(): Uint8Array {
    return this.#small('kind')
  }

  get flags(): Uint8Array {
    return this.#small('flags')
  }

  get severity(): Uint8Array {
    return this.#small('severity')
  }

  get severityText(): TextColumn {
    return this.#texts('severity_text')
  }

  get service(): TextColumn {
    return this.#texts('service')
  }

  get host(): TextColumn {
    return this.#texts('host')
  }

  get file(): TextColumn {
    return this.#texts('file')
  }

  get message(): TextColumn {
    return this.#texts('message')
  }

  get traceId(): IdColumn {
    return this.#once('trace_id', decodeIds)
  }

  get spanId(): IdColumn {
    return this.#once('span_id', decodeIds)
  }

  get producer(): Int32Array {
    return this.#pairs('producer')
  }

  get seq(): Int32Array {
    return this.#pairs('seq')
  }

  get row(): Uint16Array {
    return this.#once('row', reader => new Uint16Array(this.#whole(decodeNumbers(reader))))
  }

  /** null = none are stored, or ids by other rules: they are made of the messages. */
  get patternId(): Int32Array | null {
    return this.#once('pattern_id', reader => {
      if (reader.isEmpty) return null
      const { values, presence } = decodePairs(reader)
      return presence === null && areOfThisVersion(values) ? values : null
    })
  }

  get attributes(): readonly AttributeColumn[] {
    return this.#once(REST_COLUMN, reader => {
      const { attributes } = this.#group.schema
      const own = attributes.map(attribute => this.#attribute(attribute))
      if (reader.isEmpty) return own
      const { values, presence } = decodeTexts(reader)
      return [...own, ...openRest(values, presence, this.count, attributes)]
    })
  }

  #attribute(attribute: AttributeName): AttributeColumn {
    const reader = this.#reader(columnName(attribute))
    switch (attribute.type) {
      case 's':
      case 'j':
        return new StoredTexts(attribute, attribute.type, () => decodeTexts(reader))
      case 'i':
        return new StoredInts(attribute, 'i', () => decodeStoredPairs(reader))
      case 'd':
        return new StoredDoubles(attribute, 'd', () => decodeStoredPairs(reader))
      case 'b':
        return new StoredBools(attribute, 'b', () => decodeBooleans(reader))
    }
  }

  #numbers(name: string): Float64Array {
    return this.#once(name, reader => this.#whole(decodeNumbers(reader)))
  }

  #small(name: string): Uint8Array {
    return this.#once(name, reader => new Uint8Array(this.#whole(decodeNumbers(reader))))
  }

  #texts(name: string): TextColumn {
    return this.#once(name, reader => decodeTexts(reader).values)
  }

  #pairs(name: string): Int32Array {
    return this.#once(name, reader => {
      const { values } = decodePairs(reader)
      proven(values.length === this.count * 2, 'column of other rows')
      return values
    })
  }

  #whole(numbers: Float64Array): Float64Array {
    proven(numbers.length === this.count, 'column of other rows')
    return numbers
  }

  #once<Column>(name: string, open: (reader: ColumnReader) => Column): Column {
    const opened = this.#opened.get(name)
    if (opened !== undefined) return opened as Column
    const column = open(this.#reader(name))
    this.#opened.set(name, column)
    return column
  }

  #reader(name: string): ColumnReader {
    const index = this.#places.get(name) ?? -1
    const column = this.#group.schema.columns[index]
    assert(column !== undefined, `no such column: ${name}`)
    return new ColumnReader(this.#source, column, this.#group.columns[index] as ColumnChunk)
  }
}

/** An attribute column that is read when its values or its presence are first touched. */
class StoredAttribute<Type extends AttributeType, Values> {
  readonly key: string
  readonly type: Type
  readonly #decode: () => Decoded<Values>
  #decoded: Decoded<Values> | undefined

  constructor({ key }: AttributeName, type: Type, decode: () => Decoded<Values>) {
    this.key = key
    this.type = type
    this.#decode = decode
  }

  get presence(): Uint8Array | null {
    return this.decoded().presence
  }

  get present(): number {
    return this.decoded().present
  }

  protected decoded(): Decoded<Values> {
    this.#decoded ??= this.#decode()
    return this.#decoded
  }
}

class StoredTexts extends StoredAttribute<'s' | 'j', TextColumn> {
  get texts(): TextColumn {
    return this.decoded().values
  }
}

function decodeStoredPairs(reader: ColumnReader): Decoded<CodedPairs | Int32Array> {
  return reader.isDictionary ? decodeCodedPairs(reader) : decodePairs(reader)
}

/** Numbers stay in the codes of their dictionary until somebody wants each. */
abstract class StoredNumbers<Type extends 'i' | 'd'> extends StoredAttribute<
  Type,
  CodedPairs | Int32Array
> {
  #pairs: Int32Array | undefined

  get coded(): CodedNumbers | null {
    const { values } = this.decoded()
    if (values instanceof Int32Array) return null
    return { codes: values.codes, entries: this.numbersOf(values.entries) }
  }

  protected get pairs(): Int32Array {
    const { values } = this.decoded()
    this.#pairs ??= values instanceof Int32Array ? values : pairsOfCodes(values)
    return this.#pairs
  }

  protected abstract numbersOf(pairs: Int32Array): Float64Array
}

class StoredInts extends StoredNumbers<'i'> {
  get ints(): Int32Array {
    return this.pairs
  }

  protected numbersOf(pairs: Int32Array): Float64Array {
    return numbersOfPairs(pairs)
  }
}

class StoredDoubles extends StoredNumbers<'d'> {
  get doubles(): Float64Array {
    return doublesOf(this.pairs)
  }

  protected numbersOf(pairs: Int32Array): Float64Array {
    return doublesOf(pairs)
  }
}

function doublesOf(pairs: Int32Array): Float64Array {
  return new Float64Array(pairs.buffer, pairs.byteOffset, pairs.length >> 1)
}

function numbersOfPairs(pairs: Int32Array): Float64Array {
  const numbers = new Float64Array(pairs.length >> 1)
  for (let i = 0; i < numbers.length; i++) numbers[i] = numberOfPair(pairs, i)
  return numbers
}

class StoredBools extends StoredAttribute<'b', Uint8Array> {
  get bools(): Uint8Array {
    return this.decoded().values
  }
}
