/** A column of texts as members of documents; texts of a dictionary are escaped once. */
import { entryOf, type TextColumn } from '#proto/columns.ts'
import { ByteSink } from '../parquet/byte-sink.ts'
import { writeBytes, writeText } from './json-bytes.ts'

const REPEATS_MIN = 2
const NOT_WRITTEN_YET = 0xffff_ffff

export class TextMembers {
  readonly #column: TextColumn
  /** `,"name":` */
  readonly #name: Uint8Array
  readonly #keepsEmpty: boolean
  /** Whole members of dictionary entries, one after the other. */
  readonly #written: ByteSink | null
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array

  /** Without `keepsEmpty` a document has no member for an empty text. */
  constructor(column: TextColumn, name: Uint8Array, keepsEmpty = false) {
    this.#column = column
    this.#name = name
    this.#keepsEmpty = keepsEmpty
    const isDictionary = isRepeated(column)
    const entries = isDictionary ? column.offsets.length - 1 : 0
    this.#written = isDictionary ? new ByteSink(1_024) : null
    this.#starts = new Uint32Array(entries).fill(NOT_WRITTEN_YET)
    this.#ends = new Uint32Array(entries)
  }

  write(sink: ByteSink, value: number): void {
    const entry = entryOf(this.#column, value)
    const { offsets, heap } = this.#column
    const [start, end] = [offsets[entry] as number, offsets[entry + 1] as number]
    if (start === end && !this.#keepsEmpty) return
    if (this.#written === null) {
      writeBytes(sink, this.#name)
      writeText(sink, heap, start, end)
      return
    }
    if (this.#starts[entry] === NOT_WRITTEN_YET) {
      this.#starts[entry] = this.#written.at
      writeBytes(this.#written, this.#name)
      writeText(this.#written, heap, start, end)
      this.#ends[entry] = this.#written.at
    }
    copy(this.#written.bytes, this.#starts[entry] as number, this.#ends[entry] as number, sink)
  }
}

/** Keeping what was written pays only if entries come again. */
function isRepeated({ indexes, offsets }: TextColumn): boolean {
  if (indexes === 'each') return false
  return indexes === 'same' || indexes.length >= REPEATS_MIN * (offsets.length - 1)
}

function copy(from: Uint8Array, start: number, end: number, sink: ByteSink): void {
  sink.room(end - start)
  const { bytes } = sink
  let at = sink.at
  for (let i = start; i < end; i++) bytes[at++] = from[i] as number
  sink.at = at
}
