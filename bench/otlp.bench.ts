/**
 * What a log of OpenTelemetry costs on its way into columns, CPU on one core, beside the same log
 * as a line of JSON: `node bench/otlp.bench.ts [--rows 50000] [--data FILE.ndjson]`. Best of some runs.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { decodeBody } from '#actors/gateway/json/json-body.ts'
import { requestOf as decodeRequest } from '#actors/gateway/otlp/decode-otlp.ts'
import { jsonOf, protobufOf, requestOf } from '#actors/gateway/otlp/testing/otlp-requests.ts'
import { parseLevel } from '#proto/level.ts'
import { parseTime } from '#proto/time.ts'
import { dataFile } from './lab/data.ts'

const SENDER = { sdkName: 'bench', sdkVersion: '', zone: null }
/** As the batches of collectors have. */
const REQUEST_ROWS = 8_192
const RUNS = 8

interface Line {
  readonly time: string
  readonly level: string
  readonly service: string
  readonly host: string
  readonly message: string
  readonly trace_id?: string
  readonly span_id?: string
  readonly [attribute: string]: unknown
}

/** Of some lines: records by their resource, as SDKs and collectors send them. */
function requestFor(lines: readonly string[]): ReturnType<typeof requestOf> {
  const resources = new Map<string, { resource: object; scopeLogs: { logRecords: object[] }[] }>()
  for (const line of lines) {
    const { service, host, ...rest } = JSON.parse(line) as Line
    const name = `${service}\n${host}`
    const made = resources.get(name) ?? {
      resource: { attributes: attributesOf({ 'service.name': service, 'host.name': host }) },
      scopeLogs: [{ logRecords: [] }],
    }
    resources.set(name, made)
    made.scopeLogs[0]?.logRecords.push(recordOf(rest as Line))
  }
  return requestOf({ resourceLogs: [...resources.values()] })
}

function recordOf({ time, level, message, trace_id, span_id, ...attributes }: Line): object {
  const { timeUs = 0, subNs = 0 } = parseTime(time) ?? {}
  return {
    timeUnixNano: BigInt(timeUs) * 1_000n + BigInt(subNs),
    severityNumber: parseLevel(level).severity,
    severityText: level,
    body: valueOf(message),
    traceId: Buffer.from(trace_id ?? '', 'hex'),
    spanId: Buffer.from(span_id ?? '', 'hex'),
    attributes: attributesOf(attributes),
  }
}

function attributesOf(members: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(members).map(([key, value]) => ({ key, value: valueOf(value) }))
}

function valueOf(value: unknown): object {
  if (typeof value === 'boolean') return { value: { case: 'boolValue', value } }
  if (typeof value === 'number') {
    const isWhole = Number.isSafeInteger(value)
    const held = isWhole ? BigInt(value) : value
    return { value: { case: isWhole ? 'intValue' : 'doubleValue', value: held } }
  }
  if (typeof value !== 'object' || value === null)
    return { value: { case: 'stringValue', value: String(value) } }
  return { value: { case: 'kvlistValue', value: { values: attributesOf({ ...value }) } } }
}

function measure(name: string, rows: number, work: () => number): void {
  let leastUs = Number.POSITIVE_INFINITY
  let checksum = 0
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage()
    checksum = work()
    const { user, system } = process.cpuUsage(before)
    leastUs = Math.min(leastUs, user + system)
  }
  const each = (leastUs / rows).toFixed(3)
  const rate = Math.round((rows * 1_000) / leastUs)
  console.log(
    `${name.padEnd(16)} ${each.padStart(7)} µs ${String(rate).padStart(6)} k/s ${checksum}`,
  )
}

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '50000' }, data: { type: 'string' } },
})
const rows = Number(values.rows)
const path = values.data ?? dataFile(rows)
const lines = readFileSync(path, 'utf8').split('\n', rows).filter(Boolean)
const parts = Array.from({ length: Math.ceil(lines.length / REQUEST_ROWS) }, (_, part) =>
  lines.slice(part * REQUEST_ROWS, (part + 1) * REQUEST_ROWS),
)
const requests = parts.map(requestFor)
const ndjson = parts.map(part => Buffer.from(part.join('\n')))
const protobuf = requests.map(protobufOf)
const json = requests.map(request => Buffer.from(jsonOf(request)))
measure('NDJSON', lines.length, () => {
  return ndjson.reduce((sum, body) => {
    const decoded = decodeBody(body, SENDER)
    return sum + (decoded.type === 'decoded' ? decoded.accepted : 0)
  }, 0)
})
for (const [name, bodies, isJson] of [
  ['OTLP protobuf', protobuf, false],
  ['OTLP JSON', json, true],
] as const) {
  measure(name, lines.length, () => {
    return bodies.reduce((sum, body) => {
      const decoded = decodeRequest(body, isJson)
      return sum + (decoded.type === 'decoded' ? decoded.accepted : 0)
    }, 0)
  })
}
