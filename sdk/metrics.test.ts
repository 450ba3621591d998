import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ROW_KINDS } from '../proto/columns.ts'
import { LogBatchSchema } from '../proto/gen/logboy/v1/log_batch_pb.ts'
import { type MetricBatch, MetricBatchSchema } from '../proto/gen/logboy/v1/metric_batch_pb.ts'
import { openLogBatch } from '../proto/log-batch.ts'
import { readPoint } from '../proto/metric.ts'
import { quantileOf } from '../proto/metric-buckets.ts'
import { checkPoints } from '../proto/metric-check.ts'
import { checkRecords } from '../proto/record-check.ts'
import { readColumns } from '../proto/testing/batches.ts'
import type { Labels } from './label-tree.ts'
import { MetricRegistry } from './metrics.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

const INTERVAL_MS = 10_000

interface Point {
  readonly name: string
  readonly labels: Readonly<Record<string, unknown>>
  readonly point: Exclude<ReturnType<typeof readPoint>, string>
}

function world({ seriesMax = 100 } = {}) {
  const clock = new VirtualClock()
  const state = { hasRoom: true, batches: 0 }
  const points: Point[] = []
  const wire: MetricBatch[] = []
  const troubles: string[] = []
  const registry = new MetricRegistry({
    clock,
    batch: { sdkName: 'test', sdkVersion: '1' },
    service: 'shop',
    host: 'web-1',
    intervalMs: INTERVAL_MS,
    seriesMax,
    hasRoom: () => state.hasRoom,
    push: ({ bytes, records }) => {
      const columns = openLogBatch(bytes)
      assert.equal(columns.kind, ROW_KINDS.metric)
      assert.equal(columns.count, records)
      assert.deepEqual(
        [...checkRecords(columns), ...checkPoints(columns)],
        [],
        'the door takes all',
      )
      wire.push(fromBinary(MetricBatchSchema, bytes))
      state.batches++
      for (const { texts, attributes } of readColumns(columns))
        points.push(pointOf(texts, attributes))
    },
    trouble: message => void troubles.push(message),
  })
  return { clock, state, points, wire, troubles, registry }
}

function pointOf(
  texts: Readonly<Record<string, string>>,
  typed: Readonly<Record<string, unknown>>,
): Point {
  const attributes = Object.fromEntries(
    Object.entries(typed).map(([key, value]) => [
      key.slice(2),
      typeof value === 'bigint' ? Number(value) : value,
    ]),
  )
  const point = readPoint(attributes)
  assert.ok(typeof point !== 'string')
  const labels = Object.entries(attributes).filter(([key]) => !key.startsWith('metric.'))
  return { name: texts['message'] ?? '', labels: Object.fromEntries(labels), point }
}

test('many calls are one point a series and interval, which tells the increase', () => {
  const { clock, points, state, registry } = world()
  const orders = registry.counter('orders', { unit: 'orders' })
  for (let i = 0; i < 10_000; i++) orders.add(2, { path: i % 2 === 0 ? '/a' : '/b' })
  clock.advance(INTERVAL_MS)
  registry.counter('orders').add(1, { path: '/a' })
  clock.advance(INTERVAL_MS)
  clock.advance(INTERVAL_MS)
  assert.deepEqual(
    points.map(({ name, labels, point }) => [name, labels, point.type, point.unit, point.value]),
    [
      ['orders', { path: '/a' }, 'counter', 'orders', 10_000],
      ['orders', { path: '/b' }, 'counter', 'orders', 10_000],
      ['orders', { path: '/a' }, 'counter', 'orders', 1],
    ],
  )
  assert.equal(points[0]?.point.intervalMs, INTERVAL_MS)
  assert.equal(state.batches, 2, 'an idle interval sends nothing')
})

test('what travels is a MetricBatch, to whoever reads it by its schema alone', () => {
  const { clock, wire, registry } = world()
  registry.counter('orders', { unit: 'orders' }).add(3, { path: '/a' })
  registry.histogram('took').record(12.5)
  clock.advance(INTERVAL_MS)
  const [batch, ...others] = wire
  assert.ok(batch !== undefined && others.length === 0)
  const { recordCount, kind, sdkName, name, service, attributes } = batch
  assert.deepEqual({ recordCount, kind, sdkName }, { recordCount: 2, kind: 1, sdkName: 'test' })
  assert.equal(Buffer.from(name?.heap ?? []).toString(), 'orderstook')
  assert.deepEqual(name?.lengths, [6, 4])
  assert.equal(Buffer.from(service?.entries?.heap ?? []).toString(), 'shop')
  const column = (key: string) => attributes.find(known => known.key === key)
  assert.deepEqual([column('metric.value')?.ints, column('metric.sum')?.doubles], [[3n], [12.5]])
  assert.equal(Buffer.from(column('path')?.dictionary?.entries?.heap ?? []).toString(), '/a')
  const unknown = [batch, ...attributes].flatMap(({ $unknown = [] }) => $unknown)
  assert.deepEqual(unknown, [], 'nothing travels that the schema does not name')
})

test('each field of a MetricBatch is the one of a LogBatch with its number', () => {
  const kinds = (fields: typeof LogBatchSchema.fields) =>
    new Map(fields.map(({ number, fieldKind, proto }) => [number, [fieldKind, proto.type]]))
  const logs = kinds(LogBatchSchema.fields)
  for (const [number, kind] of kinds(MetricBatchSchema.fields)) {
    assert.deepEqual(kind, logs.get(number), String(number))
  }
})

