/**
 * Cells of a metric as the store itself adds them up: where that is all a function needs, no point
 * is carried here.
 */
import type { LogStore, SearchPlanInput } from '#actors/store/store.ts'
import { metricsOf } from '#actors/store/streams.ts'
import type { Json } from '#proto/api.ts'
import { METRIC_TYPES, POINT } from '#proto/metric.ts'
import type { Measure } from '#proto/query/analysis.ts'
import { fieldKind } from '#proto/query/field-kind.ts'
import type { CellsWish, MetricCell } from './metric-cells.ts'
import { pointTerms } from './metric-points.ts'

/** What is added up for each function; quantiles need buckets, `last` an order. */
const MEASURES: Readonly<Record<string, readonly Measure[]>> = {
  rate: [sum(POINT.value), sum(POINT.count)],
  increase: [sum(POINT.value), sum(POINT.count)],
  avg: [sum(POINT.sum), sum(POINT.count)],
  min: [{ fn: 'min', field: POINT.min }],
  max: [{ fn: 'max', field: POINT.max }],
}

function sum(field: string): Measure {
  return { fn: 'sum', field }
}

/** Whether the store can: a label of the name of a row's field would be taken for that. */
export function isAnalysed(fn: string, { by, labels }: CellsWish): boolean {
  const isPlain = (key: string): boolean =>
    key === 'service' || key === 'host' || fieldKind(key) === 'attribute'
  const isNamed = Object.values(labels).every(value => value !== '')
  return MEASURES[fn] !== undefined && isNamed && [...by, ...Object.keys(labels)].every(isPlain)
}

/** Newest first; null = there are more cells than an answer may have. */
export async function analysedCells(
  { plan, fn, cellsMax }: { plan: SearchPlanInput; fn: string; cellsMax: number },
  wish: CellsWish,
  store: Pick<LogStore, 'analyse'>,
  signal: AbortSignal,
): Promise<MetricCell[] | null> {
  const { name, labels, by, startUs, stepUs } = wish
  const measures = MEASURES[fn] ?? []
  const result = await store.analyse(
    {
      ...plan,
      projectId: metricsOf(plan.projectId),
      query: {
        terms: [...pointTerms(name, labels), { type: 'exact', field: 'message', value: name }],
      },
      stages: [
        {
          type: 'timechart',
          everyS: stepUs / 1_000_000,
          measures,
          by: [...by, POINT.type, POINT.unit],
        },
      ],
      intervalUs: stepUs,
      rowsMax: cellsMax,
    },
    signal,
  )
  const { rows, truncated } = result.table
  if (truncated) return null
  return rows.toReversed().flatMap(([time, ...cells]) => {
    const type = METRIC_TYPES.find(known => known === cells[by.length])
    if (type === undefined) return []
    const numbers = new Map(
      measures.map((measure, i) => [nameOf(measure), cells[by.length + 2 + i]]),
    )
    const number = (field: string): number => Number(numbers.get(field) ?? 0)
    return {
      by: cells.slice(0, by.length).map(textOf),
      step: Math.floor((Date.parse(textOf(time)) * 1_000 - startUs) / stepUs),
      type,
      unit: textOf(cells[by.length + 1]),
      value: number(POINT.value),
      count: number(POINT.count),
      sum: number(POINT.sum),
      min: number(POINT.min),
      max: number(POINT.max),
      last: 0,
      buckets: new Map(),
    }
  })
}

function nameOf(measure: Measure): string {
  return measure.fn === 'count' ? '' : measure.field
}

function textOf(cell: Json | undefined): string {
  return typeof cell === 'string' ? cell : ''
}
