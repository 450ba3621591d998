/**
 * Batches of one project as the body of a `_bulk` request, from columns to bytes without an object
 * per row:
 *
 *   {"create":{"_id":"<28 characters>"}}
 *   {"@timestamp":"…","log.level":"INFO", … ,"logboy.row":7}
 */
import { openRows, type RowsEnvelope } from '#actors/processing/rows.ts'
import { levelOfSeverity } from '#proto/api.ts'
import { type AttributeColumn, type IdColumn, isPresent, type RowColumns } from '#proto/columns.ts'
import { openProven } from '#proto/log-batch.ts'
import { formatRowId, joinInt64 } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { ByteSink } from '../parquet/byte-sink.ts'
import { AttributeMember } from './attribute-members.ts'
import { type KnownTypes, proposeTypes } from './attribute-types.ts'
import { free } from './body-memory.ts'
import { TimeWriter } from './document-times.ts'
import { entryNumber, entryText } from './entry-number.ts'
import { ATTRIBUTES_TEXT, FIELDS } from './field-names.ts'
import type { AttributeFieldType } from './index-template.ts'
import { fragment, writeAscii, writeBytes, writeHex } from './json-bytes.ts'
import { PatternMember } from './pattern-member.ts'
import { slotOf } from './slots.ts'
import { TextMembers } from './text-members.ts'

/** A batch, or some rows of it. */
export interface BulkPart {
  readonly envelope: RowsEnvelope
  readonly memory: SharedArrayBuffer
  readonly offset: number
  readonly length: number
  readonly partition: number
  readonly position: number
  /** Record numbers, ascending; null = all that were not refused. */
  readonly rows: readonly number[] | null
}

export interface BulkBody {
  readonly bytes: Uint8Array
  /** Documents of each part, in order. */
  readonly counts: readonly number[]
  /** Values that did not fit their field's type and went to the text twin. */
  readonly misfits: number
}

export type BulkBuilt =
  | ({ readonly type: 'body' } & BulkBody)
  /** Keys that were never seen: their fields come first. */
  | { readonly type: 'unknown-keys'; readonly proposed: ReadonlyMap<string, AttributeFieldType> }

/** What a document has that its row does not; what a byte of a batch, which is packed, becomes. */
const DOCUMENT_BYTES = 400
const GROWTH = 4

/** In `memory` if that is large enough; else it is freed. */
export function buildBulkBody(
  projectId: string,
  parts: readonly BulkPart[],
  types: KnownTypes,
  memory: ArrayBuffer | null = null,
): BulkBuilt {
  const opened = parts.map(openPart)
  const proposed = proposeTypes(
    opened.flatMap(({ attributes }): readonly AttributeColumn[] => attributes),
    types,
  )
  if (proposed.size > 0) {
    if (memory !== null) free(memory)
    return { type: 'unknown-keys', proposed }
  }
  const sink = new ByteSink(memoryFor(parts, opened, memory))
  let misfits = 0
  const counts = parts.map((part, i) => {
    const writer = new PartWriter(projectId, part, opened[i] as RowColumns, types)
    const count = writer.write(sink, part.rows)
    misfits += writer.misfits
    return count
  })
  if (memory !== null && sink.bytes.buffer !== memory) free(memory)
  return { type: 'body', bytes: sink.since(0), counts, misfits }
}

function memoryFor(
  parts: readonly BulkPart[],
  opened: readonly RowColumns[],
  memory: ArrayBuffer | null,
): number | ArrayBuffer {
  const packed = parts.reduce((sum, { length }) => sum + length, 0)
  const rows = opened.reduce((sum, { count }) => sum + count, 0)
  const expected = rows * DOCUMENT_BYTES + packed * GROWTH
  return memory !== null && memory.byteLength >= expected ? memory : expected
}

function openPart({ envelope, memory, offset, length }: BulkPart): RowColumns {
  return openRows(envelope, openProven(new Uint8Array(memory, offset, length)))
}

const ID_PREFIX_CHARS = 24
const ID_DIGITS = fragment('0123456789abcdefghijklmnopqrstuv')
const AFTER_ID = fragment(`"}}\n{"${FIELDS.time}":`)
const AFTER_ROW = fragment('}\n')
const TWINS = fragment(`,"${ATTRIBUTES_TEXT}":`)
const BRACE_OPEN = 0x7b
const BRACE_CLOSE = fragment('}')
const NAMES = {
  severityText: nameOf(FIELDS.severityText),
  service: nameOf(FIELDS.service),
  host: nameOf(FIELDS.host),
  file: nameOf(FIELDS.file),
  message: nameOf(FIELDS.message),
  traceId: nameOf(FIELDS.traceId),
  spanId: nameOf(FIELDS.spanId),
  flags: nameOf(FIELDS.flags),
}
const LEVELS = Array.from({ length: 256 }, (_, severity) => {
  const level = levelOfSeverity(severity)
  return fragment(`,"${FIELDS.level}":"${level}","${FIELDS.severity}":${severity}`)
})

function nameOf(field: string): Uint8Array {
  return fragment(`,"${field}":`)
}

/** Rows of one batch as pairs of lines. */
class PartWriter {
  misfits = 0
  readonly #rows: RowColumns
  readonly #time = new TimeWriter()
  readonly #texts: readonly TextMembers[]
  readonly #traceId: IdMember
  readonly #spanId: IdMember
  readonly #attributes: readonly AttributeMember[]
  readonly #patternIds: PatternMember
  readonly #twins = new ByteSink(256)
  /** Line up to the row's own part of its id. */
  readonly #beforeId: Uint8Array
  /** What all rows of a batch have in common, up to the row's number. */
  readonly #common: Uint8Array

