/** Random records, the rows that the real code makes of them, and a filter on plain objects. */
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { levelOfSeverity } from '#proto/api.ts'
import { BatchBuilder, type BatchRecord } from '#proto/batch-builder.ts'
import type { RowColumns } from '#proto/columns.ts'
import { BatchKind, type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { allOf, anyOf, type Bound, type QueryLeaf, type QueryTerm } from '#proto/query/tree.ts'
import { formatRowId, packSeq, splitInt64 } from '#proto/row-id.ts'
import { formatTime } from '#proto/time.ts'
import { fold, tokenize } from '#proto/tokens.ts'
import { ANY_TIME, type RowFilter } from '../matcher.ts'
import { patternOfText } from '../patterns/pattern-ids.ts'
import { openRows } from '../rows.ts'
import { matchesQuery, type NaiveRow } from './naive-query.ts'

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
const IDENTITY = { producer: 0x7edcba9876543210n, epoch: 3, sequence: 0x123456789a }
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

const OWN_FIELDS = ['service', 'host', 'level', 'message', 'file', 'severity_text']
const ownField = fc.constantFrom(...OWN_FIELDS)
const attribute = fc.constantFrom(...KEYS, 'span_id', 'missing')
const ownValue = fc.oneof(
  fc.constantFrom('api', 'KÄSE', 'error', 'Info', 'ERROR', '/VAR/log/a.log', 'Weird', ''),
  text,
)
const attributeValue = fc.oneof(
  fc.constantFrom('200', '200.0', '2e2', 'true', 'Blue', '0', '-0', '1e21', 'null', ''),
  fc.constantFrom('4503599627370496', '9007199254740993', '9223372036854775808'),
  fc.constantFrom(...TRACES, ...SPANS, 'NO TRACE'),
)
const numbers = fc.constantFrom(
  '0',
  '199.5',
  '200',
  '201',
  '1e3',
  '9007199254740993',
  '-9223372036854775809',
  '1e999',
)
const times = fc
  .integer({ min: RECEIVED_AT_US - 6, max: RECEIVED_AT_US + 6 })
  .map(us => formatTime(us))

function ranges(
  fields: fc.Arbitrary<string>,
  values: fc.Arbitrary<string>,
): fc.Arbitrary<QueryLeaf> {
  const bound: fc.Arbitrary<Bound | null> = fc.option(
    fc.record({ value: values, inclusive: fc.boolean() }),
  )
  return fc
    .record({ field: fields, from: bound, to: bound })
    .filter(({ from, to }) => from !== null || to !== null)
    .map(range => ({ type: 'range', ...range }))
}

/** Pieces of words, so that something is found. */
const parts = fc
  .array(
    fc.constantFrom('', 'e', 'err', 'OR', 'k', 'time', 'out', 'ü', '错', '/', ' ', 'a_', '2'),
    {
      minLength: 2,
      maxLength: 4,
    },
  )
  .map(list => list.filter((part, i) => part !== '' || i === 0 || i === list.length - 1))
  .filter(list => list.length > 1 && list.some(part => part !== ''))

const regex = fc.record({
  type: fc.constant('regex' as const),
  source: fc.constantFrom(
    'err',
    'ERR',
    '^e',
    't$',
    '^$',
    '[^a-z]r',
    'o{1,2}',
    '(?:time|con).*t',
    '\\d+',
    'ü|错',
    '^true$',
    '^2.0',
    '\\s',
    '[à-ÿ]',
    'K',
    '^(?:api|worker)$',
    'e?r+o',
    '[a-f0-9]{16}',
  ),
  ignoreCase: fc.boolean(),
})

/** Of a message that may be there. */
const patternId = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 2 })
  .map(words => String(patternOfText(words.join(' '))))

