/** Random records, the rows that the real code makes of them, and a filter on plain objects. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { LEVELS, levelOfSeverity } from '#proto/api.ts'
import { BatchBuilder, type BatchRecord } from '#proto/batch-builder.ts'
import type { RowColumns } from '#proto/columns.ts'
import { type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import type { QueryTerm } from '#proto/query.ts'
import { tokenize } from '#proto/tokens.ts'
import { ANY_TIME, type RowFilter } from '../matcher.ts'
import { openRows } from '../rows.ts'

export type PlainValue = string | number | bigint | boolean | null | readonly PlainScalar[]
type PlainScalar = string | number | boolean | null

export interface PlainRecord {
  readonly timeUs: number
  readonly severity: number
  readonly severityText: string
  readonly service: string
  readonly host: string
  readonly file: string
  readonly message: string
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly (readonly [string, PlainValue])[]
}

export const RECEIVED_AT_US = 1_760_000_000_000_000
const NAMES = ['', 'api', 'API', 'worker', 'Käse']
const TRACES = ['', '0af7651916cd43dd8448eb211c80319c', 'no trace']
const SPANS = ['', 'b7ad6b7169203331', 'B7AD6B7169203332']
const KEYS = ['status', 'user.id', 'Tag', 'trace_id']
/** U+212A and U+0130 become ASCII when folded; the others try scripts, marks and boundaries. */
const WORDS = [
  'error',
  'Error',
  'errors',
  'kelvin',
  '\u212Aelvin',
  'İp',
  'ip',
  'connection',
  'timeout',
  'müller',
  'MÜLLER',
  'e\u0301rror',
  '错误',
  'ไทย',
  'a_b',
  '42',
  'é',
  '0af7651916cd43dd8448eb211c80319c',
  'b7ad6b7169203331',
]
const GAPS = [' ', ': ', '', '.', '…', '-', '\u00a0']

const text = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(...GAPS)), { maxLength: 5 })
  .map(parts => parts.flat().join(''))

const scalar: fc.Arbitrary<PlainScalar> = fc.oneof(
  fc.constantFrom('200', '200.0', 'True', 'blue', 'BLUE', ''),
  fc.constantFrom(200, 200.5, -0, 0, 1e21, 4_503_599_627_370_496),
  fc.boolean(),
  fc.constant(null),
)
const value: fc.Arbitrary<PlainValue> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.constantFrom(9_007_199_254_740_993n, -(2n ** 63n), 2n ** 63n),
)

export const recordArbitrary: fc.Arbitrary<PlainRecord> = fc
  .record({
    timeUs: fc.integer({ min: RECEIVED_AT_US - 5, max: RECEIVED_AT_US + 5 }),
    severity: fc.integer({ min: 1, max: 24 }),
    severityText: fc.constantFrom('', 'Weird'),
    service: fc.constantFrom(...NAMES),
    host: fc.constantFrom(...NAMES),
    file: fc.constantFrom('', '/var/log/a.log'),
    message: text,
    traceId: fc.constantFrom(...TRACES),
    spanId: fc.constantFrom(...SPANS),
    attributes: fc.uniqueArray(fc.tuple(fc.constantFrom(...KEYS), value), {
      selector: ([key]) => key,
      maxLength: KEYS.length,
    }),
  })
  .map(withoutCollisions)

/** An id that is none becomes an attribute; where it meets one of its name is the builder's matter. */
function withoutCollisions(record: PlainRecord): PlainRecord {
  const has = (name: string) => record.attributes.some(([key]) => key === name)
  return {
    ...record,
    traceId: has('trace_id') && !/^[0-9a-f]{32}$/i.test(record.traceId) ? '' : record.traceId,
    spanId: has('span_id') && !/^[0-9a-f]{16}$/i.test(record.spanId) ? '' : record.spanId,
  }
}

const term: fc.Arbitrary<QueryTerm> = fc.oneof(
  fc
    .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 })
    .map(words => tokenize(words.join(' ')))
    .map(tokens => {
      const isHex = tokens.length === 1 && /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/.test(tokens[0] ?? '')
      return { type: 'phrase' as const, tokens, hex: isHex ? (tokens[0] ?? null) : null }
    }),
  fc.record({
    type: fc.constant('field' as const),
    field: fc.constantFrom('service', 'host', 'level', 'message', 'file', 'severity_text'),
    value: fc.oneof(fc.constantFrom('api', 'KÄSE', 'error', 'Info', '/VAR/log/a.log'), text),
  }),
  fc.record({
    type: fc.constant('field' as const),
    field: fc.constantFrom(...KEYS, 'span_id', 'missing'),
    value: fc.oneof(
      fc.constantFrom('200', '200.0', '2e2', 'true', 'Blue', '0', '-0', '1e21', 'null', ''),
      fc.constantFrom('4503599627370496', '9007199254740993', '9223372036854775808'),
      fc.constantFrom(...TRACES, ...SPANS, 'NO TRACE'),
    ),
  }),
)

