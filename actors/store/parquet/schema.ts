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
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
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

/** The columns of a segment: the fixed ones, then the attributes' own, in this order in every row group. */
export interface SegmentSchema {
  readonly columns: readonly ColumnSchema[]
  readonly attributes: readonly AttributeName[]
}

/** The schema with exactly these attribute columns beside the fixed ones. */
export declare function segmentSchema(attributes: readonly AttributeName[]): SegmentSchema

/**
 * The attributes of `parts` that deserve a column: most frequent first, at most `cap`. Keys that
 * are no valid names, or differ only by case from a chosen one, stay in the JSON column.
 */
export declare function chooseAttributes(
  parts: readonly RowColumns[],
  cap: number,
): readonly AttributeName[]

/**
 * The schema that holds row groups of all of `schemas` byte for byte; null if two names differ only
 * by case or more than `cap` attributes come together: then some must be encoded again.
 */
export declare function unionSchema(
  schemas: readonly SegmentSchema[],
  cap: number,
): SegmentSchema | null
