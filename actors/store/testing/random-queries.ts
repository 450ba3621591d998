/** Queries made from a seed over the vocabulary of random-logs.ts. */
import { LEVELS } from '#proto/api.ts'
import {
  allOf,
  anyOf,
  type Bound,
  type Query,
  type QueryLeaf,
  type QueryTerm,
  queryOf,
} from '#proto/query/tree.ts'
import { formatTime } from '#proto/time.ts'
import { fold, tokenize } from '#proto/tokens.ts'
import type { Random } from '#runtime/random.ts'
import { ABSENT_KEY, HOSTS, hexId, KEYS, type LogRange, SERVICES, WORDS } from './random-logs.ts'

const DEPTH_MAX = 3
const NAMES = ['service', 'host', 'severity_text', 'file']
const NAME_VALUES = [...HOSTS, ...SERVICES, 'ODD', '/var/log/A.log', 'Größe']
const VALUES = ['200', '200.0', '404', 'ok', 'u3', 'true', 'b', '1', 'NOTE', 'É', 'note', 'OK', '']
const NUMBERS = ['0', '1', '12.5', '200', '404', '499.9', '5e2', '-1', '9007199254740993', '1e300']
const TEXTS = ['', 'NOTE', 'note', 'é', 'u2', 'u4', 'O', 'a', 'web-1', 'größe', 'b']
const PIECES = ['', 'e', 'o', 'U', 'ti', 'onn', 'k', 'ß', '日', '_1', '2', '-', ' ', 'O', '/']
const EXPRESSIONS = [
  'time',
  'TIME',
  '^c',
  't$',
  '^$',
  'n{2}',
  'u[0-4]',
  '(?:ser|out)',
  '\\d+',
  '日本',
  'ß',
  '^.$',
  '^2',
  '00$',
  '\\.',
  '[^a-z]',
  '^(?:true|200)$',
  'r.*t',
  'K',
  '[a-f]+1',
  'web-\\d',
  'a|e',
  '[^-\\]x^]u',
]

/** Conditions in groups, some of them negated; now and then everything. */
export function randomQuery(random: Random, event: LogRange): Query {
  const count = [0, 0, 1, 1, 1, 2][random.below(6)] as number
  const terms = Array.from({ length: count }, () => randomTerm(random, event, 0))
  return queryOf(allOf(terms))
}

function randomTerm(random: Random, event: LogRange, depth: number): QueryTerm {
  const inner = (): QueryTerm => randomTerm(random, event, depth + 1)
  switch (depth < DEPTH_MAX ? random.below(10) : 9) {
    case 0:
      return { type: 'not', term: inner() }
    case 1:
      return anyOf([inner(), inner()])
    case 2:
      return allOf([inner(), inner()])
    default:
      return randomLeaf(random, event)
  }
}

function randomLeaf(random: Random, event: LogRange): QueryLeaf {
  const pick = <Value>(values: readonly Value[]): Value =>
    values[random.below(values.length)] as Value
  const attribute = (): string => pick([...KEYS, ABSENT_KEY])
  const field = (): string => (random.below(3) === 0 ? pick(NAMES) : attribute())
  switch (random.below(18)) {
    case 0:
    case 1:
      return { type: 'phrase', tokens: tokenize(pick(WORDS)), hex: null }
    case 2:
      return { type: 'phrase', tokens: tokenize(`${pick(WORDS)} ${pick(WORDS)}`), hex: null }
    case 3: {
      const hex = hexId(random.below(22), pick([16, 32]))
      return { type: 'phrase', tokens: [hex], hex }
    }
    case 4:
      return { type: 'field', field: 'service', value: pick(SERVICES).toLowerCase() }
    case 5:
      return { type: 'field', field: 'level', value: pick([...LEVELS, 'warning']).toLowerCase() }
    case 6:
      return { type: pick(['field', 'exact']), field: pick(NAMES), value: pick(NAME_VALUES) }
    case 7: {
      const value = hexId(random.below(22), pick([16, 32]))
      return { type: pick(['field', 'exact']), field: pick(['trace_id', 'span_id']), value }
    }
    case 8:
    case 9:
      return { type: pick(['field', 'exact']), field: attribute(), value: pick(VALUES) }
    case 10: {
      const own = ['trace_id', 'span_id', 'message', 'level', 'time', 'id']
      return { type: 'exists', field: pick([...own, ...NAMES, ...KEYS, ...KEYS, ABSENT_KEY]) }
    }
    case 11:
      return {
        type: 'range',
        field: field(),
        ...inOrder(
          randomEnds(random, () => pick(NUMBERS)),
          Number,
        ),
      }
    case 12:
      return { type: 'range', field: field(), ...randomEnds(random, () => pick(TEXTS)) }
    case 13:
      return {
        type: 'range',
        field: 'level',
        ...inOrder(
          randomEnds(random, () => pick(LEVELS)),
          name => LEVELS.findIndex(level => level === name),
        ),
      }
    case 14: {
      const { fromUs, toUs } = event
      const time = (): string =>
        formatTime(fromUs + Math.floor(random.unit() * (toUs - fromUs) * 1.1))
      return {
        type: 'range',
        field: pick(['time', 'ingested_at']),
        ...inOrder(randomEnds(random, time), Date.parse),
      }
    }
    case 15: {
      const parts = randomParts(random).map(fold)
      return { type: 'wildcard', field: null, parts }
    }
    case 16:
      return {
        type: 'wildcard',
        field: pick([field(), field(), 'trace_id', 'level']),
        parts: randomParts(random),
      }
    default: {
      const name = pick([null, null, field(), field(), 'trace_id', 'level'])
      const [source, ignoreCase] = [pick(EXPRESSIONS), random.below(2) === 0]
      return { type: 'regex', field: name, source, ignoreCase }
    }
  }
}

interface Ends {
  readonly from: Bound | null
  readonly to: Bound | null
}

/** The lower one first, as the parser wants it. */
function inOrder(ends: Ends, placeOf: (value: string) => number): Ends {
  const { from, to } = ends
  if (from === null || to === null) return ends
  return placeOf(from.value) > placeOf(to.value) ? { from: to, to: from } : ends
}

/** At least one of them. */
function randomEnds(random: Random, value: () => string): Ends {
  const bound = (): Bound => ({ value: value(), inclusive: random.below(2) === 0 })
  const kind = random.below(3)
  return { from: kind === 1 ? null : bound(), to: kind === 0 ? null : bound() }
}

function randomParts(random: Random): readonly string[] {
  for (;;) {
    const pieces = Array.from({ length: 2 + random.below(3) }, () => {
      return PIECES[random.below(PIECES.length)] as string
    })
    const parts = pieces.filter((part, i) => part !== '' || i === 0 || i === pieces.length - 1)
    if (parts.some(part => part !== '')) return parts
  }
}
