/** From groups to the table that is answered: the same whichever store has measured them. */
import type { ColumnType, Json, Table, TableColumn } from '#proto/api.ts'
import { ANALYSIS_ROWS_MAX } from '#proto/limits.ts'
import {
  columnsOf,
  isTableStage,
  measureName,
  type ShapingStage,
  type Stage,
  type TopStage,
  UNIQ_COLUMN,
} from '#proto/query/analysis.ts'
import { formatTime } from '#proto/time.ts'
import { columnOrder } from './column-order.ts'
import { type GroupingStage, groupingStage } from './grouping-stage.ts'
import type { MeasuredGroup } from './measured.ts'

type Row = readonly Json[]

/** A table that no stage has shaped yet, or not all. */
export interface Draft {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly Row[]
}

/** Table of the first stage, shaped by those behind it. */
export function tabulate(
  stages: readonly Stage[],
  groups: readonly MeasuredGroup[],
  rowsMax: number = ANALYSIS_ROWS_MAX,
): Table {
  return shape(draftOf(groupingStage(stages), groups), stages.slice(1), rowsMax)
}

/** The same for `uniq`, where somebody else has counted. */
export function tabulateCount(stages: readonly Stage[], count: number): Table {
  return shape(
    { columns: [{ name: UNIQ_COLUMN, type: 'number' }], rows: [[count]] },
    stages.slice(1),
  )
}

/** Sorts, cuts and projects a table; without order of its own it keeps the one that it has. */
export function shape(
  draft: Draft,
  stages: readonly Stage[],
  rowsMax: number = ANALYSIS_ROWS_MAX,
): Table {
  const shaped = stages.reduce(
    (table, stage) => (isTableStage(stage) ? table : shapeBy(table, stage)),
    draft,
  )
  return {
    columns: shaped.columns,
    rows: shaped.rows.slice(0, rowsMax),
    truncated: shaped.rows.length > rowsMax,
  }
}

function shapeBy({ columns, rows }: Draft, stage: ShapingStage): Draft {
  switch (stage.type) {
    case 'limit':
      return { columns, rows: rows.slice(0, stage.count) }
    case 'sort':
      return { columns, rows: sorted({ columns, rows }, stage.keys) }
    case 'fields': {
      const places = stage.fields.map(name => placeOf(columns, name))
      return {
        columns: places.map(place => columns[place] as TableColumn),
        rows: rows.map(row => places.map(place => row[place] as Json)),
      }
    }
  }
}

function placeOf(columns: readonly TableColumn[], name: string): number {
  return columns.findIndex(column => column.name === name)
}

function sorted(
  { columns, rows }: Draft,
  keys: readonly { readonly column: string; readonly isDescending: boolean }[],
): readonly Row[] {
  const orders = keys.map(({ column, isDescending }) => {
    const place = placeOf(columns, column)
    const type = columns[place]?.type ?? 'text'
    return columnOrder(
      rows.map(row => row[place]),
      { type, isDescending },
    )
  })
  const places = Array.from(rows, (_, i) => i)
  places.sort((a, b) => {
    for (const order of orders) {
      const difference = order(a, b)
      if (difference !== 0) return difference
    }
    return 0
  })
  return places.map(place => rows[place] as Row)
}

function draftOf(stage: GroupingStage, groups: readonly MeasuredGroup[]): Draft {
  const columns = columnsOf(stage).map((name): TableColumn => ({ name, type: typeOf(stage, name) }))
  switch (stage.type) {
    case 'uniq':
      return { columns, rows: [[groups.filter(hasKey).length]] }
    case 'top': {
      const rows = mostFrequent(stage, groups).map(({ key, rows: count }): Row => [...key, count])
      return { columns, rows }
    }
    case 'timechart': {
      const rows = groups.map(
        ({ barUs, key, values }): Row => [formatTime(barUs), ...key, ...values],
      )
      const keys = [columns[0]?.name ?? '', ...stage.by]
      return { columns, rows: sorted({ columns, rows }, keys.map(upwards)) }
    }
    case 'summarize': {
      const none = stage.measures.map(({ fn }) => (fn === 'count' ? 0 : null))
      if (stage.by.length === 0) return { columns, rows: [groups[0]?.values ?? none] }
      const rows = groups.map(({ key, values }): Row => [...key, ...values])
      const [largest] = stage.measures.map(measureName)
      const keys = [{ column: largest ?? '', isDescending: true }, ...stage.by.map(upwards)]
      return { columns, rows: sorted({ columns, rows }, keys) }
    }
  }
}

export function hasKey({ key }: MeasuredGroup): boolean {
  return key.every(part => part !== null)
}

/** Those of `top`: the more logs the earlier, then by key. */
export function mostFrequent(
  { field, count }: TopStage,
  groups: readonly MeasuredGroup[],
): MeasuredGroup[] {
  const keyed = groups.filter(hasKey)
  const type = field === 'level' ? 'level' : 'text'
  const byKey = columnOrder(
    keyed.map(({ key: [part] }) => part),
    { type, isDescending: false },
  )
  const rowsOf = (place: number): number => (keyed[place] as MeasuredGroup).rows
  const places = Array.from(keyed, (_, place) => place)
  places.sort((a, b) => rowsOf(b) - rowsOf(a) || byKey(a, b))
  return places.slice(0, count).map(place => keyed[place] as MeasuredGroup)
}

function upwards(column: string): { readonly column: string; readonly isDescending: boolean } {
  return { column, isDescending: false }
}

function typeOf(stage: GroupingStage, name: string): ColumnType {
  const keys = stage.type === 'top' ? [stage.field] : stage.type === 'uniq' ? [] : stage.by
  if (keys.includes(name)) return name === 'level' ? 'level' : 'text'
  return stage.type === 'timechart' && name === 'time' ? 'time' : 'number'
}
