/** Random requests of OpenTelemetry, and what must become of their records, said the slow way. */
import { create, type MessageInitShape, toBinary, toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import {
  type AnyValue,
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
  type KeyValue,
  type LogRecord,
} from '#proto/gen/otlp/v1/logs_pb.ts'
import { parseLevel } from '#proto/level.ts'
import type { PlainRow } from '#proto/testing/batches.ts'

type Init<Schema> = Schema extends { readonly typeName: string } & infer Desc
  ? MessageInitShape<Desc & typeof ExportLogsServiceRequestSchema>
  : never
export type RequestInit = Init<typeof ExportLogsServiceRequestSchema>

const KEYS = ['a', 'b', 'a.b', 'ü', '', '__proto__', 'level', 'message', 'service.name', 'trace_id']
const TIMES = [
  0n,
  1n,
  999n,
  1_763_596_800_123_456_789n,
  4_294_967_296_000n,
  9_000_000_000_000_000_000n,
]
const INTS = [0n, 1n, -1n, 2n ** 31n, -(2n ** 32n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]

const text = fc.oneof(
  fc.constantFrom('', 'error', 'Notice', 'INFO', 'cart-service', '"\\\u0001', 'x'.repeat(200)),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

const { value, pairs } = fc.letrec<{ value: object; pairs: object[] }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: one('stringValue', text) },
    {
      weight: 2,
      arbitrary: one('intValue', fc.oneof(fc.constantFrom(...INTS), fc.bigInt(-99n, 99n))),
    },
    one('doubleValue', fc.oneof(fc.double(), fc.constantFrom(200, 0.1, Number.NaN, 1e300))),
    one('boolValue', fc.boolean()),
    one('bytesValue', fc.uint8Array({ maxLength: 5 })),
    fc.constant({ value: { case: undefined } }),
    one(
      'arrayValue',
      fc.array(tie('value'), { maxLength: 3 }).map(values => ({ values })),
    ),
    one(
      'kvlistValue',
      tie('pairs').map(values => ({ values })),
    ),
  ),
  pairs: fc.array(fc.record({ key: fc.constantFrom(...KEYS), value: tie('value') }), {
    maxLength: 4,
  }),
}))

function one(name: string, arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return arbitrary.map(held => ({ value: { case: name, value: held } }))
}

const id = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.constantFrom(new Uint8Array(0), new Uint8Array(length), new Uint8Array(3).fill(7)),
    fc.uint8Array({ minLength: length, maxLength: length }),
  )

const record = fc.record({
  timeUnixNano: fc.constantFrom(...TIMES),
  observedTimeUnixNano: fc.constantFrom(...TIMES),
  severityNumber: fc.constantFrom(0, 1, 4, 9, 10, 17, 24, 25, 77),
  severityText: text,
  body: fc.option(value, { nil: undefined }),
  attributes: pairs,
  traceId: id(16),
  spanId: id(8),
  eventName: fc.constantFrom('', 'user.login'),
})

const resourcePairs = fc
  .tuple(pairs, fc.constantFrom([], ['service.name'], ['host.name', 'service.name']))
  .map(([list, names]) => [...names.map(key => named(key, `the ${key}`)), ...list])

function named(key: string, held: string): object {
  return { key, value: { value: { case: 'stringValue', value: held } } }
}

export const requestArbitrary: fc.Arbitrary<ExportLogsServiceRequest> = fc
  .array(
    fc.record({
      resource: fc.option(fc.record({ attributes: resourcePairs }), { nil: undefined }),
      scopeLogs: fc.array(
        fc.record({
          scope: fc.option(fc.record({ name: text, version: text, attributes: pairs }), {
            nil: undefined,
          }),
          logRecords: fc.array(record, { maxLength: 4 }),
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 3 },
  )
  .map(resourceLogs => requestOf({ resourceLogs }))

export function requestOf(init: object): ExportLogsServiceRequest {
  return create(ExportLogsServiceRequestSchema, init as RequestInit)
}

export function protobufOf(request: ExportLogsServiceRequest): Uint8Array<ArrayBuffer> {
  return toBinary(ExportLogsServiceRequestSchema, request)
}

/** A request with these messages. */
export function otlpLogs(...messages: readonly string[]): Uint8Array<ArrayBuffer> {
  const logRecords = messages.map(held => ({
    body: { value: { case: 'stringValue', value: held } },
  }))
  return protobufOf(requestOf({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))
}

/** As OpenTelemetry's programs write it: ids in hexadecimal. */
export function jsonOf(request: ExportLogsServiceRequest): string {
  const written = JSON.stringify(toJson(ExportLogsServiceRequestSchema, request))
  return written.replaceAll(/"(traceId|spanId)":"([^"]*)"/g, (_, name: string, base64: string) => {
    return `"${name}":"${Buffer.from(base64, 'base64').toString('hex')}"`
  })
}

/** What must become of the records, in order. */
export function expectedRows(request: ExportLogsServiceRequest): PlainRow[] {
  return request.resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map(made => {
        const outer = resourceOf(resource?.attributes ?? [])
        const names = [
          ['scope.name', scope?.name ?? ''],
          ['scope.version', scope?.version ?? ''],
        ] as const
        const scoped: Leaf[] = [
          ...flat(scope?.attributes ?? []),
          ...names.filter(([, name]) => name !== '').map(([key, name]): Leaf => [key, 's', name]),
        ]
        return expectedRow(made, [scoped, outer.leaves], outer)
      }),
    ),
  )
}

