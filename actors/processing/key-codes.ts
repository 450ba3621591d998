/**
 * A part of the key of each row as a small number, so that one text is made per different value and
 * not per row. A missing field, an empty name or message, JSON's null and what is too long to be
 * compared are all no value.
 */
import { LEVELS } from '#proto/api.ts'
import type { AttributeColumn, IdColumn, RowColumns, TextColumn } from '#proto/columns.ts'
import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import { joinInt64 } from '#proto/row-id.ts'
import { entryText } from './folded-bytes.ts'
import { LEVEL_OF_SEVERITY } from './level-numbers.ts'
import { valuesOf } from './row-values.ts'

/** Rows with the same code have the same value; the same value may have several codes. */
export interface KeyCodes {
  /** Of each selected row, from 0; 0 is no value, but for levels. */
  readonly codes: Int32Array
  /** All codes are below. */
  readonly size: number
  /** null = no value. */
  readonly textOf: (code: number) => string | null
}

export function keyCodes(rows: RowColumns, field: string, selected: Uint32Array): KeyCodes {
  switch (field) {
    case 'level':
      return levelCodes(rows.severity, selected)
    case 'service':
      return nameCodes(rows.service, selected)
    case 'host':
      return nameCodes(rows.host, selected)
    case 'file':
      return nameCodes(rows.file, selected)
    case 'severity_text':
      return nameCodes(rows.severityText, selected)
    case 'message':
      return nameCodes(rows.message, selected)
    case 'trace_id':
      return firstOf(idCodes(rows.traceId, selected), attributeCodes(rows, field, selected))
    case 'span_id':
      return firstOf(idCodes(rows.spanId, selected), attributeCodes(rows, field, selected))
    default:
      return attributeCodes(rows, field, selected)
  }
}

/** What stands for a text as a key. */
function keyText(text: string): string | null {
  return text.length > ATTRIBUTE_SEARCH_CHARS_MAX ? null : text
}

function levelCodes(severity: Uint8Array, selected: Uint32Array): KeyCodes {
  const codes = new Int32Array(selected.length)
  for (let i = 0; i < codes.length; i++) {
    codes[i] = LEVEL_OF_SEVERITY[severity[selected[i] as number] as number] as number
  }
  return { codes, size: LEVELS.length, textOf: code => LEVELS[code] ?? null }
}

/** An empty text is a field that is not there. */
function nameCodes(column: TextColumn, selected: Uint32Array): KeyCodes {
  const { codes, size, textOf } = textCodes(column, new Int32Array(selected))
  return { codes, size, textOf: code => textOf(code) || null }
}

/** Entries of values plus one; negative values are none. */
function textCodes(column: TextColumn, values: Int32Array): KeyCodes {
  const { indexes, offsets } = column
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value < 0) values[i] = 0
    else if (indexes === 'each') values[i] = value + 1
    else values[i] = indexes === 'same' ? 1 : (indexes[value] as number) + 1
  }
  return {
    codes: values,
    size: offsets.length,
    textOf: code => (code === 0 ? null : keyText(entryText(column, code - 1))),
  }
}

function idCodes({ width, presence, heap }: IdColumn, selected: Uint32Array): KeyCodes {
  const codes = valuesOf(presence, selected)
  for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] as number) + 1
  const bytes = Buffer.from(heap.buffer, heap.byteOffset, heap.length)
  return {
    codes,
    size: heap.length / width + 1,
    textOf: code => (code === 0 ? null : bytes.toString('hex', (code - 1) * width, code * width)),
  }
}

/** The same key may have columns of several types; a row has a value in one of them. */
function attributeCodes(rows: RowColumns, key: string, selected: Uint32Array): KeyCodes {
  const columns = rows.attributes.filter(column => column.key === key)
  const [only] = columns
  if (only === undefined)
    return { codes: new Int32Array(selected.length), size: 1, textOf: nothing }
  return columns
    .slice(1)
    .reduce(
      (known, column) => firstOf(known, valueCodes(column, selected)),
      valueCodes(only, selected),
    )
}

function nothing(): null {
  return null
}

/** Codes of the first where it has a value, else those of the second behind them. */
function firstOf(first: KeyCodes, second: KeyCodes): KeyCodes {
  const { codes, size } = first
  if (second.size === 1) return first
  for (let i = 0; i < codes.length; i++) {
    const other = second.codes[i] as number
    if (codes[i] === 0 && other > 0) codes[i] = size + other - 1
  }
  return {
    codes,
    size: size + second.size - 1,
    textOf: code => (code < size ? first.textOf(code) : second.textOf(code - size + 1)),
  }
}

function valueCodes(column: AttributeColumn, selected: Uint32Array): KeyCodes {
  const values = valuesOf(column.presence, selected)
  switch (column.type) {
    case 's':
      return textCodes(column.texts, values)
    case 'j': {
      const { codes, size, textOf } = textCodes(column.texts, values)
      return { codes, size, textOf: code => jsonText(textOf(code)) }
    }
    case 'b': {
      const { bools } = column
      const texts = [null, 'false', 'true']
      return numbered(
        values,
        3,
        value => (bools[value] === 1 ? 2 : 1),
        code => texts[code] ?? null,
      )
    }
    case 'd': {
      const { doubles } = column
      return differentCodes(values, value => doubles[value] as number)
    }
    case 'i':
      return intCodes(column.ints, values)
  }
}

function jsonText(text: string | null): string | null {
  return text === 'null' ? null : text
}

function intCodes(ints: Int32Array, values: Int32Array): KeyCodes {
  return differentCodes(values, value => {
    const [low, high] = [ints[value * 2] as number, ints[value * 2 + 1] as number]
    const number = high * 2 ** 32 + (low >>> 0)
    return Number.isSafeInteger(number) ? number : joinInt64(low, high)
  })
}

/** One code a different number, for there may be few of them in many rows. */
function differentCodes(values: Int32Array, read: (value: number) => number | bigint): KeyCodes {
  const known = new Map<number | bigint, number>()
  const texts: (string | null)[] = [null]
  const codes = numbered(
    values,
    0,
    value => {
      const number = read(value)
      let code = known.get(number)
      if (code === undefined) {
        code = texts.length
        known.set(number, code)
        texts.push(String(number))
      }
      return code
    },
    code => texts[code] ?? null,
  )
  return { ...codes, size: texts.length }
}

function numbered(
  values: Int32Array,
  size: number,
  codeOf: (value: number) => number,
  textOf: KeyCodes['textOf'],
): KeyCodes {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    values[i] = value < 0 ? 0 : codeOf(value)
  }
  return { codes: values, size, textOf }
}
