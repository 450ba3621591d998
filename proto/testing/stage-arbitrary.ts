/** Random stages as the parser makes them. */
import fc from 'fast-check'
import {
  columnsOf,
  type Measure,
  NUMBER_FUNCTIONS,
  type Search,
  type ShapingStage,
  type Stage,
  type TableStage,
} from '../query/analysis.ts'
import { fieldKind } from '../query/field-kind.ts'
import { anyText, queryArbitrary } from './query-arbitrary.ts'

const name = fc
  .oneof(
    fc.constantFrom('service', 'level', 'user.id', 'by', 'path', 'a b', 'p95(x)', 'count', 'sum'),
    anyText,
  )
  .filter(text => text !== '')
const key = name.filter(field => !['time', 'id', 'pattern'].includes(fieldKind(field)))
const keys = fc.uniqueArray(key, { maxLength: 3 })
const measure: fc.Arbitrary<Measure> = fc.oneof(
  fc.constant<Measure>({ fn: 'count' }),
  fc
    .tuple(fc.constantFrom(...NUMBER_FUNCTIONS), name)
    .filter(([, field]) => fieldKind(field) === 'attribute')
    .map(([fn, field]): Measure => ({ fn, field })),
)
const measures = fc.array(measure, { minLength: 1, maxLength: 3 })
const width = fc.constantFrom(null, 1, 30, 60, 90, 300, 3_600, 86_400, 604_800)

const tableStage: fc.Arbitrary<TableStage> = fc
  .oneof(
    fc.tuple(measures, keys).map(([list, by]): TableStage => {
      return { type: 'summarize', measures: list, by }
    }),
    fc.tuple(width, measures, keys).map(([everyS, list, by]): TableStage => {
      return { type: 'timechart', everyS, measures: list, by }
    }),
    fc.tuple(fc.integer({ min: 1, max: 10_000 }), key).map(([count, field]): TableStage => {
      return { type: 'top', count, field }
    }),
    key.map((field): TableStage => ({ type: 'uniq', field })),
    fc.constant<TableStage>({ type: 'patterns' }),
  )
  .filter(stage => new Set(columnsOf(stage)).size === columnsOf(stage).length)

const limit = fc
  .integer({ min: 1, max: 10_000 })
  .map((count): ShapingStage => ({ type: 'limit', count }))

function shaping(columns: readonly string[]): fc.Arbitrary<ShapingStage> {
  const some = fc.uniqueArray(fc.constantFrom(...columns), { minLength: 1 })
  const sort = some.chain(list =>
    fc.array(fc.boolean(), { minLength: list.length, maxLength: list.length }).map(
      (signs): ShapingStage => ({
        type: 'sort',
        keys: list.map((column, i) => ({ column, isDescending: signs[i] as boolean })),
      }),
    ),
  )
  const fields = some.map((list): ShapingStage => ({ type: 'fields', fields: list }))
  return fc.oneof(limit, sort, fields)
}

/** What may follow on a table with these columns. */
function shapedBy(columns: readonly string[], depth: number): fc.Arbitrary<readonly Stage[]> {
  if (depth === 0) return fc.constant([])
  const one = shaping(columns).chain(stage => {
    const left = stage.type === 'fields' ? stage.fields : columns
    return shapedBy(left, depth - 1).map(rest => [stage, ...rest])
  })
  return fc.oneof(fc.constant<readonly Stage[]>([]), one)
}

const ofTable = tableStage.chain(stage =>
  shapedBy(columnsOf(stage), 3).map(rest => [stage, ...rest]),
)
const ofLogs = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), limit)
  .chain(([fields, rows]) =>
    fc.constantFrom<readonly Stage[]>(
      [],
      [rows],
      [{ type: 'fields', fields }, rows],
      [rows, { type: 'fields', fields }],
    ),
  )

export const stagesArbitrary: fc.Arbitrary<readonly Stage[]> = fc.oneof(ofTable, ofLogs)

export const searchArbitrary: fc.Arbitrary<Search> = fc
  .tuple(queryArbitrary, stagesArbitrary)
  .map(([query, stages]) => ({ query, stages }))
