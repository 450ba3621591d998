/** Stages made from a seed over the vocabulary of random-logs.ts. */
import {
  columnsOf,
  type Measure,
  NUMBER_FUNCTIONS,
  type ShapingStage,
  type Stage,
  type TableStage,
} from '#proto/query/analysis.ts'
import type { Random } from '#runtime/random.ts'
import { ABSENT_KEY, KEYS } from './random-logs.ts'

const FIELDS = [
  'service',
  'host',
  'level',
  'file',
  'severity_text',
  'message',
  'trace_id',
  'span_id',
]
const NUMBERS = ['ratio', 'status', ABSENT_KEY, 'tags']

export function randomStages(random: Random): readonly Stage[] {
  const first = randomTable(random)
  const stages: Stage[] = [first]
  let columns = columnsOf(first)
  for (let i = random.below(4); i > 0; i--) {
    const stage = randomShaping(random, columns)
    stages.push(stage)
    if (stage.type === 'fields') columns = stage.fields
  }
  return stages
}

function randomTable(random: Random): TableStage {
  const field = (): string => pick(random, [...FIELDS, ...KEYS, ABSENT_KEY])
  const by = (): string[] => [
    ...new Set(Array.from({ length: random.below(3) }, () => pickKey(random, field))),
  ]
  switch (random.below(8)) {
    case 0:
      return { type: 'top', count: pick(random, [1, 2, 5, 1_000]), field: field() }
    case 1:
      return { type: 'uniq', field: field() }
    case 2:
    case 3: {
      const everyS = pick(random, [null, 1, 60, 90, 300, 86_400])
      return { type: 'timechart', everyS, measures: randomMeasures(random), by: by() }
    }
    default:
      return { type: 'summarize', measures: randomMeasures(random), by: by() }
  }
}

/** Levels and services more often: summaries answer them. */
function pickKey(random: Random, field: () => string): string {
  return random.below(2) === 0 ? pick(random, ['level', 'service']) : field()
}

function randomMeasures(random: Random): readonly Measure[] {
  const count: Measure = { fn: 'count' }
  if (random.below(2) === 0) return [count]
  const others = Array.from({ length: 1 + random.below(3) }, (): Measure => {
    return { fn: pick(random, NUMBER_FUNCTIONS), field: pick(random, NUMBERS) }
  })
  const measures = random.below(2) === 0 ? others : [...others, count]
  const names = measures.map(measure => JSON.stringify(measure))
  return measures.filter((_, i) => names.indexOf(names[i] as string) === i)
}

function randomShaping(random: Random, columns: readonly string[]): ShapingStage {
  const some = (): string[] => {
    const chosen = columns.filter(() => random.below(2) === 0)
    return chosen.length > 0 ? chosen : [pick(random, columns)]
  }
  switch (random.below(4)) {
    case 0:
      return { type: 'limit', count: pick(random, [1, 3, 10, 1_000]) }
    case 1:
      return { type: 'fields', fields: some().toReversed() }
    default: {
      const keys = some().map(column => ({ column, isDescending: random.below(2) === 0 }))
      return { type: 'sort', keys }
    }
  }
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.below(values.length)] as Value
}
