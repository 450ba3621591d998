/** A table of an analysis: aligned for people, an object a line for programs. */
import type { Json, Table, TableColumn } from '#proto/api.ts'
import { table as aligned, plain, print } from './terminal.ts'

export interface TableOptions {
  readonly json: boolean
  /** A page behind the first has no head. */
  readonly hasHead: boolean
}

export function printTable({ columns, rows }: Table, { json, hasHead }: TableOptions): void {
  if (json) {
    for (const row of rows) {
      const members = columns.map(({ name }, i) => [name, row[i] ?? null])
      print({ json }, Object.fromEntries(members), '')
    }
    return
  }
  const head = columns.map(({ name }) => cellText(name))
  const cells = rows.map(row => columns.map((_, i) => cellText(row[i] ?? null)))
  const lines = aligned(head, cells, columns.map(isOfNumbers)).split('\n')
  for (const line of hasHead ? lines : lines.slice(1)) print({ json }, null, line)
}

/** A line break would end the row. */
function cellText(cell: Json): string {
  if (cell === null) return '-'
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell)
  return plain(text).replaceAll(/[\t\n]/g, ' ')
}

function isOfNumbers({ type }: TableColumn): boolean {
  return type === 'number'
}
