/** Rows as comma-separated values (RFC 4180). */
import { rowMember } from '#actors/processing/row-member.ts'
import { EXPORT_COLUMNS } from '#actors/store/parquet/export-rows.ts'
import type { Json, Row } from '#proto/api.ts'

/** Columns of a table that names none: a pattern's number says nothing to a spreadsheet. */
export const CSV_COLUMNS = EXPORT_COLUMNS.filter(name => name !== 'pattern_id')

/**
 * Begins as a formula does, for spreadsheets: `=`, `+`, `-`, `@`, the same signs in full width, or
 * what some of them leave out before it: a tab or the end of a line. A plain number is none.
 */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i

export interface CsvOptions {
  /** Names of a row's own fields or of attributes. */
  readonly columns: readonly string[]
  /** An apostrophe goes before what a spreadsheet would run. */
  readonly isEscaped: boolean
}

export function csvHead(options: CsvOptions): string {
  return line(options.columns, options)
}

/** `row` is JSON text. */
export function csvRow(row: string, options: CsvOptions): string {
  const parsed = JSON.parse(row) as Row
  return line(
    options.columns.map(column => text(rowMember(parsed, column))),
    options,
  )
}

function line(cells: readonly string[], { isEscaped }: CsvOptions): string {
  return `${cells.map(each => quoted(isEscaped ? harmless(each) : each)).join(',')}\r\n`
}

function text(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function harmless(cell: string): string {
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
