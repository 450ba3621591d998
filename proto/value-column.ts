/**
 * One attribute column while it is built: dense values beside a bitmap of the rows that have one.
 */
import { countBits, sliceBits } from './bitmap.ts'
import type { AttributeType } from './columns.ts'
import { ATTRIBUTE, ATTRIBUTE_TYPES, BATCH } from './log-batch-fields.ts'
import { writeAttributeTexts } from './text-writer.ts'
import { type WireWriter, writeZigZag, writeZigZagBigint } from './wire-writer.ts'

/** A scalar as a column holds it; JSON text as string. */
export type Value = string | number | bigint | boolean

/** The values of one key and one type, with the rows that have them. */
export class ValueColumn {
  readonly type: AttributeType
  readonly presence: Uint8Array
  values: Value[] = []

  constructor(type: AttributeType, recordsMax: number) {
    this.type = type
    this.presence = new Uint8Array((recordsMax + 7) >> 3)
  }

  push(row: number, value: Value): void {
    this.values.push(value)
    this.presence[row >> 3] = (this.presence[row >> 3] as number) | (1 << (row & 7))
  }

  pop(row: number): Value | undefined {
    this.presence[row >> 3] = (this.presence[row >> 3] as number) & ~(1 << (row & 7))
    return this.values.pop()
  }
}

/** Writes one column of the rows [start, end); false where none of them has it. */
export function writeColumn(
  writer: WireWriter,
  { key, column, start, end }: { key: string; column: ValueColumn; start: number; end: number },
): boolean {
  if (column.values.length === 0) return false
  const presence = sliceBits(column.presence, start, end)
  const present = countBits(presence)
  if (present === 0) return false
  const isAll = present === column.values.length
  const before = isAll ? 0 : countBits(sliceBits(column.presence, 0, start))
  const values = isAll ? column.values : column.values.slice(before, before + present)
  const mark = writer.begin(BATCH.attributes)
  writer.textField(ATTRIBUTE.key, key)
  writer.varintField(ATTRIBUTE.type, ATTRIBUTE_TYPES.indexOf(column.type))
  if (present < end - start) writer.bytesField(ATTRIBUTE.presence, presence)
  writeValues(writer, column.type, values)
  writer.end(mark)
  return true
}

function writeValues(writer: WireWriter, type: AttributeType, values: readonly Value[]): void {
  switch (type) {
    case 's':
    case 'j':
      writeAttributeTexts(writer, values as readonly string[])
      break
    case 'i':
      writeInts(writer, values as readonly (number | bigint)[])
      break
    case 'd':
      writeDoubles(writer, values as readonly number[])
      break
    case 'b':
      writeBools(writer, values as readonly boolean[])
      break
  }
}

function writeInts(writer: WireWriter, values: readonly (number | bigint)[]): void {
  const mark = writer.begin(ATTRIBUTE.ints)
  writer.reserve(10 * values.length)
  const { bytes } = writer
  let at = writer.position
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | bigint
    at =
      typeof value === 'bigint'
        ? writeZigZagBigint(bytes, at, value)
        : writeZigZag(bytes, at, value)
  }
  writer.position = at
  writer.end(mark)
}

function writeDoubles(writer: WireWriter, values: readonly number[]): void {
  const mark = writer.begin(ATTRIBUTE.doubles)
  writer.reserve(8 * values.length)
  const view = new DataView(writer.bytes.buffer)
  for (let i = 0; i < values.length; i++) {
    view.setFloat64(writer.position + 8 * i, values[i] as number, true)
  }
  writer.position += 8 * values.length
  writer.end(mark)
}

function writeBools(writer: WireWriter, values: readonly boolean[]): void {
  const bits = new Uint8Array((values.length + 7) >> 3)
  for (let i = 0; i < values.length; i++) {
    if (values[i] === true) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
  }
  writer.bytesField(ATTRIBUTE.bools, bits)
}
