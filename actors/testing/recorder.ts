/** Everything that the log ever delivered to the store, over all lives of the server: the truth. */
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Position } from '#actors/commit-log/positions.ts'
import { entryOf, isPresent, type LogColumns, type TextColumn } from '#proto/columns.ts'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { TIME_AHEAD_US_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import { formatRowId, packSeq, splitInt64 } from '#proto/row-id.ts'
import { numberOf } from './ledger.ts'

export interface RecordedRow {
  readonly number: number
  readonly id: string
  readonly projectId: string
  readonly service: string
  readonly message: string
  /** Of its entry. */
  readonly partition: number
  readonly position: Position
  /** Within its entry. */
  readonly row: number
  readonly receivedAtUs: number
  /** Event time. */
  readonly timeUs: number
}

export class Recorder {
  readonly #rows: RecordedRow[] = []
  readonly #byNumber = new Map<number, RecordedRow>()
  readonly #entries = new Map<Position, string>()
  readonly #onViolation: (what: string) => void
  #end: Position = 0
  #lastReceivedAtUs = 0

  /** `onViolation` is told of every entry that cannot be. */
  constructor(onViolation: (what: string) => void) {
    this.#onViolation = onViolation
  }

  /** In log order. */
  get rows(): readonly RecordedRow[] {
    return this.#rows
  }

  row(number: number): RecordedRow | undefined {
    return this.#byNumber.get(number)
  }

  /** Where the newest entry ends. */
  get end(): Position {
    return this.#end
  }

  note(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#note(entry)
  }

  #note({ position, envelope, batch }: LogEntry): void {
    const name = nameOf(envelope)
    const known = this.#entries.get(position)
    if (known === name) return
    if (known !== undefined) {
      return this.#onViolation(`at ${position} the log had ${known}, and now ${name}`)
    }
    if (position <= this.#end) this.#onViolation(`${name} came at ${position}, before ${this.#end}`)
    const receivedAtUs = Number(envelope.receivedAtUs)
    if (receivedAtUs <= this.#lastReceivedAtUs) this.#onViolation(`${name} came at an older time`)
    this.#entries.set(position, name)
    this.#end = position
    this.#lastReceivedAtUs = receivedAtUs
    const { memory, offset, length } = batch
    const columns = openProven(new Uint8Array(memory, offset, length))
    const rejected = new Set(envelope.rejected)
    for (let row = 0; row < columns.count; row++) {
      if (!rejected.has(row)) this.#add(rowOf(columns, row, envelope, position))
    }
  }

  #add(row: RecordedRow): void {
    const other = this.#byNumber.get(row.number)
    if (other !== undefined) {
      this.#onViolation(`log ${row.number} is stored twice: ${other.id} and ${row.id}`)
    }
    this.#byNumber.set(row.number, row)
    this.#rows.push(row)
  }
}

function rowOf(
  columns: LogColumns,
  row: number,
  envelope: Envelope,
  position: Position,
): RecordedRow {
  const { producer, epoch, sequence, projectId, receivedAtUs } = envelope
  const { low, high } = splitInt64(producer)
  const seq = packSeq(epoch, Number(sequence))
  const message = textAt(columns.message, row)
  return {
    number: numberOf(message),
    id: formatRowId({
      producerLow: low,
      producerHigh: high,
      seqLow: seq.low,
      seqHigh: seq.high,
      row,
    }),
    projectId,
    service: textAt(columns.service, row),
    message,
    partition: 0,
    position,
    row,
    receivedAtUs: Number(receivedAtUs),
    timeUs: timeAt(columns, row, Number(receivedAtUs)),
  }
}

/** Missing times and those too far ahead are when it came. */
function timeAt(columns: LogColumns, row: number, receivedAtUs: number): number {
  const { timeUs, timeMissing } = columns
  const isMissing = timeMissing !== null && isPresent(timeMissing, row)
  const time = timeUs[row] as number
  return isMissing || time > receivedAtUs + TIME_AHEAD_US_MAX ? receivedAtUs : time
}

function textAt(column: TextColumn, row: number): string {
  const entry = entryOf(column, row)
  const { heap, offsets } = column
  return Buffer.from(heap.slice(offsets[entry], offsets[entry + 1])).toString()
}

function nameOf({ projectId, producer, epoch, sequence, receivedAtUs }: Envelope): string {
  return `${projectId} ${producer} ${epoch}:${sequence} of ${receivedAtUs}`
}
