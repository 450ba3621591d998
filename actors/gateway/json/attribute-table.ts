/** Attribute columns of one batch, by key and type, written as values come. */
import type { AttributeType } from '#proto/columns.ts'
import { BATCH_RECORDS_MAX } from '#proto/limits.ts'
import { ATTRIBUTE, ATTRIBUTE_TYPES, BATCH } from '#proto/log-batch-fields.ts'
import { type WireWriter, writeZigZag, writeZigZagBigint } from '#proto/wire-writer.ts'
import { ByteTexts, Presence } from './byte-column.ts'

/** The columns of one key, made when they are needed; a record has its value in at most one. */
export class KeyColumns {
  readonly key: string
  /** Keys of an older generation are not written any more. */
  readonly generation: number
  /** Columns in use or used before. */
  readonly made: Values[] = []
  /** The record that has the key last, and where among its values. */
  record = -1
  leaf = -1
  #s: TextValues | undefined
  #i: IntValues | undefined
  #d: DoubleValues | undefined
  #b: BoolValues | undefined
  #j: TextValues | undefined

  constructor(key: string, generation: number) {
    this.key = key
    this.generation = generation
  }

  get s(): TextValues {
    this.#s ??= this.#keep(new TextValues('s'))
    return this.#s
  }

  get i(): IntValues {
    this.#i ??= this.#keep(new IntValues())
    return this.#i
  }

  get d(): DoubleValues {
    this.#d ??= this.#keep(new DoubleValues())
    return this.#d
  }

  get b(): BoolValues {
    this.#b ??= this.#keep(new BoolValues())
    return this.#b
  }

  get j(): TextValues {
    this.#j ??= this.#keep(new TextValues('j'))
    return this.#j
  }

  #keep<Column extends Values>(column: Column): Column {
    this.made.push(column)
    return column
  }
}

export type Values = TextValues | IntValues | DoubleValues | BoolValues

abstract class ColumnValues {
  abstract readonly type: AttributeType
  readonly #presence = new Presence()

  get count(): number {
    return this.#presence.count
  }

  protected mark(row: number): void {
    this.#presence.set(row)
  }

  clear(): void {
    this.#presence.clear()
  }

  /** Writes the column of a batch of `rows` records. */
  write(writer: WireWriter, key: string, rows: number): void {
    const mark = writer.begin(BATCH.attributes)
    writer.textField(ATTRIBUTE.key, key)
    writer.varintField(ATTRIBUTE.type, ATTRIBUTE_TYPES.indexOf(this.type))
    this.#presence.write(writer, ATTRIBUTE.presence, rows)
    this.writeValues(writer)
    writer.end(mark)
  }

  protected abstract writeValues(writer: WireWriter): void
}

export class TextValues extends ColumnValues {
  readonly type: 's' | 'j'
  readonly #texts = new ByteTexts()

  constructor(type: 's' | 'j') {
    super()
    this.type = type
  }

  add(row: number, from: Uint8Array, start: number, end: number): void {
    this.mark(row)
    this.#texts.add(from, start, end)
  }

  override clear(): void {
    super.clear()
    this.#texts.clear()
  }

  protected override writeValues(writer: WireWriter): void {
    this.#texts.write(writer)
  }
}

const INT_BYTES_MAX = 10

/** Encoded as they come: zig-zag varints one after the other. */
export class IntValues extends ColumnValues {
  readonly type = 'i'
  #bytes = new Uint8Array(64)
  #end = 0

  add(row: number, value: number | bigint): void {
    this.mark(row)
    if (this.#end + INT_BYTES_MAX > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#end =
      typeof value === 'number'
        ? writeZigZag(this.#bytes, this.#end, value)
        : writeZigZagBigint(this.#bytes, this.#end, value)
  }

  override clear(): void {
    super.clear()
    this.#end = 0
  }

  protected override writeValues(writer: WireWriter): void {
    writer.bytesField(ATTRIBUTE.ints, this.#bytes.subarray(0, this.#end))
  }
}

export class DoubleValues extends ColumnValues {
  readonly type = 'd'
  #values: number[] = []

  add(row: number, value: number): void {
    this.mark(row)
    this.#values.push(value)
  }

  override clear(): void {
    super.clear()
    this.#values = []
  }

  protected override writeValues(writer: WireWriter): void {
    const bytes = new Uint8Array(this.#values.length * 8)
    const view = new DataView(bytes.buffer)
    this.#values.forEach((value, i) => view.setFloat64(i * 8, value, true))
    writer.bytesField(ATTRIBUTE.doubles, bytes)
  }
}

export class BoolValues extends ColumnValues {
  readonly type = 'b'
  readonly #bits = new Uint8Array(BATCH_RECORDS_MAX >> 3)

  add(row: number, value: boolean): void {
    const index = this.count
    this.mark(row)
    if (value) this.#bits[index >> 3] = (this.#bits[index >> 3] as number) | (1 << (index & 7))
  }

  override clear(): void {
    super.clear()
    this.#bits.fill(0)
  }

  protected override writeValues(writer: WireWriter): void {
    writer.bytesField(ATTRIBUTE.bools, this.#bits.subarray(0, (this.count + 7) >> 3))
  }
}