function seldom(names: fc.Arbitrary<string[]>): fc.Arbitrary<string[]> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant<string[]>([]) }, names)
}

export const filterArbitrary: fc.Arbitrary<RowFilter> = fc.record({
  query: fc.record({
    terms: fc.oneof({ weight: 4, arbitrary: fc.tuple(term) }, fc.array(term, { maxLength: 2 })),
  }),
  services: seldom(fc.constantFrom(['API'], ['API', 'worker'])),
  levels: seldom(fc.subarray(['error', 'INFO', 'Debug'])),
  startUs: fc.constantFrom(0, RECEIVED_AT_US - 2),
  endUs: fc.constantFrom(ANY_TIME.endUs, RECEIVED_AT_US + 3),
  ingestedStartUs: fc.constantFrom(0, 0, RECEIVED_AT_US),
  ingestedEndUs: fc.constantFrom(ANY_TIME.ingestedEndUs, RECEIVED_AT_US + 1),
})

export function envelopeOf(fields: MessageInitShape<typeof EnvelopeSchema> = {}): Envelope {
  const identity = { producer: 0x7edcba9876543210n, epoch: 3, sequence: 0x123456789an }
  return create(EnvelopeSchema, {
    ...identity,
    receivedAtUs: BigInt(RECEIVED_AT_US),
    ...fields,
  })
}

/** Bytes of one batch with these records. */
export function encodeRecords(records: readonly BatchRecord[]): Uint8Array<ArrayBuffer> {
  const builder = new BatchBuilder({ sdkName: 'test', sdkVersion: '1' })
  for (const record of records) {
    const fault = builder.append(record)
    if (fault !== null) throw new Error(fault)
  }
  return builder.seal()
}

export function rowsOf(records: readonly BatchRecord[]): RowColumns {
  return openRows(envelopeOf(), openLogBatch(encodeRecords(records)))
}

/** What the matcher must answer, found the slow and obvious way. */
export function matches(record: PlainRecord, filter: RowFilter): boolean {
  const { startUs, endUs, ingestedStartUs, ingestedEndUs, services, levels } = filter
  const level = levelOfSeverity(record.severity)
  return (
    record.timeUs >= startUs &&
    record.timeUs < endUs &&
    RECEIVED_AT_US >= ingestedStartUs &&
    RECEIVED_AT_US < ingestedEndUs &&
    (services.length === 0 || services.some(service => equalFolded(service, record.service))) &&
    (levels.length === 0 || levels.some(name => name.toUpperCase() === level)) &&
    filter.query.terms.every(one => matchesTerm(record, one))
  )
}

function matchesTerm(record: PlainRecord, one: QueryTerm): boolean {
  if (one.type === 'field') return matchesField(record, one.field, one.value)
  const ids = [record.traceId, record.spanId].map(asciiLower)
  if (one.hex !== null && ids.includes(one.hex)) return true
  const wanted = one.tokens.join('\n')
  return `\n${tokenize(record.message).join('\n')}\n`.includes(`\n${wanted}\n`)
}

function matchesField(record: PlainRecord, field: string, sought: string): boolean {
  const known: Record<string, string> = {
    service: record.service,
    host: record.host,
    file: record.file,
    message: record.message,
    severity_text: record.severityText,
  }
  const own = known[field]
  if (own !== undefined) return equalFolded(own, sought)
  if (field === 'level') {
    return LEVELS.some(
      name => equalFolded(name, sought) && name === levelOfSeverity(record.severity),
    )
  }
  const id = field === 'trace_id' ? record.traceId : field === 'span_id' ? record.spanId : ''
  if (id !== '' && equalFolded(id, sought)) return true
  return record.attributes.some(([key, held]) => key === field && equalsValue(held, sought))
}

function equalsValue(held: PlainValue, sought: string): boolean {
  if (Array.isArray(held)) return held.some((element: PlainScalar) => equalsValue(element, sought))
  switch (typeof held) {
    case 'string':
      return equalFolded(held, sought)
    case 'boolean':
      return equalFolded(String(held), sought)
    case 'number':
    case 'bigint':
      return equalsNumber(held, sought)
    default:
      return false
  }
}

function equalsNumber(held: number | bigint, sought: string): boolean {
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(sought)) return false
  const isWhole = /^-?\d+$/.test(sought)
  if (typeof held === 'bigint') {
    return isWhole ? BigInt(sought) === held : BigInt(Number(sought)) === held
  }
  return isWhole && Number.isSafeInteger(held)
    ? BigInt(sought) === BigInt(held)
    : Number(sought) === held
}

function equalFolded(a: string, b: string): boolean {
  return asciiLower(a) === asciiLower(b)
}

function asciiLower(value: string): string {
  return value.replaceAll(/[A-Z]/g, letter => letter.toLowerCase())
}
