/**
 * From a batch as its sender wrote it to rows as everyone else sees them: whatever the sender left
 * open (time, level) is decided here, once, and marked in the row's flags.
 */
import assert from 'node:assert/strict'
import {
  type AttributeColumn,
  entryOf,
  type IdColumn,
  isPresent,
  type LogColumns,
  ROW_FLAGS,
  type RowColumns,
  type TextColumn,
} from '#proto/columns.ts'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { inferLevelIn } from '#proto/level.ts'
import { BATCH_RECORDS_MAX, TIME_AHEAD_US_MAX } from '#proto/limits.ts'
import { takeRows } from './take-rows.ts'

/** Severity of a record that neither has a level nor names one in its message: INFO. */
const SEVERITY_DEFAULT = 9

/** Row numbers are record numbers; no batch has its own copy of 0, 1, 2 … */
const ROW_NUMBERS = Uint16Array.from({ length: BATCH_RECORDS_MAX }, (_, index) => index)

/** The part of an envelope that becomes part of the rows: all that a thread has to be told. */
export type RowsEnvelope = Pick<
  Envelope,
  'receivedAtUs' | 'producer' | 'epoch' | 'sequence' | 'rejected'
>

/**
 * Rows of a committed batch. The same envelope and batch give the same rows in every thread and
 * after every restart. Heaps are those of `columns`; rejected records are left out.
 */
export function openRows(envelope: RowsEnvelope, columns: LogColumns): RowColumns {
  const { count } = columns
  assert(count <= BATCH_RECORDS_MAX, 'a proven batch is within its limits')
  const rows = new BatchRows(envelope, columns)
  return envelope.rejected.length === 0 ? rows : takeRows(rows, accepted(envelope, count))
}

/** All records of a batch as rows; columns are made when they are first touched. */
class BatchRows implements RowColumns {
  readonly count: number
  readonly patternId = null
  readonly #envelope: RowsEnvelope
  readonly #columns: LogColumns
  #decided: Decided | undefined
  #receivedAtUs: Float64Array | undefined
  #kind: Uint8Array | undefined
  #producer: Int32Array | undefined
  #seq: Int32Array | undefined

  constructor(envelope: RowsEnvelope, columns: LogColumns) {
    this.count = columns.count
    this.#envelope = envelope
    this.#columns = columns
  }

  get timeUs(): Float64Array {
    return this.#decide().timeUs
  }

  get timeSubNs(): Uint16Array | null {
    return this.#decide().timeSubNs
  }

  get severity(): Uint8Array {
    return this.#decide().severity
  }

  get flags(): Uint8Array {
    return this.#decide().flags
  }

  get severityText(): TextColumn {
    return this.#columns.severityText
  }

  get service(): TextColumn {
    return this.#columns.service
  }

  get host(): TextColumn {
    return this.#columns.host
  }

  get file(): TextColumn {
    return this.#columns.file
  }

  get message(): TextColumn {
    return this.#columns.message
  }

  get traceId(): IdColumn {
    return this.#columns.traceId
  }

  get spanId(): IdColumn {
    return this.#columns.spanId
  }

  get attributes(): readonly AttributeColumn[] {
    return this.#columns.attributes
  }

  get receivedAtUs(): Float64Array {
    const { count } = this
    this.#receivedAtUs ??= new Float64Array(count).fill(Number(this.#envelope.receivedAtUs))
    return this.#receivedAtUs
  }

  get kind(): Uint8Array {
    this.#kind ??= new Uint8Array(this.count).fill(this.#columns.kind)
    return this.#kind
  }

  get producer(): Int32Array {
    this.#producer ??= repeatPair(this.#envelope.producer, this.count)
    return this.#producer
  }

  get seq(): Int32Array {
    const { epoch, sequence } = this.#envelope
    this.#seq ??= repeatPair((BigInt(epoch) << 40n) | sequence, this.count)
    return this.#seq
  }

  get row(): Uint16Array {
    return ROW_NUMBERS.subarray(0, this.count)
  }

  #decide(): Decided {
    this.#decided ??= decide(this.#columns, Number(this.#envelope.receivedAtUs))
    return this.#decided
  }
}

interface Decided extends Times {
  readonly severity: Uint8Array
  readonly flags: Uint8Array
}

function decide(columns: LogColumns, receivedAtUs: number): Decided {
  const flags = new Uint8Array(columns.count)
  const times = decideTimes(columns, receivedAtUs, flags)
  return { ...times, severity: decideSeverities(columns, flags), flags }
}

interface Times {
  readonly timeUs: Float64Array
  readonly timeSubNs: Uint16Array | null
}

/** Missing times and times too far ahead become the receive time; earlier than 1970 was refused. */
function decideTimes(columns: LogColumns, receivedAtUs: number, flags: Uint8Array): Times {
  const { timeMissing } = columns
  const latestUs = receivedAtUs + TIME_AHEAD_US_MAX
  let { timeUs, timeSubNs } = columns
  for (let i = 0; i < columns.count; i++) {
    const missing = timeMissing !== null && isPresent(timeMissing, i)
    if (!missing && (timeUs[i] as number) <= latestUs) continue
    if (timeUs === columns.timeUs) {
      timeUs = timeUs.slice()
      timeSubNs = timeSubNs && timeSubNs.slice()
    }
    timeUs[i] = receivedAtUs
    if (timeSubNs) timeSubNs[i] = 0
    flags[i] = (flags[i] as number) | (missing ? ROW_FLAGS.timeMissing : ROW_FLAGS.timeClamped)
  }
  return { timeUs, timeSubNs }
}

/** The given severity, else the one that the message names, else INFO. */
function decideSeverities(columns: LogColumns, flags: Uint8Array): Uint8Array {
  let { severity } = columns
  for (let i = 0; i < columns.count; i++) {
    if (severity[i] !== 0) continue
    const { message } = columns
    if (severity === columns.severity) severity = severity.slice()
    const entry = entryOf(message, i)
    const [start, end] = [message.offsets[entry] as number, message.offsets[entry + 1] as number]
    const inferred = inferLevelIn(message.heap, start, end)
    severity[i] = inferred === 0 ? SEVERITY_DEFAULT : inferred
    const flag = inferred === 0 ? ROW_FLAGS.levelDefaulted : ROW_FLAGS.levelInferred
    flags[i] = (flags[i] as number) | flag
  }
  return severity
}

function repeatPair(value: bigint, count: number): Int32Array {
  const low = Number(BigInt.asIntN(32, value))
  const high = Number(BigInt.asIntN(32, value >> 32n))
  const pairs = new Int32Array(count * 2)
  for (let i = 0; i < pairs.length; i += 2) {
    pairs[i] = low
    pairs[i + 1] = high
  }
  return pairs
}

function accepted({ rejected }: RowsEnvelope, count: number): Uint32Array {
  const indices = new Uint32Array(count)
  let kept = 0
  let next = 0
  for (let i = 0; i < count; i++) {
    if (rejected[next] === i) next++
    else indices[kept++] = i
  }
  assert.equal(next, rejected.length, 'rejected numbers ascend and are records of the batch')
  return indices.subarray(0, kept)
}
