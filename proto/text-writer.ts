/** Writes many texts as Texts or Dictionary messages: one join and one encoding for all of them. */
import { ATTRIBUTE, DICTIONARY, TEXTS } from './log-batch-fields.ts'
import { utf8Length } from './utf8.ts'
import { type WireWriter, writeVarint } from './wire-writer.ts'

/** Bytes of a varint that holds a length or an index. */
const VARINT32_BYTES_MAX = 5
/** Values looked at before a dictionary is given up, and the share of new ones that ends it. */
const TRIAL_VALUES = 32
const NEW_SHARE_MAX = 0.6

/** Writes `values` as a Texts message in `field`. */
export function writeTextsField(
  writer: WireWriter,
  field: number,
  values: readonly string[],
): void {
  const mark = writer.begin(field)
  const joined = values.join('')
  const heap = writer.begin(TEXTS.heap)
  let written = writer.text(joined)
  let lengths: readonly number[] | null = null
  if (written !== joined.length) {
    lengths = values.map(utf8Length)
    const expected = lengths.reduce((sum, length) => sum + length, 0)
    if (written !== expected) {
      // Halves of surrogate pairs met in the joined text: each text has to be encoded by itself.
      writer.position -= written
      written = 0
      for (const value of values) written += writer.text(value)
    }
  }
  writer.end(heap)
  const packed = writer.begin(TEXTS.lengths)
  writer.reserve(values.length * VARINT32_BYTES_MAX)
  const { bytes } = writer
  let at = writer.position
  for (let i = 0; i < values.length; i++) {
    const length = lengths === null ? (values[i] as string).length : (lengths[i] as number)
    if (length < 0x80) bytes[at++] = length
    else at = writeVarint(bytes, at, length)
  }
  writer.position = at
  writer.end(packed)
  writer.end(mark)
}

/** Writes a Dictionary message in `field`; without indexes every value is entry 0. */
export function writeDictionaryField(
  writer: WireWriter,
  field: number,
  entries: readonly string[],
  indexes: ArrayLike<number> | null,
): void {
  const mark = writer.begin(field)
  writeTextsField(writer, DICTIONARY.entries, entries)
  if (indexes !== null) {
    const packed = writer.begin(DICTIONARY.indexes)
    writer.reserve(indexes.length * VARINT32_BYTES_MAX)
    const { bytes } = writer
    let at = writer.position
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i] as number
      if (index < 0x80) bytes[at++] = index
      else at = writeVarint(bytes, at, index)
    }
    writer.position = at
    writer.end(packed)
  }
  writer.end(mark)
}

/** Writes the values of a string attribute as a dictionary where they repeat, else one by one. */
export function writeAttributeTexts(writer: WireWriter, values: readonly string[]): void {
  const found = findRepeats(values)
  if (found === null) {
    writeTextsField(writer, ATTRIBUTE.texts, values)
    return
  }
  const { entries, indexes } = found
  const isOne = entries.length === 1
  writeDictionaryField(writer, ATTRIBUTE.dictionary, entries, isOne ? null : indexes)
}

interface Repeats {
  readonly entries: string[]
  readonly indexes: Uint16Array
}

/** null = the values hardly repeat. */
function findRepeats(values: readonly string[]): Repeats | null {
  const indexes = new Uint16Array(values.length)
  const known = new Map<string, number>()
  const entries: string[] = []
  let checkAt = TRIAL_VALUES
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string
    let index = known.get(value)
    if (index === undefined) {
      index = entries.length
      known.set(value, index)
      entries.push(value)
    }
    indexes[i] = index
    if (i === checkAt) {
      if (entries.length > NEW_SHARE_MAX * i) return null
      checkAt *= 4
    }
  }
  const isWorthIt = entries.length <= NEW_SHARE_MAX * values.length || entries.length === 1
  return isWorthIt ? { entries, indexes } : null
}
