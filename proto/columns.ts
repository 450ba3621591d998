/**
 * Columns in memory: what a LogBatch and a stored row group both open into, without an object per
 * record. Values of optional columns are dense (present ones only) beside a presence bitmap, least
 * significant bit first; `null` presence = all present.
 */

/** Texts of a column: value i is an entry of a shared heap. */
export interface TextColumn {
  readonly heap: Uint8Array
  /** Entry e is heap[offsets[e], offsets[e + 1]). */
  readonly offsets: Uint32Array
  /** Entry of each value; 'each' = value i is entry i; 'same' = every value is entry 0. */
  readonly indexes: Uint32Array | 'each' | 'same'
}

/** Ids of fixed width: 16 bytes (trace) or 8 (span). */
export interface IdColumn {
  readonly width: number
  readonly presence: Uint8Array | null
  readonly heap: Uint8Array
}

interface AttributeBase {
  readonly key: string
  readonly presence: Uint8Array | null
  /** Number of present values. */
  readonly present: number
}

/** Numbers among which few are different: value i is entries[codes[i]]. */
export interface CodedNumbers {
  readonly codes: Uint32Array
  readonly entries: Float64Array
}

/** s string, i int64, d double, b bool, j JSON text. */
export type AttributeType = 's' | 'i' | 'd' | 'b' | 'j'

interface NumberBase extends AttributeBase {
  /** The same numbers by the dictionary that they are stored with; absent or null = by none. */
  readonly coded?: CodedNumbers | null
}

export type AttributeColumn =
  | (AttributeBase & { readonly type: 's' | 'j'; readonly texts: TextColumn })
  /** Little-endian int64 as pairs (low, high). */
  | (NumberBase & { readonly type: 'i'; readonly ints: Int32Array })
  | (NumberBase & { readonly type: 'd'; readonly doubles: Float64Array })
  /** One byte a value: 0 or 1. */
  | (AttributeBase & { readonly type: 'b'; readonly bools: Uint8Array })

/** A batch as its sender wrote it. */
export interface LogColumns {
  /** ROW_KINDS number of all records. */
  readonly kind: number
  readonly count: number
  /** Whole microseconds since 1970; 0 where missing. */
  readonly timeUs: Float64Array
  /** Nanoseconds within the microsecond, 0-999; null = all 0. */
  readonly timeSubNs: Uint16Array | null
  /** Bitmap; null = none missing. */
  readonly timeMissing: Uint8Array | null
  /** OpenTelemetry severity number; 0 = none given. */
  readonly severity: Uint8Array
  readonly severityText: TextColumn
  readonly service: TextColumn
  readonly host: TextColumn
  readonly file: TextColumn
  readonly message: TextColumn
  readonly traceId: IdColumn
  readonly spanId: IdColumn
  readonly attributes: readonly AttributeColumn[]
  readonly sdkName: string
  readonly sdkVersion: string
}

/**
 * Rows as the store, the matcher and the tail see them: accepted records only, every time and
 * severity decided, identity and receipt beside them.
 */
export interface RowColumns
  extends Omit<LogColumns, 'kind' | 'timeMissing' | 'sdkName' | 'sdkVersion'> {
  readonly receivedAtUs: Float64Array
  /** ROW_KINDS number. */
  readonly kind: Uint8Array
  /** ROW_FLAGS bits. */
  readonly flags: Uint8Array
  /** Pairs (low, high) of the producer, 63 bits. */
  readonly producer: Int32Array
  /** Pairs (low, high) of epoch << 40 | sequence. */
  readonly seq: Int32Array
  readonly row: Uint16Array
  /** Pairs (low, high); null = nobody has made them of the messages yet. */
  readonly patternId: Int32Array | null
}

export const ROW_KINDS = { log: 0, metric: 1, alert: 2 } as const

/** What was decided for a row because its sender did not say. */
export const ROW_FLAGS = {
  levelInferred: 1,
  levelDefaulted: 2,
  timeMissing: 4,
  timeClamped: 8,
} as const

/** True when bit `index` is set; a null bitmap has all bits set. */
export function isPresent(presence: Uint8Array | null, index: number): boolean {
  return presence === null || ((presence[index >> 3] as number) & (1 << (index & 7))) !== 0
}

/** Value `index` of an int64 column as a number: exact if it is a safe integer. */
export function numberOfPair(pairs: Int32Array, index: number): number {
  return (pairs[index * 2 + 1] as number) * 2 ** 32 + ((pairs[index * 2] as number) >>> 0)
}

/** Entry number of value `index`. */
export function entryOf(column: TextColumn, index: number): number {
  const { indexes } = column
  return indexes === 'each' ? index : indexes === 'same' ? 0 : (indexes[index] as number)
}
