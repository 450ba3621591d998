/** Logs whose values try what the back ends see differently by nature. */
import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import type { Random } from '#runtime/random.ts'
import {
  type AttributeValue,
  KEYS,
  type LogRange,
  type PlainLog,
  randomLog,
} from './random-logs.ts'

const LONG = 'u'.repeat(ATTRIBUTE_SEARCH_CHARS_MAX)
const VALUES: readonly AttributeValue[] = [
  '',
  ' ',
  'a b',
  'ok',
  'OK',
  'Note',
  'note\n',
  '200',
  '200.0',
  '1e3',
  'true',
  'u1',
  'Größe',

  '\u212a',
  'ß',
  '日本',
  '\u{1f600}',
  '\uffee',
  '\u0000',
  'a*b',
  'a\\b',
  '"',
  '[x]',
  LONG,
  `${LONG}u`,
  0,
  -0,
  1,
  -1,
  200,
  200.5,
  1e21,
  1e-7,
  9007199254740991,
  9007199254740992,
  1e300,
  0.1,
  true,
  false,
  null,
  [],
  ['a', 'B', 'b', 'note'],
  [1, 200, 'x', 9007199254740994],
  [200.5, 'true'],
  ['', '\n'],
]
const MESSAGES = [
  '',
  ' ',
  '...',
  'GET /api/v1/users?id=7',
  'time-out: 12.5ms',
  'Timeout	after\n3 tries',
  'KKELVIN İstanbul',
  'ΣΑΣ σας',
  'İ',
  'naïve ñandú',
  '日本 connection',
  '𐐀😀x',
  'user-agent "x"',
  'a_b_1 web-1',
  'u0u1u2',
  '\0x',
  'connection connection timeout',
]

export function oddLog(random: Random, range: LogRange): PlainLog {
  const log = randomLog(random, range)
  const pick = <Value>(values: readonly Value[]): Value =>
    values[random.below(values.length)] as Value
  if (random.below(3) === 0) return log
  const attributes = new Map(log.attributes)
  for (let i = random.below(4); i > 0; i--) attributes.set(pick(KEYS), pick(VALUES))
  return {
    ...log,
    message: random.below(2) === 0 ? pick(MESSAGES) : log.message,
    attributes: [...attributes],
  }
}
