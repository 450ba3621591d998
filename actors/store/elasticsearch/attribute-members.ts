/** Attributes of a batch as members of documents: into their typed field, or into the text twin. */
import { entryText } from '#actors/processing/folded-bytes.ts'
import {
  type AttributeColumn,
  entryOf,
  isPresent,
  numberOfPair,
  type TextColumn,
} from '#proto/columns.ts'
import { joinInt64 } from '#proto/row-id.ts'
import { ByteSink } from '../parquet/byte-sink.ts'
import { attributeField, twinName } from './field-names.ts'
import type { AttributeFieldType } from './index-template.ts'
import { fragment, writeAscii, writeBytes, writeText } from './json-bytes.ts'
import { jsonMembers } from './json-members.ts'
import { TextMembers } from './text-members.ts'

/** Where the members of one document go. */
export interface DocumentSinks {
  readonly fields: ByteSink
  /** Members of the text twin, each with a comma before it. */
  readonly twins: ByteSink
}

/** One column; rows are visited in order, each once. */
export class AttributeMember {
  /** Values that did not fit their field. */
  misfits = 0
  readonly #column: AttributeColumn
  readonly #type: AttributeFieldType | null
  readonly #name: Uint8Array
  readonly #twinName: Uint8Array
  readonly #texts: TextMembers | null
  readonly #json = new Map<number, Uint8Array>()
  #next = 0

  constructor(column: AttributeColumn, type: AttributeFieldType | null) {
    this.#column = column
    this.#type = type
    this.#name = fragment(`,${JSON.stringify(attributeField(column.key))}:`)
    this.#twinName = fragment(`,${JSON.stringify(twinName(column.type, column.key))}:`)
    const textName = type === 'keyword' ? this.#name : this.#twinName
    this.#texts = column.type === 's' ? new TextMembers(column.texts, textName, true) : null
  }

  /** Writes what row `index` has; `isWanted` false passes it over. */
  visit(sinks: DocumentSinks, index: number, isWanted: boolean): void {
    if (!isPresent(this.#column.presence, index)) return
    const value = this.#next++
    if (isWanted) this.#write(sinks, value)
  }

  #write({ fields, twins }: DocumentSinks, value: number): void {
    const column = this.#column
    switch (column.type) {
      case 's': {
        const fits = this.#type === 'keyword'
        if (!fits) this.#misfit()
        this.#texts?.write(fits ? fields : twins, value)
        return
      }
      case 'i':
        return this.#writeInt(fields, twins, value, column.ints)
      case 'd':
        return this.#writeDouble(fields, twins, column.doubles[value] as number)
      case 'b': {
        const text = column.bools[value] === 1 ? 'true' : 'false'
        if (this.#type === 'boolean') return this.#writeField(fields, text)
        return this.#writeTwin(twins, text)
      }
      case 'j':
        return this.#writeJson(twins, value, column.texts)
    }
  }

  #writeInt(fields: ByteSink, twins: ByteSink, value: number, ints: Int32Array): void {
    const number = numberOfPair(ints, value)
    const isSafe = Number.isSafeInteger(number)
    const text = isSafe
      ? String(number)
      : String(joinInt64(ints[value * 2] as number, ints[value * 2 + 1] as number))
    const fits = this.#type === 'long' || (this.#type === 'double' && isSafe)
    if (fits) this.#writeField(fields, text)
    else this.#writeTwin(twins, text)
  }

  #writeDouble(fields: ByteSink, twins: ByteSink, number: number): void {
    const fits =
      (this.#type === 'double' && Number.isFinite(number)) ||
      (this.#type === 'long' && Number.isSafeInteger(number))
    if (fits) this.#writeField(fields, doubleText(number))
    else this.#writeTwin(twins, String(number))
  }

  #writeField(fields: ByteSink, text: string): void {
    writeBytes(fields, this.#name)
    writeAscii(fields, text)
  }

  #writeTwin(twins: ByteSink, text: string): void {
    this.#misfit()
    writeBytes(twins, this.#twinName)
    writeAscii(twins, `"${text}"`)
  }

  /** Over the cap is no misfit: nothing was known of the type. */
  #misfit(): void {
    if (this.#type !== null) this.misfits++
  }

  #writeJson(twins: ByteSink, value: number, texts: TextColumn): void {
    const entry = entryOf(texts, value)
    let members = this.#json.get(entry)
    if (members === undefined) {
      const sink = new ByteSink(256)
      writeBytes(sink, this.#twinName)
      writeText(
        sink,
        texts.heap,
        texts.offsets[entry] as number,
        texts.offsets[entry + 1] as number,
      )
      const searchable = jsonMembers(this.#column.key, entryText(texts, entry))
      members = Buffer.concat([sink.since(0), fragment(searchable)])
      this.#json.set(entry, members)
    }
    writeBytes(twins, members)
  }
}

/** Whole numbers that a double cannot tell from their neighbours must not look like exact ones. */
function doubleText(number: number): string {
  const isExact = Number.isSafeInteger(number) || !Number.isInteger(number)
  return isExact ? String(number) : number.toExponential()
}
