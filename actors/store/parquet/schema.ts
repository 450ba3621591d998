import type { AttributeType, RowColumns } from '#proto/columns.ts'

/** A Parquet physical type by its name. */
export type PhysicalType =
  | 'BOOLEAN'
  | 'INT32'
  | 'INT64'
  | 'DOUBLE'
  | 'BYTE_ARRAY'
  | 'FIXED_LEN_BYTE_ARRAY'

/** What the bits mean; readers such as DuckDB show the column accordingly. */
export type LogicalType =
  | 'timestamp-us'
  | 'timestamp-ms'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'text'
  | 'json'
  | 'none'

export interface ColumnSchema {
  readonly name: string
  readonly physical: PhysicalType
  readonly logical: LogicalType
  /** Bytes of a FIXED_LEN_BYTE_ARRAY, else 0. */
  readonly width: number
  readonly optional: boolean
}

/** An attribute with a column of its own: `attr.<type>.<key>`. */
export interface AttributeName {
  readonly key: string
  readonly type: AttributeType
}

/** Event times of a segment: whole milliseconds where all of them are, a byte a row less. */
export type TimeUnit = 'us' | 'ms'

/** The columns of a segment: the fixed ones, then the attributes' own, in this order in every row group. */
export interface SegmentSchema {
  readonly columns: readonly ColumnSchema[]
  readonly attributes: readonly AttributeName[]
  readonly timeUnit: TimeUnit
}

/** Where the attributes without a column of their own are, as one JSON object; null = none. */
export const REST_COLUMN = 'attributes'
const ATTRIBUTE_PREFIX = 'attr.'

/** `row` and `producer` beside `seq` are the identity; the id columns are half as large as their text. */
const FIXED_COLUMNS: readonly ColumnSchema[] = [
  required('time_sub_ns', 'INT32', 'int16'),
  required('received_at', 'INT64', 'timestamp-us'),
  required('kind', 'INT32', 'int8'),
  required('flags', 'INT32', 'int8'),
  required('severity', 'INT32', 'int8'),
  required('severity_text', 'BYTE_ARRAY', 'text'),
  required('service', 'BYTE_ARRAY', 'text'),
  required('host', 'BYTE_ARRAY', 'text'),
  required('file', 'BYTE_ARRAY', 'text'),
  required('message', 'BYTE_ARRAY', 'text'),
  { ...optional('trace_id', 'FIXED_LEN_BYTE_ARRAY', 'none'), width: 16 },
  { ...optional('span_id', 'FIXED_LEN_BYTE_ARRAY', 'none'), width: 8 },
  optional('pattern_id', 'INT64', 'int64'),
  required('producer', 'INT64', 'int64'),
  required('seq', 'INT64', 'int64'),
  required('row', 'INT32', 'int32'),
  optional(REST_COLUMN, 'BYTE_ARRAY', 'json'),
]

function required(name: string, physical: PhysicalType, logical: LogicalType): ColumnSchema {
  return { name, physical, logical, width: 0, optional: false }
}

function optional(name: string, physical: PhysicalType, logical: LogicalType): ColumnSchema {
  return { name, physical, logical, width: 0, optional: true }
}

const ATTRIBUTE_FORMS: Readonly<Record<AttributeType, readonly [PhysicalType, LogicalType]>> = {
  s: ['BYTE_ARRAY', 'text'],
  i: ['INT64', 'int64'],
  d: ['DOUBLE', 'none'],
  b: ['BOOLEAN', 'none'],
  j: ['BYTE_ARRAY', 'json'],
}

/** The schema with exactly these attribute columns beside the fixed ones. */
export function segmentSchema(
  attributes: readonly AttributeName[],
  timeUnit: TimeUnit = 'us',
): SegmentSchema {
  const time = required('time', 'INT64', `timestamp-${timeUnit}`)
  const own = attributes.map(attribute =>
    optional(columnName(attribute), ...ATTRIBUTE_FORMS[attribute.type]),
  )
  return { columns: [time, ...FIXED_COLUMNS, ...own], attributes, timeUnit }
}

/** The column of an attribute. */
export function columnName({ type, key }: AttributeName): string {
  return `${ATTRIBUTE_PREFIX}${type}.${key}`
}

/** The attribute of a column; null if the column is none. */
export function attributeOfColumn(name: string): AttributeName | null {
  const match = /^attr\.([sidbj])\.(.+)$/su.exec(name)
  return match === null ? null : { type: match[1] as AttributeType, key: match[2] as string }
}

/** Letters, digits and what keys are joined with; longer or odder keys stay in the JSON. */
const VALID_KEY = /^[\p{L}\p{N}_.:/@$ -]{1,128}$/u

/**
 * The attributes of `parts` that deserve a column: most frequent first, at most `cap`. Keys that
 * are no valid names, or differ only by case from a chosen one, stay in the JSON column.
 */
export function chooseAttributes(
  parts: readonly RowColumns[],
  cap: number,
): readonly AttributeName[] {
  const found = new Map<string, { readonly attribute: AttributeName; rows: number }>()
  for (const part of parts) {
    for (const { key, type, present } of part.attributes) {
      if (present === 0 || !VALID_KEY.test(key)) continue
      const name = columnName({ key, type })
      const known = found.get(name)
      if (known === undefined) found.set(name, { attribute: { key, type }, rows: present })
      else known.rows += present
    }
  }
  const byRows = [...found].sort(([a, { rows: m }], [b, { rows: n }]) => n - m || (a < b ? -1 : 1))
  const chosen = new Map<string, AttributeName>()
  for (const [name, { attribute }] of byRows) {
    if (chosen.size === cap) break
    const folded = name.toLowerCase()
    if (!chosen.has(folded)) chosen.set(folded, attribute)
  }
  return [...chosen.values()]
}

/** 'ms' if that says every event time. */
export function timeUnitOf(parts: readonly { readonly timeUs: Float64Array }[]): TimeUnit {
  return parts.every(({ timeUs }) => areMillis(timeUs)) ? 'ms' : 'us'
}

export function areMillis(timeUs: Float64Array): boolean {
  for (let row = 0; row < timeUs.length; row++) {
    const us = timeUs[row] as number
    if (Math.floor(us / 1_000) * 1_000 !== us) return false
  }
  return true
}

/**
 * The schema that holds row groups of all of `schemas` byte for byte; null if two names differ only
 * by case, more than `cap` attributes come together, or times have different units: then some must
 * be encoded again.
 */
export function unionSchema(schemas: readonly SegmentSchema[], cap: number): SegmentSchema | null {
  const names = new Map<string, string>()
  const attributes: AttributeName[] = []
  const timeUnit = schemas[0]?.timeUnit
  for (const schema of schemas) {
    if (schema.timeUnit !== timeUnit) return null
    for (const attribute of schema.attributes) {
      const name = columnName(attribute)
      const known = names.get(name.toLowerCase())
      if (known === name) continue
      if (known !== undefined || attributes.length === cap) return null
      names.set(name.toLowerCase(), name)
      attributes.push(attribute)
    }
  }
  return segmentSchema(attributes, timeUnit)
}
