import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ALERT_DEFAULTS } from '#proto/alert-rule.ts'
import { levelOfSeverity } from '#proto/api.ts'
import type { BatchRecord } from '#proto/batch-builder.ts'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { openLogBatch } from '#proto/log-batch.ts'
import { type MetricPoint, pointAttributes } from '#proto/metric.ts'
import { patternOfText } from '../patterns/pattern-ids.ts'
import { openRows } from '../rows.ts'
import { envelopeOf, RECEIVED_AT_US, rowsOf } from '../testing/plain-records.ts'
import { readDeltas } from './delta-reader.ts'
import { RuleSet } from './window-deltas.ts'
import type { WindowPart } from './window-part.ts'
import { packRules, partKindOf, unpackRules, type WindowRule } from './window-rules.ts'

const SECOND_US = 1_000_000
const RULE: WindowRule = {
  query: '*',
  aggregate: { fn: 'count' },
  windowS: 60,
  by: [],
  groupsMax: ALERT_DEFAULTS.groupsMax,
  latenessS: 10,
}
const RECORD: BatchRecord = {
  timeUs: RECEIVED_AT_US,
  severity: 9,
  service: 'api',
  host: 'web-1',
  file: '',
  message: 'took 5 ms',
  attributes: [],
}

interface Told {
  readonly late: number
  readonly leftOut: number
  /** By group and pane, as `key pane`. */
  readonly parts: Map<string, WindowPart>
}

function deltasOf(rules: readonly WindowRule[], rows = rowsOf([RECORD])): (Told | undefined)[] {
  const told: (Told | undefined)[] = rules.map(() => undefined)
  const set = new RuleSet(unpackRules(packRules('k', rules)))
  const bytes = set.deltas(rows, RECEIVED_AT_US)
  let current: Told | undefined
  if (bytes === null) return told
  readDeltas(bytes, {
    rule(number, late, leftOut) {
      current = { late, leftOut, parts: new Map() }
      told[number] = current
      return partKindOf(rules[number] ?? RULE)
    },
    part: (key, pane, part) => current?.parts.set(`${key} ${pane}`, part),
  })
  return told
}

/** What one rule was told of these records, in one text. */
function counts(rule: Partial<WindowRule>, records: readonly Partial<BatchRecord>[]): unknown {
  const [told] = deltasOf(
    [{ ...RULE, ...rule }],
    rowsOf(records.map(each => ({ ...RECORD, ...each }))),
  )
  return Object.fromEntries([...(told?.parts ?? [])].map(([key, { count }]) => [key, count]))
}

const PANE = RECEIVED_AT_US / SECOND_US

test('rows are placed by their time, those from the future by their receipt, late ones are counted', () => {
  const ages = [0, 0.5, 1, 9, 10, 11, 30, -5]
  const records = ages.map(ageS => ({ ...RECORD, timeUs: RECEIVED_AT_US - ageS * SECOND_US }))
  const [told] = deltasOf([RULE], rowsOf(records))
  const places = [...(told?.parts ?? [])].map(([key, { count }]) => [Number(key), count])
  assert.deepEqual(places, [
    [PANE, 2],
    [PANE - 1, 2],
    [PANE - 9, 1],
    [PANE - 10, 1],
  ])
  // Pane 11 seconds ago ended 10 seconds ago: the allowance has just passed.
  assert.equal(told?.late, 2)
})

test('panes of any rows are those of a naive count by group', () => {
  const record = fc.record({
    ageMs: fc.integer({ min: -2_000, max: 16_000 }),
    service: fc.constantFrom('a', 'b', ''),
    severity: fc.constantFrom(9, 17),
    user: fc.constantFrom('x', 7, null, true, 'x y'),
  })
  const by = fc.subarray(['service', 'level', 'user'])
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), by, (plain, fields) => {
      const rows = rowsOf(
        plain.map(({ ageMs, service, severity, user }) => ({
          ...RECORD,
          timeUs: RECEIVED_AT_US - ageMs * 1_000,
          service,
          severity,
          attributes: [['user', user]],
        })),
      )
      const wanted: Record<string, number> = {}
      for (const { ageMs, service, severity, user } of plain) {
        const pane = Math.floor(PANE - Math.max(0, ageMs) / 1_000)
        if (PANE - (pane + 1) >= 10) continue
        const values = { service: service || null, level: levelOfSeverity(severity), user }
        const key = fields.map(field => {
          const value = values[field as keyof typeof values]
          return value === null ? null : String(value)
        })
        const name = `${fields.length === 0 ? '' : JSON.stringify(key)} ${pane}`
        wanted[name] = (wanted[name] ?? 0) + 1
      }
      const [told] = deltasOf([{ ...RULE, by: fields }], rows)
      const found = [...(told?.parts ?? [])].map(([key, { count }]) => [key, count])
      assert.deepEqual(Object.fromEntries(found), wanted)
    }),
  )
})

