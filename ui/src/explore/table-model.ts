/** An analysis as text, as bars, and as the conditions of its groups. */
import type { Json, Table, TableColumn } from '#proto/api.ts'
import { printQuery } from '#proto/query/print.ts'
import { numberText } from '../kit/number-text.ts'
import { clockText, dayText, timeMs, type Zone } from '../kit/wall-time.ts'

export function cellText(cell: Json | undefined, { type }: TableColumn, zone: Zone): string {
  if (cell === null || cell === undefined) return '–'
  if (typeof cell === 'number') return numberText(cell)
  if (typeof cell !== 'string') return JSON.stringify(cell)
  if (type !== 'time') return cell
  const ms = timeMs(cell)
  return `${dayText(ms, zone)} ${clockText(ms, zone).slice(0, 8)}`
}

export interface GroupBar {
  readonly name: string
  readonly count: number
}

/** Bars drawn at most. */
const BARS_MAX = 20

/** The first number of each group; [] = there are no groups, or nothing to compare. */
export function barsOf({ columns, rows }: Table): readonly GroupBar[] {
  const measureAt = columns.findIndex(({ type }) => type === 'number')
  const isGrouped = columns.some(({ type }) => type === 'text' || type === 'level')
  if (measureAt < 0 || !isGrouped) return []
  return rows.slice(0, BARS_MAX).map(row => {
    const value = row[measureAt]
    return {
      name: columns
        .flatMap((column, i) => (isGroup(column) ? [cellText(row[i], column, 'utc')] : []))
        .join(' · '),
      count: typeof value === 'number' ? Math.max(0, value) : 0,
    }
  })
}

/** Conditions that the logs of a group meet. */
export function groupTerms({ columns }: Table, row: readonly Json[]): readonly string[] {
  return columns.flatMap((column, i) => {
    const value = row[i]
    if (!isGroup(column) || value === undefined) return []
    const field = column.name
    return value === null
      ? [printQuery({ terms: [{ type: 'not', term: { type: 'exists', field } }] })]
      : [printQuery({ terms: [{ type: 'field', field, value: groupText(value) }] })]
  })
}

function groupText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isGroup({ type }: TableColumn): boolean {
  return type === 'text' || type === 'level'
}

/** A table of fields has pages, as the rows have that it is made of. */
export function withPage(table: Table | null, page: Table | undefined): Table | null {
  if (table === null || page === undefined) return table
  return { ...page, rows: [...table.rows, ...page.rows] }
}
