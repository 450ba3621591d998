/** Fields, facets, patterns, context and metrics over rows in memory, as plain as can be. */
import { createHash } from 'node:crypto'
import type { Json, Row, SearchRequest } from '#proto/api.ts'
import type { FacetFacts, FieldFacts, PatternFacts, RowContext } from '../src/api/facts.ts'
import { cellOf } from '../src/explore/columns-model.ts'
import { compareRows, rowTimeMs } from '../src/explore/row-order.ts'
import { filterOf } from './fake-search.ts'

const PATTERN_BAR_S = 60

export function fakeFields(rows: readonly Row[], request: SearchRequest): FieldFacts {
  const found = rows.filter(filterOf(request)).slice(-1000)
  const names = new Set(['service', 'host', 'level', 'message'])
  for (const row of found) for (const name of Object.keys(row.attributes)) names.add(name)
  const fields = [...names].map(name => {
    const values = found.map(row => valueOf(row, name)).filter(value => value !== undefined)
    return {
      name,
      types: [...new Set(values.map(typeOf))],
      rows: values.length,
      share: values.length / Math.max(1, found.length),
      distinct: new Set(values.map(value => JSON.stringify(value))).size,
    }
  })
  return { sample: found.length, fields: fields.sort((a, b) => b.rows - a.rows) }
}

export function fakeFacets(
  rows: readonly Row[],
  request: SearchRequest & { readonly fields: readonly string[] },
): FacetFacts {
  const found = rows.filter(filterOf(request))
  const limit = request.limit ?? 10
  const facets = request.fields.map(field => {
    const counts = new Map<string, number>()
    for (const row of found) {
      const value = valueOf(row, field)
      if (value === undefined) continue
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      counts.set(text, (counts.get(text) ?? 0) + 1)
    }
    const values = [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    return { field, values: values.slice(0, limit), has_more: values.length > limit }
  })
  return { total: found.length, facets }
}

/** Words with digits are values: enough for a page. */
export function fakePatterns(rows: readonly Row[], request: SearchRequest): PatternFacts {
  const found = rows.filter(filterOf(request)).sort(compareRows)
  const groups = new Map<string, Row[]>()
  for (const row of found) {
    const pattern = row.message.replace(/\S*\d\S*/g, '<*>')
    groups.set(pattern, [...(groups.get(pattern) ?? []), row])
  }
  const patterns = [...groups].map(([pattern, members]) => ({
    pattern_id: idOf(pattern),
    pattern,
    count: members.length,
    share: members.length / found.length,
    first_seen: members[0]?.time ?? '',
    last_seen: members.at(-1)?.time ?? '',
    counts: barsOf(members),
    examples: members.slice(0, 3),
  }))
  return {
    total: found.length,
    patterns_total: patterns.length,
    interval: PATTERN_BAR_S,
    patterns: patterns.sort((a, b) => b.count - a.count).slice(0, request.limit ?? 50),
  }
}

export function fakeContext(
  rows: readonly Row[],
  id: string,
  params: URLSearchParams,
): RowContext | null {
  const log = rows.find(row => row.id === id)
  if (log === undefined) return null
  const isNear =
    params.get('by') === 'trace'
      ? (row: Row) => row.trace_id === log.trace_id
      : (row: Row) => row.service === log.service && row.host === log.host
  const near = rows.filter(isNear).sort(compareRows)
  const at = near.findIndex(row => row.id === id)
  const [before, after] = [Number(params.get('before') ?? 20), Number(params.get('after') ?? 20)]
  return {
    before: near.slice(Math.max(0, at - before), at),
    log,
    after: near.slice(at + 1, at + 1 + after),
    has_more_before: at > before,
    has_more_after: near.length > at + 1 + after,
  }
}

/** The same in whatever rows it is found. */
function idOf(pattern: string): string {
  return String(createHash('sha256').update(pattern).digest().readUInt32BE())
}

function barsOf(rows: readonly Row[]): { time: string; count: number }[] {
  const bars = new Map<number, number>()
  for (const row of rows) {
    const start = Math.floor(rowTimeMs(row) / (PATTERN_BAR_S * 1000)) * PATTERN_BAR_S * 1000
    bars.set(start, (bars.get(start) ?? 0) + 1)
  }
  return [...bars].map(([start, count]) => ({ time: new Date(start).toISOString(), count }))
}

function valueOf(row: Row, name: string): Json | undefined {
  if (name in row.attributes) return row.attributes[name]
  if (name === 'level' || name === 'message') return row[name]
  const text = cellOf(row, name)
  return text === '' ? undefined : text
}

function typeOf(value: Json): FieldFacts['fields'][number]['types'][number] {
  if (value === null) return 'null'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'string' ? 'text' : 'json'
}
