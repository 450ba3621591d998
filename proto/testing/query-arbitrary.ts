/** Random trees of queries as the parser makes them. */
import fc from 'fast-check'
import { LEVELS } from '../api.ts'
import { levelNamed } from '../query/level-condition.ts'
import {
  allOf,
  anyOf,
  type Bound,
  type Query,
  type QueryLeaf,
  type QueryTerm,
  queryOf,
} from '../query/tree.ts'
import { parseTimeAround } from '../time.ts'
import { fold, tokenize } from '../tokens.ts'

export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('a', ' ', '"', '\\', ':', '-', '*', '(', ')', '/', '>', '[', 'TO', '='),
    maxLength: 8,
  }),
)

const NAMES_WITH_RULES: ReadonlySet<string> = new Set(['message', 'level', 'time', 'id'])
const name = anyText.filter(text => text !== '' && !NAMES_WITH_RULES.has(text))

const phrase: fc.Arbitrary<QueryLeaf> = anyText
  .map(text => tokenize(text))
  .filter(tokens => tokens.length > 0)
  .map(tokens => ({ type: 'phrase', tokens, hex: null }))
const hex: fc.Arbitrary<QueryLeaf> = fc
  .stringMatching(/^[0-9a-f]{16}([0-9a-f]{16})?$/)
  .chain(id => fc.constantFrom({ type: 'phrase', tokens: [id], hex: id } as const, word(id)))

function word(token: string): QueryLeaf {
  return { type: 'phrase', tokens: [token], hex: null }
}

const textBound = anyText.filter(text => !/^-?\d/.test(text))
const numberBound = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('0.5', '-2.25', '1e3', '9007199254740993'),
)
const timeBound = fc.constantFrom('now-15m', '2026-01-02T03:04:05Z', '2026-01-02', '1760000000')
const levelBound = fc.constantFrom('warn', 'ERROR', 'Info')

function ranges(
  fields: fc.Arbitrary<string>,
  values: fc.Arbitrary<string>,
  placeOf: (value: string) => number,
): fc.Arbitrary<QueryLeaf> {
  const bound: fc.Arbitrary<Bound> = plain({ value: values, inclusive: fc.boolean() })
  const either = fc.option(bound)
  return fc
    .record({ field: fields, from: either, to: either })
    .filter(({ from, to }) => from !== null || to !== null)
    .filter(
      ({ from, to }) => from === null || to === null || placeOf(from.value) <= placeOf(to.value),
    )
    .map(({ field, from, to }): QueryLeaf => {
      return { type: 'range', field, from, to }
    })
}

const timePlace = (time: string): number => parseTimeAround(time, 1e15) ?? Number.NaN
const levelPlace = (name: string): number => LEVELS.findIndex(level => level === levelNamed(name))

const wildcardParts = fc
  .array(anyText, { minLength: 2, maxLength: 4 })
  .map(parts => parts.filter((part, i) => part !== '' || i === 0 || i === parts.length - 1))
  .filter(parts => parts.some(part => part !== ''))

const regex = fc.constantFrom('user \\d+', 'a|b', '^x.*y$', '[^a-z]+', 'a\\/b', '(?:ab){2,3}c?')

/** Records that are equal to literals. */
function plain<Shape>(
  shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> },
): fc.Arbitrary<Shape> {
  return fc.record(shape, { noNullPrototype: true }) as fc.Arbitrary<Shape>
}

export const leafArbitrary: fc.Arbitrary<QueryLeaf> = fc.oneof(
  { weight: 3, arbitrary: phrase },
  hex,
  plain({ type: fc.constant('field'), field: name, value: anyText }),
  plain({ type: fc.constant('exact'), field: name, value: anyText }),
  plain({ type: fc.constant('exists'), field: fc.oneof(name, fc.constant('message')) }),
  ranges(name, textBound, () => 0),
  ranges(name, numberBound, Number),
  ranges(fc.constantFrom('time', 'ingested_at'), timeBound, timePlace),
  ranges(fc.constant('level'), levelBound, levelPlace),
  plain({ type: fc.constant('wildcard'), field: name, parts: wildcardParts }),
  wildcardParts.map((parts): QueryLeaf => {
    return { type: 'wildcard', field: null, parts: parts.map(fold) }
  }),
  plain({
    type: fc.constant('regex'),
    field: fc.oneof(name, fc.constant(null)),
    source: regex,
    ignoreCase: fc.boolean(),
  }),
)

const term: fc.Arbitrary<QueryTerm> = fc.letrec<{ term: QueryTerm }>(tie => ({
  term: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 3, arbitrary: leafArbitrary },
    fc.array(tie('term'), { maxLength: 3 }).map(allOf),
    fc.array(tie('term'), { minLength: 1, maxLength: 3 }).map(anyOf),
    tie('term').map((inner): QueryTerm => ({ type: 'not', term: inner })),
  ),
})).term

export const queryArbitrary: fc.Arbitrary<Query> = term.map(queryOf)