const leaf: fc.Arbitrary<QueryLeaf> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 })
      .map(words => tokenize(words.join(' ')))
      .map(tokens => {
        const isHex = tokens.length === 1 && /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/.test(tokens[0] ?? '')
        return { type: 'phrase' as const, tokens, hex: isHex ? (tokens[0] ?? null) : null }
      }),
  },
  ...(['field', 'exact'] as const).flatMap(type => [
    fc.record({ type: fc.constant(type), field: ownField, value: ownValue }),
    fc.record({ type: fc.constant(type), field: attribute, value: attributeValue }),
    fc.record({ type: fc.constant(type), field: fc.constant('id'), value: fc.nat(3).map(idOf) }),
    fc.record({ type: fc.constant(type), field: fc.constant('pattern_id'), value: patternId }),
  ]),
  fc.record({
    type: fc.constant('exists' as const),
    field: fc.oneof(ownField, attribute, fc.constantFrom('trace_id', 'time', 'id', 'pattern_id')),
  }),
  ranges(attribute, numbers),
  ranges(
    fc.oneof(
      attribute,
      ownField.filter(field => field !== 'level'),
    ),
    ownValue.filter(isText),
  ),
  ranges(fc.constant('level'), fc.constantFrom('warn', 'ERROR', 'info')),
  ranges(fc.constantFrom('time', 'ingested_at'), times),
  parts.map((list): QueryLeaf => ({ type: 'wildcard', field: null, parts: list.map(fold) })),
  fc.record({
    type: fc.constant('wildcard' as const),
    field: fc.oneof(attribute, fc.constantFrom('service', 'host', 'level', 'file', 'trace_id')),
    parts,
  }),
  regex.map(one => ({ ...one, field: null })),
  fc
    .tuple(
      regex,
      fc.oneof(
        attribute,
        ownField.filter(field => field !== 'message'),
      ),
    )
    .map(([one, field]): QueryLeaf => ({ ...one, field })),
)

function isText(value: string): boolean {
  return !/^-?\d/.test(value)
}

const term: fc.Arbitrary<QueryTerm> = fc.letrec<{ term: QueryTerm }>(tie => ({
  term: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: leaf },
    fc.array(tie('term'), { maxLength: 3 }).map(allOf),
    fc.array(tie('term'), { minLength: 1, maxLength: 3 }).map(anyOf),
    tie('term').map((inner): QueryTerm => ({ type: 'not', term: inner })),
  ),
})).term

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
  return create(EnvelopeSchema, {
    kind: BatchKind.LOGS,
    ...IDENTITY,
    sequence: BigInt(IDENTITY.sequence),
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
export function matches(record: PlainRecord, filter: RowFilter, index: number): boolean {
  const { startUs, endUs, ingestedStartUs, ingestedEndUs, services, levels } = filter
  const level = levelOfSeverity(record.severity)
  return (
    record.timeUs >= startUs &&
    record.timeUs < endUs &&
    RECEIVED_AT_US >= ingestedStartUs &&
    RECEIVED_AT_US < ingestedEndUs &&
    (services.length === 0 || services.some(service => equalFolded(service, record.service))) &&
    (levels.length === 0 || levels.some(name => name.toUpperCase() === level)) &&
    matchesQuery(naiveRow(record, index), filter.query.terms)
  )
}

function naiveRow(record: PlainRecord, index: number): NaiveRow {
  const { traceId, spanId } = record
  const [isTrace, isSpan] = [/^[0-9a-f]{32}$/i.test(traceId), /^[0-9a-f]{16}$/i.test(spanId)]
  return {
    ...record,
    id: idOf(index),
    receivedAtUs: RECEIVED_AT_US,
    level: levelOfSeverity(record.severity),
    traceId: isTrace ? asciiLower(traceId) : '',
    spanId: isSpan ? asciiLower(spanId) : '',
    attributes: [
      ...record.attributes,
      ...(isTrace || traceId === '' ? [] : [['trace_id', traceId] as const]),
      ...(isSpan || spanId === '' ? [] : [['span_id', spanId] as const]),
    ],
  }
}

/** Of the rows that rowsOf makes. */
function idOf(row: number): string {
  const { producer, epoch, sequence } = IDENTITY
  const { low: producerLow, high: producerHigh } = splitInt64(producer)
  const { low: seqLow, high: seqHigh } = packSeq(epoch, sequence)
  return formatRowId({ producerLow, producerHigh, seqLow, seqHigh, row })
}

function equalFolded(a: string, b: string): boolean {
  return asciiLower(a) === asciiLower(b)
}

function asciiLower(value: string): string {
  return value.replaceAll(/[A-Z]/g, letter => letter.toLowerCase())
}
