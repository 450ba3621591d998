/** The columns between level and message: which, in which order, how wide; and their cells. */
import type { Json, Row } from '#proto/api.ts'

export interface Column {
  /** A field of a row, or an attribute. */
  readonly name: string
  /** Pixels. */
  readonly width: number
}

export const COLUMN_WIDTH_MIN = 48
export const COLUMN_WIDTH_MAX = 800
const WIDTH_DEFAULT = 130
const WIDTHS: ReadonlyMap<string, number> = new Map([
  ['service', 148],
  ['host', 104],
  ['trace_id', 250],
])
export const COLUMNS_DEFAULT: readonly Column[] = [columnOf('service'), columnOf('host')]
/** Stand in every list by themselves. */
const FIXED = ['time', 'level', 'message']

export function columnOf(name: string): Column {
  return { name, width: WIDTHS.get(name) ?? WIDTH_DEFAULT }
}

/** `service~148,host`: names as in a URL, widths where they are not the usual ones. */
export function printColumns(columns: readonly Column[]): string {
  return columns
    .map(({ name, width }) => {
      const usual = width === columnOf(name).width
      return `${encoded(name)}${usual ? '' : `~${width}`}`
    })
    .join(',')
}

/** Whatever cannot be read is left out; null = not told. */
export function parseColumns(text: string | null): readonly Column[] {
  if (text === null) return COLUMNS_DEFAULT
  const columns: Column[] = []
  for (const part of text.split(',')) {
    const [, coded = '', width] = /^([^~]+)(?:~(\d{1,4}))?$/.exec(part) ?? []
    const name = decoded(coded)
    if (name === '' || FIXED.includes(name) || columns.some(other => other.name === name)) continue
    columns.push(width === undefined ? columnOf(name) : { name, width: clampWidth(Number(width)) })
  }
  return columns
}

export function withColumn(columns: readonly Column[], name: string): readonly Column[] {
  const isThere = FIXED.includes(name) || columns.some(column => column.name === name)
  return isThere ? columns : [...columns, columnOf(name)]
}

export function withoutColumn(columns: readonly Column[], name: string): readonly Column[] {
  return columns.filter(column => column.name !== name)
}

/** The column in front of the place `at` of the others. */
export function movedColumn(
  columns: readonly Column[],
  name: string,
  at: number,
): readonly Column[] {
  const moved = columns.find(column => column.name === name)
  if (moved === undefined) return columns
  const others = withoutColumn(columns, name)
  const place = Math.min(others.length, Math.max(0, at))
  return [...others.slice(0, place), moved, ...others.slice(place)]
}

export function resizedColumn(
  columns: readonly Column[],
  name: string,
  width: number,
): readonly Column[] {
  return columns.map(column => (column.name === name ? { name, width: clampWidth(width) } : column))
}

export function hasColumn(columns: readonly Column[], name: string): boolean {
  return columns.some(column => column.name === name)
}

/** What a row has under a name, as text; '' = nothing. */
export function cellOf(row: Row, name: string): string {
  const own = OWN_FIELDS.get(name)
  if (own !== undefined) return own(row)
  return Object.hasOwn(row.attributes, name) ? jsonText(row.attributes[name] ?? null) : ''
}

const OWN_FIELDS: ReadonlyMap<string, (row: Row) => string> = new Map([
  ['service', (row: Row) => row.service],
  ['host', (row: Row) => row.host],
  ['file', (row: Row) => row.file],
  ['trace_id', (row: Row) => row.trace_id ?? ''],
  ['span_id', (row: Row) => row.span_id ?? ''],
  ['severity_text', (row: Row) => row.severity_text ?? ''],
  ['ingested_at', (row: Row) => row.ingested_at],
  ['pattern_id', (row: Row) => row.pattern_id ?? ''],
  ['id', (row: Row) => row.id],
])

function jsonText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function clampWidth(width: number): number {
  return Math.round(Math.min(COLUMN_WIDTH_MAX, Math.max(COLUMN_WIDTH_MIN, width)))
}

function encoded(name: string): string {
  return encodeURIComponent(name).replaceAll('~', '%7E')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