test('groups beyond the cap are left out and counted', () => {
  const records = ['a', 'b', 'c', 'a', 'c'].map(service => ({ ...RECORD, service }))
  const [told] = deltasOf([{ ...RULE, by: ['service'], groupsMax: 2 }], rowsOf(records))
  assert.equal(told?.parts.size, 2)
  assert.equal(told?.leftOut, 2)
})

test('each aggregate is told what it needs', () => {
  const records = [
    { ...RECORD, severity: 17, attributes: [['ms', 5] as const, ['user', 'x'] as const] },
    { ...RECORD, attributes: [['ms', -2.5] as const, ['user', 'x'] as const] },
    { ...RECORD, attributes: [['ms', 'slow'] as const, ['user', 'y'] as const] },
  ]
  const [share, sum, users, high] = deltasOf(
    [
      { ...RULE, aggregate: { fn: 'ratio', part: 'level:error' } },
      { ...RULE, aggregate: { fn: 'sum', field: 'ms' } },
      { ...RULE, aggregate: { fn: 'distinct', field: 'user' } },
      { ...RULE, aggregate: { fn: 'p99', field: 'ms' }, query: 'level:error' },
    ],
    rowsOf(records),
  ).map(told => [...(told?.parts.values() ?? [])][0])
  assert.deepEqual([share?.count, share?.part], [3, 1])
  assert.deepEqual([sum?.count, sum?.sum, sum?.min, sum?.max], [2, 2.5, -2.5, 5])
  assert.equal(users?.distinct?.estimate(), 2)
  assert.equal(high?.quantile(0.99), 5)
})

test('what is no number counts nowhere: NaN, infinities, texts, nothing, another type', () => {
  const values = [4, Number.NaN, Number.POSITIVE_INFINITY, 'slow', true, null, 0]
  const records = values.map(value => ({ ...RECORD, attributes: [['ms', value] as const] }))
  const rules = (['sum', 'avg', 'min', 'max', 'p50'] as const).map(fn => {
    return { ...RULE, aggregate: { fn, field: 'ms' } }
  })
  for (const told of deltasOf(rules, rowsOf([...records, RECORD]))) {
    const part = [...(told?.parts.values() ?? [])][0]
    assert.equal(part?.count, 2)
    assert.deepEqual([part?.sum, part?.min, part?.max], [4, 0, 4])
  }
  const none = deltasOf(rules, rowsOf([{ ...RECORD, attributes: [['ms', Number.NaN]] }]))
  for (const told of none) assert.ok([...(told?.parts.values() ?? [])].every(p => p.count === 0))
})

test('of patterns each is a group', () => {
  const messages = ['took 5 ms', 'took 6 ms', 'no more room'].map(message => ({ message }))
  assert.deepEqual(counts({ aggregate: { fn: 'new_pattern' } }, messages), {
    [`${patternOfText('took 5 ms')} ${PANE}`]: 2,
    [`${patternOfText('no more room')} ${PANE}`]: 1,
  })
})

test('rules of metrics see points, those of logs do not, and none sees what rules said', () => {
  const point = { unit: '', intervalMs: 1_000, value: 0, count: 0, sum: 0, min: 0, max: 0 }
  const points: MetricPoint[] = [
    { ...point, type: 'counter', value: 3, buckets: new Map() },
    { ...point, type: 'gauge', value: 4, count: 2, sum: 6, min: 2, max: 4, buckets: new Map() },
    {
      ...point,
      type: 'histogram',
      count: 2,
      sum: 9,
      min: 1,
      max: 8,
      buckets: new Map([
        [0, 1],
        [48, 1],
      ]),
    },
  ]
  const rowsOfKind = (kind: number, records: readonly BatchRecord[]) => {
    const builder = new BatchBuilder({ sdkName: 't', sdkVersion: '1', kind })
    for (const record of records) assert.equal(builder.append(record), null)
    return openRows(envelopeOf(), openLogBatch(builder.seal()))
  }
  const rules: WindowRule[] = [
    RULE,
    { ...RULE, aggregate: { fn: 'rate', metric: 'm0' } },
    { ...RULE, aggregate: { fn: 'max', metric: 'm1' }, query: 'host:web-1' },
    { ...RULE, aggregate: { fn: 'p99', metric: 'm2' } },
  ]
  const records = points.map((each, n) => ({
    ...RECORD,
    message: `m${n}`,
    attributes: Object.entries(pointAttributes(each)),
  }))
  const said = rowsOfKind(ROW_KINDS.alert, records)
  assert.ok(deltasOf(rules, said).every(told => told === undefined))
  const [logs, ...metrics] = deltasOf(rules, rowsOfKind(ROW_KINDS.metric, records))
  assert.equal(logs, undefined)
  const [counter, gauge, histogram] = metrics.map(told => [...(told?.parts.values() ?? [])][0])
  assert.equal(counter?.sum, 3)
  assert.deepEqual([gauge?.count, gauge?.sum, gauge?.max], [2, 6, 4])
  assert.ok(Math.abs((histogram?.quantile(0.99) ?? 0) - 1) < 0.03)
})
