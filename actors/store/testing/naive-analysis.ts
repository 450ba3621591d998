/** What an analysis has to answer, computed the naive way over plain objects. */
import { type Json, LEVELS, type Row, type Table } from '#proto/api.ts'
import type { Measure, Stage } from '#proto/query/analysis.ts'
import type { PlainLog } from './random-logs.ts'

export interface AnalysedRow {
  readonly timeUs: number
  readonly log: PlainLog
  readonly row: Row
}

type Line = Readonly<Record<string, Json>>

export function naiveAnalysis(
  rows: readonly AnalysedRow[],
  stages: readonly Stage[],
  intervalUs: number,
): Pick<Table, 'rows'> & { readonly columns: readonly string[] } {
  let columns: readonly string[] = []
  let lines: readonly Line[] = []
  for (const stage of stages) {
    switch (stage.type) {
      case 'limit':
        lines = lines.slice(0, stage.count)
        break
      case 'fields':
        columns = stage.fields
        break
      case 'sort':
        lines = lines.toSorted((a, b) => {
          for (const { column, isDescending } of stage.keys) {
            const difference = compare(column, a[column] ?? null, b[column] ?? null, isDescending)
            if (difference !== 0) return difference
          }
          return 0
        })
        break
      case 'uniq': {
        const keys = rows.map(each => keyOf(each, stage.field)).filter(key => key !== null)
        columns = ['uniq']
        lines = [{ uniq: new Set(keys).size }]
        break
      }
      case 'top': {
        const some = rows.filter(each => keyOf(each, stage.field) !== null)
        columns = [stage.field, 'count']
        lines = grouped(some, [stage.field], [{ fn: 'count' }], null)
        lines = inOrder(lines, ['-count', stage.field]).slice(0, stage.count)
        break
      }
      case 'summarize':
        columns = [...stage.by, ...stage.measures.map(nameOf)]
        lines = grouped(rows, stage.by, stage.measures, null)
        if (stage.by.length > 0) {
          lines = inOrder(lines, [`-${stage.measures.map(nameOf)[0]}`, ...stage.by])
        }
        break
      case 'timechart': {
        const barUs = stage.everyS === null ? intervalUs : stage.everyS * 1_000_000
        columns = ['time', ...stage.by, ...stage.measures.map(nameOf)]
        lines = inOrder(grouped(rows, stage.by, stage.measures, barUs), ['time', ...stage.by])
        break
      }
      case 'patterns':
        throw new Error('has a test of its own')
    }
  }
  return { columns, rows: lines.map(line => columns.map(name => line[name] ?? null)) }
}

function nameOf(measure: Measure): string {
  return measure.fn === 'count' ? 'count' : `${measure.fn}(${measure.field})`
}

function grouped(
  rows: readonly AnalysedRow[],
  by: readonly string[],
  measures: readonly Measure[],
  barUs: number | null,
): Line[] {
  const groups = new Map<string, AnalysedRow[]>()
  if (by.length === 0 && barUs === null) groups.set('[]', [])
  for (const each of rows) {
    const bar = barUs === null ? [] : [Math.floor(each.timeUs / barUs) * barUs]
    const key = JSON.stringify([...bar, ...by.map(field => keyOf(each, field))])
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  return [...groups].map(([text, members]) => {
    const key = JSON.parse(text) as Json[]
    const line: Record<string, Json> = {}
    if (barUs !== null) line['time'] = new Date(Number(key.shift()) / 1_000).toISOString()
    for (const [i, field] of by.entries()) line[field] = key[i] ?? null
    for (const measure of measures) line[nameOf(measure)] = valueOf(members, measure)
    return line
  })
}

/** null = no value. */
function keyOf({ row, log }: AnalysedRow, field: string): string | null {
  switch (field) {
    case 'level':
    case 'service':
    case 'host':
    case 'file':
    case 'message':
      return row[field] || null
    case 'severity_text':
      return row.severity_text ?? null
    case 'trace_id':
    case 'span_id':
      return row[field]
  }
  const value = log.attributes.find(([key]) => key === field)?.[1] ?? null
  if (value === null) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 8_191 ? null : text
}

function valueOf(members: readonly AnalysedRow[], measure: Measure): number | null {
  if (measure.fn === 'count') return members.length
  const numbers = members.flatMap(({ log }) => {
    const value = log.attributes.find(([key]) => key === measure.field)?.[1]
    return typeof value === 'number' ? [value] : []
  })
  const sorted = numbers.toSorted((a, b) => a - b)
  const [least] = sorted
  if (least === undefined) return null
  const sum = sorted.reduce((total, value) => total + value, 0)
  switch (measure.fn) {
    case 'sum':
      return sum
    case 'avg':
      return sum / sorted.length
    case 'min':
      return least
    case 'max':
      return sorted.at(-1) ?? null
    default: {
      const place = (sorted.length - 1) * (Number(measure.fn.slice(1)) / 100)
      const below = sorted[Math.floor(place)] ?? 0
      const above = sorted[Math.ceil(place)] ?? 0
      return below + (above - below) * (place - Math.floor(place))
    }
  }
}

function inOrder(lines: readonly Line[], columns: readonly string[]): Line[] {
  return lines.toSorted((a, b) => {
    for (const column of columns) {
      const isDescending = column.startsWith('-')
      const name = isDescending ? column.slice(1) : column
      const difference = compare(name, a[name] ?? null, b[name] ?? null, isDescending)
      if (difference !== 0) return difference
    }
    return 0
  })
}

function compare(column: string, a: Json, b: Json, isDescending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  const sign = isDescending ? -1 : 1
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b)
  const [left, right] = [a, b].map(each => (typeof each === 'string' ? each : JSON.stringify(each)))
  if (left === undefined || right === undefined) return 0
  if (column === 'level') {
    const place = (text: string): number => LEVELS.findIndex(level => level === text)
    return sign * (place(left) - place(right))
  }
  const isNumeral = (text: string): boolean => /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text)
  if (isNumeral(left) !== isNumeral(right)) return isNumeral(left) ? -sign : sign
  const difference = isNumeral(left) ? Number(left) - Number(right) : 0
  if (difference !== 0) return sign * difference
  // UTF-8 keeps the order of code points.
  return sign * Buffer.compare(Buffer.from(left), Buffer.from(right))
}
