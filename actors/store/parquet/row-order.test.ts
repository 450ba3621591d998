import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type OrderKeys, orderRows } from './row-order.ts'

const row = fc.record({
  level: fc.nat(5),
  fine: fc.integer({ min: -3, max: 3 }),
  service: fc.nat(2),
  timeUs: fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 51 - 1 })),
  timeSubNs: fc.nat(2),
  producer: fc.nat(2),
  seq: fc.nat(2),
})

type Row = typeof row extends fc.Arbitrary<infer Value> ? Value : never

function keysOf(rows: readonly Row[]): OrderKeys {
  const pairs = (pick: (row: Row) => number): Int32Array =>
    Int32Array.from(rows.flatMap(value => [pick(value), 0]))
  return {
    rowCount: rows.length,
    levels: Uint8Array.from(rows, value => value.level),
    shapes: {
      coarse: Int32Array.from(rows, value => Math.sign(value.fine)),
      fine: Int32Array.from(rows, value => value.fine),
    },
    services: Uint32Array.from(rows, value => value.service),
    timeUs: Float64Array.from(rows, value => value.timeUs),
    timeSubNs: Uint16Array.from(rows, value => value.timeSubNs),
    producer: pairs(value => value.producer),
    seq: pairs(value => value.seq),
    row: Uint16Array.from(rows, (_, index) => index),
  }
}

/** The same order, slowly. */
function expectedOrder(rows: readonly Row[]): number[] {
  return rows
    .map((_, index) => index)
    .sort((a, b) => {
      const [x, y] = [rows[a] as Row, rows[b] as Row]
      return (
        x.level - y.level ||
        Math.sign(x.fine) - Math.sign(y.fine) ||
        x.service - y.service ||
        x.fine - y.fine ||
        x.timeUs - y.timeUs ||
        x.timeSubNs - y.timeSubNs ||
        x.producer - y.producer ||
        x.seq - y.seq ||
        a - b
      )
    })
}

test('rows are ordered by level, shape, service and time, then by identity', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), fc.boolean(), (some, many) => {
      // Many rows leave room for clusters by the fine shape.
      const rows = many ? Array.from({ length: 80 }, () => some).flat() : some
      const order = [...orderRows(keysOf(rows))]
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        rows.map((_, index) => index),
      )
      if (
        new Set(rows.map(({ level, fine, service }) => `${level} ${fine} ${service}`)).size <= 16
      ) {
        assert.deepEqual(order, expectedOrder(rows))
      }
    }),
    { numRuns: 300 },
  )
})

test('too many shapes fall back to fewer, larger clusters', () => {
  const rows = Array.from({ length: 4_000 }, (_, index) => ({
    level: 2,
    fine: index + 1,
    service: 0,
    timeUs: 1_000_000 - index,
    timeSubNs: 0,
    producer: 0,
    seq: 0,
  }))
  // All have one first word, so only time decides.
  assert.deepEqual(
    [...orderRows(keysOf(rows))],
    rows.map((_, index) => 3_999 - index),
  )
})