/** A flattened attribute: key, type of column, value. */
type Leaf = readonly [key: string, type: string, value: PlainRow['attributes'][string]]
interface Fields {
  readonly service: string
  readonly host: string
}

function resourceOf(list: readonly KeyValue[]): Fields & { readonly leaves: Leaf[] } {
  const leaves = flat(list)
  const take = (name: string): string => {
    const at = leaves.findIndex(([key]) => key === name)
    if (at < 0 || leaves[at]?.[1] === 'j') return ''
    return String(leaves.splice(at, 1)[0]?.[2])
  }
  return { service: take('service.name'), host: take('host.name'), leaves }
}

function expectedRow(
  made: LogRecord,
  outer: readonly (readonly Leaf[])[],
  { service, host }: Fields,
): PlainRow {
  const { timeUnixNano, observedTimeUnixNano, severityNumber, severityText, body } = made
  const timeNs = timeUnixNano === 0n ? observedTimeUnixNano : timeUnixNano
  const isNumber = severityNumber >= 1 && severityNumber <= 24
  const written = parseLevel(severityText)
  const [traceId, spanId] = [hexOf(made.traceId), hexOf(made.spanId)]
  const own = flat(made.attributes)
  if (traceId.length % 32 !== 0) own.push(['trace_id', 's', traceId])
  if (spanId.length % 16 !== 0) own.push(['span_id', 's', spanId])
  if (made.eventName !== '' && !own.some(([key]) => key === 'event.name'))
    own.push(['event.name', 's', made.eventName])
  return {
    timeNs: timeNs === 0n ? null : timeNs,
    severity: isNumber ? severityNumber : written.severity,
    texts: {
      severityText: written.severityText,
      service,
      host,
      file: '',
      message: messageOf(body),
    },
    traceId: traceId.length === 32 ? traceId : null,
    spanId: spanId.length === 16 ? spanId : null,
    attributes: layered([own, ...outer]),
  }
}

/** '' for ids of zeros. */
function hexOf(bytes: Uint8Array): string {
  return bytes.every(byte => byte === 0) ? '' : Buffer.from(bytes).toString('hex')
}

function messageOf(body: AnyValue | undefined): string {
  if (body?.value.case === 'stringValue') return body.value.value
  if (body?.value.case === 'bytesValue') return Buffer.from(body.value.value).toString('base64')
  return body === undefined || body.value.case === undefined ? '' : jsonText(body)
}

/** Of one key in several layers the first one has it; within a layer values are joined. */
function layered(layers: readonly (readonly Leaf[])[]): PlainRow['attributes'] {
  const taken = new Set<string>()
  const attributes = new Map<string, PlainRow['attributes'][string]>()
  for (const layer of layers) {
    const keys = new Set(layer.map(([key]) => key).filter(key => !taken.has(key)))
    for (const key of keys) {
      taken.add(key)
      const leaves = layer.filter(([other]) => other === key)
      const [, type, only] = leaves[0] as Leaf
      if (leaves.length === 1) attributes.set(`${type}.${key}`, only)
      else attributes.set(`j.${key}`, `[${leaves.map(textOfLeaf).join(',')}]`)
    }
  }
  return Object.fromEntries(attributes)
}

function textOfLeaf([, type, held]: Leaf): string {
  return type === 's' ? JSON.stringify(held) : String(held)
}

function flat(list: readonly KeyValue[], prefix = '', depth = 0): Leaf[] {
  return list.flatMap(({ key, value: held }): Leaf[] => {
    const name = prefix + key
    const inner = held?.value
    switch (inner?.case) {
      case 'stringValue':
        return [[name, 's', inner.value]]
      case 'bytesValue':
        return [[name, 's', Buffer.from(inner.value).toString('base64')]]
      case 'intValue':
        return [[name, 'i', inner.value]]
      case 'boolValue':
        return [[name, 'b', inner.value]]
      case 'doubleValue': {
        const double = inner.value
        if (!Number.isFinite(double)) return [[name, 's', String(double)]]
        return [Number.isSafeInteger(double) ? [name, 'i', BigInt(double)] : [name, 'd', double]]
      }
      case 'kvlistValue':
        if (depth < 16 && inner.value.values.length > 0)
          return flat(inner.value.values, `${name}.`, depth + 1)
        break
      case 'arrayValue':
      case undefined:
        break
    }
    return [[name, 'j', held === undefined ? 'null' : jsonText(held)]]
  })
}

function jsonText({ value: held }: AnyValue): string {
  switch (held.case) {
    case 'arrayValue':
      return `[${held.value.values.map(jsonText).join(',')}]`
    case 'kvlistValue':
      return `{${held.value.values
        .map(({ key, value: inner }) => {
          return `${JSON.stringify(key)}:${inner === undefined ? 'null' : jsonText(inner)}`
        })
        .join(',')}}`
    case 'stringValue':
      return JSON.stringify(held.value)
    case 'bytesValue':
      return JSON.stringify(Buffer.from(held.value).toString('base64'))
    case 'doubleValue':
      return Number.isFinite(held.value) ? String(held.value) : `"${held.value}"`
    case undefined:
      return 'null'
    default:
      return String(held.value)
  }
}