  constructor(projectId: string, part: BulkPart, rows: RowColumns, types: KnownTypes) {
    this.#rows = rows
    this.#texts = [
      new TextMembers(rows.severityText, NAMES.severityText),
      new TextMembers(rows.service, NAMES.service),
      new TextMembers(rows.host, NAMES.host),
      new TextMembers(rows.file, NAMES.file),
      new TextMembers(rows.message, NAMES.message),
    ]
    this.#traceId = new IdMember(rows.traceId, NAMES.traceId)
    this.#spanId = new IdMember(rows.spanId, NAMES.spanId)
    this.#attributes = rows.attributes.map(
      column => new AttributeMember(column, typeOf(types, column.key)),
    )
    this.#patternIds = new PatternMember(rows)
    const ids = idsOf(part.envelope)
    const receivedAtUs = Number(part.envelope.receivedAtUs)
    this.#beforeId = fragment(`{"create":{"_id":"${ids.prefix}`)
    this.#common = fragment(
      `,"${FIELDS.receivedAt}":"${formatTime(receivedAtUs)}"` +
        `,"${FIELDS.slot}":"${formatTime(slotOf(receivedAtUs))}"` +
        `,"${FIELDS.project}":${JSON.stringify(projectId)}` +
        `,"${FIELDS.producer}":${ids.producer},"${FIELDS.seq}":${ids.seq}` +
        `,"${FIELDS.entry}":"${entryText(entryNumber(part))}","${FIELDS.row}":`,
    )
  }

  /** Answers how many. */
  write(sink: ByteSink, wanted: readonly number[] | null): number {
    const { count, row } = this.#rows
    let next = 0
    for (let index = 0; index < count; index++) {
      const isWanted = wanted === null || wanted[next] === row[index]
      if (isWanted) next++
      this.#writeRow(sink, index, isWanted)
    }
    for (const attribute of this.#attributes) this.misfits += attribute.misfits
    return next
  }

  #writeRow(sink: ByteSink, index: number, isWanted: boolean): void {
    const rows = this.#rows
    if (isWanted) {
      const number = rows.row[index] as number
      writeBytes(sink, this.#beforeId)
      writeIdEnd(sink, number)
      writeBytes(sink, AFTER_ID)
      const subNs = rows.timeSubNs === null ? 0 : (rows.timeSubNs[index] as number)
      this.#time.write(sink, rows.timeUs[index] as number, subNs)
      writeBytes(sink, LEVELS[rows.severity[index] as number] as Uint8Array)
      for (const texts of this.#texts) texts.write(sink, index)
    }
    this.#traceId.visit(sink, index, isWanted)
    this.#spanId.visit(sink, index, isWanted)
    const sinks = { fields: sink, twins: this.#twins }
    for (const attribute of this.#attributes) attribute.visit(sinks, index, isWanted)
    if (!isWanted) return
    this.#writeTwins(sink)
    const flags = rows.flags[index] as number
    if (flags !== 0) {
      writeBytes(sink, NAMES.flags)
      writeAscii(sink, String(flags))
    }
    this.#patternIds.write(sink, index)
    writeBytes(sink, this.#common)
    writeAscii(sink, String(rows.row[index]))
    writeBytes(sink, AFTER_ROW)
  }

  #writeTwins(sink: ByteSink): void {
    const twins = this.#twins
    if (twins.at === 0) return
    writeBytes(sink, TWINS)
    const members = twins.since(0)
    // In the place of the first comma.
    members[0] = BRACE_OPEN
    writeBytes(sink, members)
    writeBytes(sink, BRACE_CLOSE)
    twins.at = 0
  }
}

function typeOf({ byKey }: KnownTypes, key: string): AttributeFieldType | null {
  return Object.hasOwn(byKey, key) ? (byKey[key] ?? null) : null
}

/** Rows are visited in order, each once. */
class IdMember {
  readonly #column: IdColumn
  readonly #name: Uint8Array
  #next = 0

  constructor(column: IdColumn, name: Uint8Array) {
    this.#column = column
    this.#name = name
  }

  visit(sink: ByteSink, index: number, isWanted: boolean): void {
    const { presence, heap, width } = this.#column
    if (!isPresent(presence, index)) return
    const value = this.#next++
    if (!isWanted) return
    writeBytes(sink, this.#name)
    writeHex(sink, heap, value * width, width)
  }
}

interface Ids {
  /** Characters of an id that its row does not change. */
  readonly prefix: string
  readonly producer: bigint
  readonly seq: bigint
}

function idsOf({ producer, epoch, sequence }: RowsEnvelope): Ids {
  const seq = (BigInt(epoch) << 40n) | sequence
  const half = (value: bigint, shift: bigint): number => Number(BigInt.asIntN(32, value >> shift))
  const id = {
    producerLow: half(producer, 0n),
    producerHigh: half(producer, 32n),
    seqLow: half(seq, 0n),
    seqHigh: half(seq, 32n),
    row: 0,
  }
  return {
    prefix: formatRowId(id).slice(0, ID_PREFIX_CHARS),
    producer: joinInt64(id.producerLow, id.producerHigh),
    seq,
  }
}

/** Sixteen bits and four zeros, as proto/row-id.ts has them. */
function writeIdEnd(sink: ByteSink, row: number): void {
  const bits = row << 4
  sink.room(4)
  const { bytes } = sink
  const { at } = sink
  bytes[at] = ID_DIGITS[bits >> 15] as number
  bytes[at + 1] = ID_DIGITS[(bits >> 10) & 31] as number
  bytes[at + 2] = ID_DIGITS[(bits >> 5) & 31] as number
  bytes[at + 3] = ID_DIGITS[bits & 31] as number
  sink.at = at + 4
}