test('a gauge tells its last value, what it was meanwhile, and goes on telling', () => {
  const { clock, points, registry } = world()
  const queue = registry.gauge('queue')
  for (const value of [3, -7, 5.5]) queue.set(value)
  clock.advance(INTERVAL_MS)
  clock.advance(INTERVAL_MS)
  const brief = points.map(({ point: { value, count, sum, min, max } }) => [
    value,
    count,
    sum,
    min,
    max,
  ])
  assert.deepEqual(brief, [
    [5.5, 3, 1.5, -7, 5.5],
    [5.5, 1, 5.5, 5.5, 5.5],
  ])
})

test('a histogram tells count, sum, range and buckets', () => {
  const { clock, points, registry } = world()
  const took = registry.histogram('took', { unit: 'ms' })
  for (let i = 1; i <= 1_000; i++) took.record(i)
  clock.advance(INTERVAL_MS)
  const [found] = points
  assert.ok(found !== undefined)
  const { count, sum, min, max, buckets } = found.point
  assert.deepEqual([count, sum, min, max], [1_000, 500_500, 1, 1_000])
  const p95 = quantileOf(buckets, 0.95, { min, max }) ?? 0
  assert.ok(Math.abs(p95 - 950) < 950 * 0.023, String(p95))
})

test('whatever the order and form of labels, the sums of the points are what was added', () => {
  const label = fc.constantFrom<Labels[string]>('a', 'b', 1, '1', true, 'true', undefined)
  const call = fc.record({
    labels: fc.dictionary(fc.constantFrom('x', 'y', 'z'), label, { noNullPrototype: true }),
    value: fc.nat({ max: 9 }),
    pause: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), calls => {
      const { clock, points, registry } = world()
      const expected = new Map<string, number>()
      for (const { labels, value, pause } of calls) {
        registry.counter('n').add(value, labels)
        const key = keyOf(labels)
        expected.set(key, (expected.get(key) ?? 0) + value)
        if (pause) clock.advance(INTERVAL_MS)
      }
      registry.close()
      const found = new Map<string, number>()
      for (const { labels, point } of points) {
        const key = keyOf(labels)
        found.set(key, (found.get(key) ?? 0) + point.value)
      }
      assert.deepEqual(inOrder(found), inOrder(expected))
      assert.equal(registry.stats().dropped, 0)
    }),
  )
})

function inOrder<Value>(pairs: Iterable<readonly [string, Value]>): (readonly [string, Value])[] {
  return [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))
}

function keyOf(labels: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(labels).filter(([, value]) => value !== undefined)
  return JSON.stringify(inOrder(pairs.map(([key, value]) => [key, String(value)] as const)))
}

test('series are bounded: what is beyond is counted and told, and idle ones make room', () => {
  const { clock, points, troubles, registry } = world({ seriesMax: 3 })
  const users = registry.counter('users')
  for (let i = 0; i < 10; i++) users.add(1, { user: `u${i}` })
  assert.deepEqual(registry.stats(), { series: 3, points: 0, dropped: 7 })
  assert.match(troubles[0] ?? '', /more than 3 series/)
  for (let i = 0; i < 40; i++) {
    users.add(1, { user: 'u0' })
    clock.advance(INTERVAL_MS)
  }
  assert.equal(registry.stats().series, 1, 'idle ones are gone')
  users.add(1, { user: 'u9' })
  clock.advance(INTERVAL_MS)
  assert.deepEqual(points.at(-1)?.labels, { user: 'u9' })
})

test('what is no metric, no number or no label is dropped with a reason, and never throws', () => {
  const { points, troubles, registry } = world()
  const angry: unknown = {
    toString() {
      throw new Error('no')
    },
  }
  registry.counter('orders').add(-1)
  registry.counter('orders').add(Number.NaN)
  registry.counter('orders').add(angry as number)
  registry.counter('orders').add(1, { 'metric.value': 'x' })
  registry.counter('orders').add(1, { service: 'x' })
  registry.counter('orders').add(1, { x: angry as string })
  registry.counter('orders').add(1, { x: 'y'.repeat(1_000) })
  registry.counter('9 lives').add(1)
  registry.counter(angry as string).add(1)
  registry.gauge('orders').set(1)
  registry.gauge('level').set(Number.POSITIVE_INFINITY)
  registry.histogram('took').record(-0.5)
  const none: unknown = null
  registry.counter('orders').add(1, none as Labels)
  registry.close()
  registry.counter('orders').add(1)
  assert.deepEqual(
    points.map(({ name, point }) => [name, point.value]),
    [['orders', 1]],
  )
  assert.equal(registry.stats().dropped, 13)
  assert.match(troubles.join('\n'), /metric orders is a counter/)
  assert.match(troubles.join('\n'), /no name of a metric/)
})

test('without room for points the series go on gathering', () => {
  const { clock, points, state, registry } = world()
  registry.counter('orders').add(1)
  state.hasRoom = false
  clock.advance(3 * INTERVAL_MS)
  registry.counter('orders').add(1)
  state.hasRoom = true
  clock.advance(INTERVAL_MS)
  assert.deepEqual(
    points.map(({ point }) => [point.value, point.intervalMs]),
    [[2, 4 * INTERVAL_MS]],
  )
})
