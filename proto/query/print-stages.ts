/** Writes stages so that they read back as the same. */
import {
  type Measure,
  NUMBER_FUNCTIONS,
  type Search,
  type SortKey,
  type Stage,
} from './analysis.ts'
import { printQuery } from './print.ts'
import { quote } from './text-reader.ts'

export function printSearch({ query, stages }: Search): string {
  const conditions = query.terms.length === 0 ? [] : [printQuery(query)]
  return [...conditions, ...stages.map(stage => `| ${printStage(stage)}`)].join(' ')
}

export function printStage(stage: Stage): string {
  switch (stage.type) {
    case 'summarize':
      return printMeasures(stage.measures) + printBy(stage.by)
    case 'timechart': {
      const width = stage.everyS === null ? '' : ` ${printWidth(stage.everyS)}`
      return `timechart${width} ${printMeasures(stage.measures)}${printBy(stage.by)}`
    }
    case 'top':
      return `top ${stage.count} ${printName(stage.field)}`
    case 'uniq':
      return `uniq ${printName(stage.field)}`
    case 'patterns':
      return 'patterns'
    case 'fields':
      return `fields ${stage.fields.map(printColumn).join(', ')}`
    case 'sort':
      return `sort ${stage.keys.map(printKey).join(', ')}`
    case 'limit':
      return `limit ${stage.count}`
  }
}

const UNITS = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const

/** `5m`: in the largest unit of which it is a whole number. */
export function printWidth(seconds: number): string {
  const unit = UNITS.find(([, size]) => seconds % size === 0)
  return unit === undefined ? `${seconds}s` : `${seconds / unit[1]}${unit[0]}`
}

function printMeasures(measures: readonly Measure[]): string {
  return measures
    .map(measure =>
      measure.fn === 'count' ? measure.fn : `${measure.fn}(${printName(measure.field)})`,
    )
    .join(', ')
}

function printBy(fields: readonly string[]): string {
  return fields.length === 0 ? '' : ` by ${fields.map(printName).join(', ')}`
}

function printKey({ column, isDescending }: SortKey): string {
  return `${isDescending ? '-' : ''}${printColumn(column)}`
}

const MEASURE = new RegExp(`^(${NUMBER_FUNCTIONS.join('|')})\\((.+)\\)$`, 'su')

/** Names of measures are written as they were asked for. */
export function printColumn(column: string): string {
  const [, fn, field] = MEASURE.exec(column) ?? []
  return fn === undefined || field === undefined ? printName(column) : `${fn}(${printName(field)})`
}

const BARE_NAME = /^[\p{L}_@][\p{L}\p{N}\p{M}_.@/-]*$/u

function printName(name: string): string {
  return BARE_NAME.test(name) && name.toLowerCase() !== 'by' ? name : quote(name)
}
