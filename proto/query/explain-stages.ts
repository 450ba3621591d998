/** Says in words what a query and the stages behind it ask for. */
import type { Measure, NumberFunction, Search, SortKey, Stage } from './analysis.ts'
import { explainQuery } from './explain.ts'
import { printWidth } from './print-stages.ts'

/** For example: logs whose level is ERROR; how many there are for each service; the first 3. */
export function explainSearch({ query, stages }: Search): string {
  return [explainQuery(query), ...stages.map(explainStage)].join('; ')
}

function explainStage(stage: Stage): string {
  switch (stage.type) {
    case 'summarize':
      return explainMeasures(stage.measures) + explainBy(stage.by)
    case 'timechart': {
      const width = stage.everyS === null ? 'some time' : printWidth(stage.everyS)
      return `${explainMeasures(stage.measures)} in every ${width}${explainBy(stage.by)}`
    }
    case 'top':
      return `the ${stage.count} most frequent values of ${stage.field}`
    case 'uniq':
      return `how many different values of ${stage.field} there are`
    case 'patterns':
      return 'the patterns of their messages, the most frequent first'
    case 'fields':
      return `only ${listed(stage.fields)}`
    case 'sort':
      return `in order of ${listed(stage.keys.map(explainKey))}`
    case 'limit':
      return stage.count === 1 ? 'the first' : `the first ${stage.count}`
  }
}

const FUNCTIONS: Readonly<Record<NumberFunction, string>> = {
  sum: 'the sum',
  avg: 'the average',
  min: 'the least',
  max: 'the greatest',
  p50: 'the median',
  p75: 'the 75th percentile',
  p90: 'the 90th percentile',
  p95: 'the 95th percentile',
  p99: 'the 99th percentile',
}

function explainMeasures(measures: readonly Measure[]): string {
  return listed(
    measures.map(measure =>
      measure.fn === 'count'
        ? 'how many there are'
        : `${FUNCTIONS[measure.fn]} of ${measure.field}`,
    ),
  )
}

function explainBy(fields: readonly string[]): string {
  return fields.length === 0 ? '' : ` for each ${listed(fields)}`
}

function explainKey({ column, isDescending }: SortKey): string {
  return isDescending ? `${column} downwards` : column
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
