/** Random JSON records written in random ways, and what they must become, said the slow way. */
import fc from 'fast-check'
import { parseLevel } from '#proto/level.ts'
import type { PlainRow } from '#proto/testing/batches.ts'
import { parseTime } from '#proto/time.ts'

export type Json =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'word'; readonly text: 'true' | 'false' | 'null' }
  | { readonly type: 'array'; readonly items: readonly Json[] }
  | { readonly type: 'object'; readonly members: readonly Member[] }
export type Member = readonly [key: string, value: Json]

const NUMBERS = ['0', '-0', '7', '-12', '200', '200.0', '1e3', '1.5', '-0.25', '0.1', '2.5E-3']
const HARD_NUMBERS = [
  '123456789012345',
  '1234567890123456',
  '9007199254740993',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '123456789012345678901234567890',
  '0.30000000000000004',
  '179769313486231570000e288',
  '1e400',
  '4.9e-324',
]
const TIMES = [
  '2026-11-20T00:00:00.491Z',
  '2026-11-20T23:59:59Z',
  '2026-11-20T12:00:00.000000001Z',
  '2026-11-20 12:00:00.5',
  '2026-11-20T12:00:00+02:00',
  '2026-12-31T23:59:60Z',
  '1763596800',
  '1763596800123',
  'yesterday',
  '1969-12-31T23:59:59Z',
  '',
]
const TIME_NUMBERS = ['1763596800', '1763596800.5', '1763596800123', '1763596800123456789', '-5']
const KEYS = ['a', 'b', 'a.b', 'ü', 'k\n', '', '__proto__', 'name', 'service', 'level', 'log']
const FIELDS = ['message', 'msg', 'log', 'level', 'severity', 'lvl', 'service', 'host', 'file']
const IDS = ['0af7651916cd43dd8448eb211c80319c', 'B7AD6B7169203331', 'none', '0af7']

const text = fc.oneof(
  fc.constantFrom('', 'error', 'INFO', 'warning', '30', 'payment-service', 'x'.repeat(40)),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

const word = fc.constantFrom<'true' | 'false' | 'null'>('true', 'false', 'null')

const { value } = fc.letrec<{ value: Json; leaf: Json }>(tie => ({
  leaf: fc.oneof(
    text.map((held): Json => ({ type: 'string', value: held })),
    fc
      .constantFrom(...NUMBERS, ...HARD_NUMBERS)
      .map((held): Json => ({ type: 'number', text: held })),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((held): Json => ({ type: 'number', text: Object.is(held, -0) ? '-0' : String(held) })),
    word.map((held): Json => ({ type: 'word', text: held })),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 5, arbitrary: tie('leaf') },
    fc.array(tie('value'), { maxLength: 3 }).map((items): Json => ({ type: 'array', items })),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 3 })
      .map((members): Json => ({ type: 'object', members })),
  ),
}))

const member: fc.Arbitrary<Member> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...KEYS), value) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...FIELDS), value) },
  fc.tuple(
    fc.constantFrom('time', 'timestamp', '@timestamp', 'ts'),
    fc.oneof(
      fc.constantFrom(...TIMES).map((held): Json => ({ type: 'string', value: held })),
      fc.constantFrom(...TIME_NUMBERS).map((held): Json => ({ type: 'number', text: held })),
      word.map((held): Json => ({ type: 'word', text: held })),
    ),
  ),
  fc.tuple(
    fc.constantFrom('trace_id', 'span_id'),
    fc.constantFrom(...IDS).map((held): Json => ({ type: 'string', value: held })),
  ),
)

export const recordJson: fc.Arbitrary<Json & { type: 'object' }> = fc
  .array(member, { maxLength: 8 })
  .map(members => ({ type: 'object', members }))

/** Writes JSON; `choose` decides about white space and escapes. */
export function writeJson(json: Json, choose: () => number, isOneLine = true): string {
  const gaps = isOneLine ? ['', '', '', ' ', '\t'] : ['', '', ' ', '\n', '\r\n  ']
  const gap = (): string => gaps[choose() % gaps.length] as string
  const write = (held: Json): string => {
    switch (held.type) {
      case 'string':
        return writeString(held.value, choose)
      case 'array':
        return `[${gap()}${held.items.map(item => write(item) + gap()).join(`,${gap()}`)}]`
      case 'object':
        return `{${gap()}${held.members
          .map(
            ([key, item]) => `${writeString(key, choose)}${gap()}:${gap()}${write(item)}${gap()}`,
          )
          .join(`,${gap()}`)}}`
      default:
        return held.text
    }
  }
  return write(json)
}

function writeString(held: string, choose: () => number): string {
  if (choose() % 4 > 0) return JSON.stringify(held)
  const escaped = Array.from({ length: held.length }, (_, i) => {
    return `\\u${held.charCodeAt(i).toString(16).padStart(4, '0')}`
  })
  return `"${escaped.join('')}"`
}

