import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { openRows } from '#actors/processing/rows.ts'
import type { AggregateRequest } from '#proto/api.ts'
import type { RowColumns } from '#proto/columns.ts'
import { openProven } from '#proto/log-batch.ts'
import { AGGREGATE_KEYS_MAX, aggregateGroups, quantile } from './aggregate.ts'
import type { AttributeValue, PlainLog } from './testing/random-logs.ts'
import { encodeLogs, envelopeOf } from './testing/test-log.ts'
import { ValueCollector, type ValueGroups, valuesWanted } from './values.ts'

describe('aggregates', () => {
  test('a quantile stands between its neighbours in proportion', () => {
    assert.equal(quantile(Float64Array.of(1, 2, 3, 4), 0.5), 2.5)
    assert.equal(quantile(Float64Array.of(4, 1), 0.95), 3.8499999999999996)
    assert.equal(quantile(Float64Array.of(7), 0.99), 7)
    const values = fc.array(fc.integer(), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (numbers, q) => {
        const sorted = [...numbers].sort((a, b) => a - b)
        const place = (sorted.length - 1) * q
        const low = sorted[Math.floor(place)] as number
        const high = sorted[Math.ceil(place)] as number
        const expected = low + (high - low) * (place - Math.floor(place))
        assert.ok(Math.abs(quantile(Float64Array.from(numbers), q) - expected) < 1e-3)
      }),
    )
  })

  test('take whole and broken numbers of a key together, and nothing else', () => {
    const values = [1, 2.5, '3', true, null, [4], 9_007_199_254_740_991]
    const rows = rowsOf(values.map(value => ({ n: value as AttributeValue })))
    const answer = (fn: AggregateRequest['fn']) => aggregateOf({ fn, field: 'n' }, [rows])
    assert.deepEqual(answer('max'), [{ key: '', value: 9_007_199_254_740_991 }])
    assert.deepEqual(answer('min'), [{ key: '', value: 1 }])
    assert.deepEqual(answer('p50'), [{ key: '', value: 2.5 }])
  })

  test('leave out rows without the field to group by, and groups without a number', () => {
    const rows = rowsOf([
      { n: 1, by: 'a' },
      { n: 2 },
      { by: 'b' },
      { n: 3, by: 'a' },
      { n: 9, by: 7 },
      { n: 8, by: false },
    ])
    assert.deepEqual(aggregateOf({ fn: 'avg', field: 'n', by: 'by' }, [rows]), [
      { key: '7', value: 9 },
      { key: 'false', value: 8 },
      { key: 'a', value: 2 },
    ])
    assert.deepEqual(aggregateOf({ fn: 'count', by: 'by' }, [rows]), [
      { key: 'a', value: 2 },
      { key: '7', value: 1 },
      { key: 'b', value: 1 },
      { key: 'false', value: 1 },
    ])
  })

  test('without a group there is one answer, even from nothing', () => {
    assert.deepEqual(aggregateOf({ fn: 'p95', field: 'n' }, []), [{ key: '', value: null }])
    assert.deepEqual(aggregateOf({ fn: 'p95', field: 'n', by: 'service' }, []), [])
    assert.deepEqual(aggregateOf({ fn: 'count' }, []), [{ key: '', value: 0 }])
  })

  test('of parts are those of the whole', () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ n: (i * 7919) % 1_000, by: `k${i % 3}` }))
    const whole = [rowsOf(rows)]
    const parts = [rowsOf(rows.slice(0, 9)), rowsOf(rows.slice(9, 400)), rowsOf(rows.slice(400))]
    for (const fn of ['p50', 'p99', 'min', 'max', 'avg', 'count'] as const) {
      const request = { fn, field: 'n', by: 'by' }
      assert.deepEqual(aggregateOf(request, parts), aggregateOf(request, whole))
    }
  })

  test('tell the largest of very many groups', () => {
    const rows = rowsOf(Array.from({ length: 1_500 }, (_, i) => ({ n: i, by: `k${i}` })))
    const answers = aggregateOf({ fn: 'max', field: 'n', by: 'by' }, [rows])
    assert.equal(answers.length, AGGREGATE_KEYS_MAX)
    assert.deepEqual(answers[0], { key: 'k1499', value: 1_499 })
  })
})

function aggregateOf(
  request: AggregateRequest,
  parts: readonly RowColumns[],
): ReturnType<typeof aggregateGroups> {
  const groups = parts.map((rows): ValueGroups => {
    const collector = new ValueCollector(valuesWanted(request))
    collector.add(
      rows,
      Uint32Array.from({ length: rows.count }, (_, i) => i),
    )
    return collector.groups()
  })
  return aggregateGroups(request, groups)
}

function rowsOf(attributes: readonly Readonly<Record<string, AttributeValue>>[]): RowColumns {
  const logs = attributes.map(
    (each): PlainLog => ({
      timeUs: 1_000,
      subNs: 0,
      severity: 9,
      severityText: '',
      service: 's',
      host: '',
      file: '',
      message: '',
      traceId: '',
      spanId: '',
      attributes: Object.entries(each),
    }),
  )
  const source = { projectId: 'p', producer: 1n, epoch: 0, sequence: 1, receivedAtUs: 2_000 }
  return openRows(envelopeOf(source, logs), openProven(encodeLogs(logs)))
}