/** The row that a record must become; a text = it must be refused, and the reason begins so. */
export function expectedRow(record: Json & { type: 'object' }): PlainRow | string {
  const leaves = flatten(record.members, '', 0)
  const take = (names: readonly string[], isUsable: (held: Json) => boolean): Json | undefined => {
    for (const name of names) {
      const at = leaves.findIndex(({ key, isTop, json }) => isTop && key === name && isUsable(json))
      if (at >= 0) return leaves.splice(at, 1)[0]?.json
    }
    return undefined
  }
  const time = take(['time', 'timestamp', '@timestamp', 'ts'], isSaid)
  const level = take(['level', 'severity', 'lvl'], isSaid)
  const [message, service, host, file] = [
    ['message', 'msg', 'log'],
    ['service'],
    ['host'],
    ['file'],
  ].map(names => plainText(take(names, isScalar)))
  const trace = take(['trace_id'], held => isHex(held, 32))
  const span = take(['span_id'], held => isHex(held, 16))
  const timeNs = time === undefined ? null : timeOf(time)
  if (typeof timeNs === 'string') return timeNs
  const { severity, severityText } = parseLevel(plainText(level))
  return {
    timeNs,
    severity: level === undefined ? 0 : severity,
    texts: {
      severityText,
      service: service ?? '',
      host: host ?? '',
      file: file ?? '',
      message: message ?? '',
    },
    traceId: trace === undefined ? null : plainText(trace).toLowerCase(),
    spanId: span === undefined ? null : plainText(span).toLowerCase(),
    attributes: attributesOf(leaves),
  }
}

interface Leaf {
  readonly key: string
  readonly isTop: boolean
  readonly json: Json
}

function flatten(members: readonly Member[], prefix: string, depth: number): Leaf[] {
  return members.flatMap(([name, json]): Leaf[] => {
    const key = prefix + wellFormed(name)
    const isFlat = json.type === 'object' && json.members.length > 0 && depth < 16
    return isFlat
      ? flatten(json.members, `${key}.`, depth + 1)
      : [{ key, isTop: depth === 0, json }]
  })
}

function isTextOrNumber(json: Json): boolean {
  return json.type === 'string' || json.type === 'number'
}

/** Nothing but spaces says no time and no level. */
function isSaid(json: Json): boolean {
  return isTextOrNumber(json) && (json.type !== 'string' || /[^ ]/.test(json.value))
}

function isScalar(json: Json): boolean {
  return isTextOrNumber(json) || (json.type === 'word' && json.text !== 'null')
}

function isHex(json: Json, digits: number): boolean {
  return json.type === 'string' && json.value.length === digits && /^[0-9a-f]*$/i.test(json.value)
}

function plainText(json: Json | undefined): string {
  if (json === undefined || json.type === 'array' || json.type === 'object') return ''
  return json.type === 'string' ? wellFormed(json.value) : json.text
}

function timeOf(json: Json): bigint | string {
  const isDigits = json.type === 'string' || !/[eE]/.test(plainText(json))
  const time = parseTime(isDigits ? plainText(json).trim() : Number(plainText(json)))
  if (time === null) return 'is not a time'
  return time.timeUs < 0 ? 'time is before 1970' : BigInt(time.timeUs) * 1000n + BigInt(time.subNs)
}

function attributesOf(leaves: readonly Leaf[]): PlainRow['attributes'] {
  const byKey = new Map<string, Json[]>()
  for (const { key, json } of leaves) byKey.set(key, [...(byKey.get(key) ?? []), json])
  return Object.fromEntries(
    [...byKey].map(([key, values]) => {
      const [type, held] =
        values.length === 1 ? typed(values[0] as Json) : (['j', compact(values)] as const)
      return [`${type}.${key}`, held]
    }),
  )
}

function compact(items: readonly Json[]): string {
  return normal(writeJson({ type: 'array', items }, () => 1))
}

/** JSON text as compared: white space and ways of escaping do not count. */
export function normal(json: string): string {
  return JSON.stringify(JSON.parse(json))
}

function typed(json: Json): readonly [type: string, value: string | bigint | number | boolean] {
  switch (json.type) {
    case 'string':
      return ['s', wellFormed(json.value)]
    case 'word':
      return json.text === 'null' ? ['j', 'null'] : ['b', json.text === 'true']
    case 'number':
      return typedNumber(json.text)
    default:
      return ['j', normal(writeJson(json, () => 1))]
  }
}

function typedNumber(digits: string): readonly [string, string | bigint | number] {
  const number = Number(digits)
  if (Object.is(number, -0)) return ['d', -0]
  if (/^-?\d+$/.test(digits)) {
    const whole = BigInt(digits)
    return BigInt.asIntN(64, whole) === whole ? ['i', whole] : ['j', normal(digits)]
  }
  if (!Number.isFinite(number)) return ['j', `"${digits}"`]
  return Number.isSafeInteger(number) ? ['i', BigInt(number)] : ['d', number]
}

/** Halves of surrogate pairs become U+FFFD, as in UTF-8. */
function wellFormed(held: string): string {
  return Buffer.from(held).toString()
}
