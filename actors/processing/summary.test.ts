import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LEVELS, levelOfSeverity } from '#proto/api.ts'
import { type BatchSummary, summarize } from './summary.ts'
import { takeRows } from './take-rows.ts'
import { RECEIVED_AT_US, recordArbitrary, rowsOf } from './testing/plain-records.ts'

const MINUTE_US = 60_000_000

function plainCells(summary: BatchSummary): [string, number][] {
  return Array.from(summary.counts, (count, i) => {
    const level = LEVELS[summary.levels[i] as number]
    const service = summary.services[summary.serviceOf[i] as number]
    return [`${summary.minutes[i]} ${level} ${service}`, count]
  })
}

test('counts every row in its minute, level and service, dense or spread over years', () => {
  const times = fc.oneof(
    fc.integer({ min: RECEIVED_AT_US - 5 * MINUTE_US, max: RECEIVED_AT_US }),
    fc.integer({ min: 0, max: RECEIVED_AT_US }),
  )
  const records = fc
    .tuple(recordArbitrary, times)
    .map(([record, timeUs]) => ({ ...record, timeUs }))
  fc.assert(
    fc.property(fc.array(records, { minLength: 1, maxLength: 40 }), plain => {
      const expected = new Map<string, number>()
      for (const { timeUs, severity, service } of plain) {
        const minute = Math.floor(timeUs / MINUTE_US)
        const cell = `${minute} ${levelOfSeverity(severity)} ${service}`
        expected.set(cell, (expected.get(cell) ?? 0) + 1)
      }
      const summary = summarize(rowsOf(plain), 123)
      assert.deepEqual(new Map(plainCells(summary)), expected)
      assert.equal(plainCells(summary).length, expected.size)
      assert.equal(summary.rows, plain.length)
      assert.equal(summary.bytes, 123)
      const all = plain.map(({ timeUs }) => timeUs)
      assert.equal(summary.timeMinUs, Math.min(...all))
      assert.equal(summary.timeMaxUs, Math.max(...all))
    }),
  )
})

test('cells come in order of minute, level and service', () => {
  fc.assert(
    fc.property(fc.array(recordArbitrary, { minLength: 1, maxLength: 40 }), plain => {
      const { minutes, levels, serviceOf } = summarize(rowsOf(plain), 0)
      const cells = Array.from(
        minutes,
        (minute, i) => [minute, levels[i], serviceOf[i]] as number[],
      )
      const sorted = cells.toSorted((a, b) => {
        const differing = a.findIndex((part, i) => part !== b[i])
        return (a[differing] ?? 0) - (b[differing] ?? 0)
      })
      assert.deepEqual(cells, sorted)
    }),
  )
})

test('services that no row has are not named', () => {
  const record = { timeUs: 1, severity: 9, host: '', file: '', message: '', attributes: [] }
  const rows = rowsOf([
    { ...record, service: 'a' },
    { ...record, service: 'b' },
  ])
  const { services, counts } = summarize(takeRows(rows, Uint32Array.of(1)), 0)
  assert.deepEqual(services, ['b'])
  assert.deepEqual([...counts], [1])
})

test('no rows make an empty summary', () => {
  const record = {
    timeUs: 1,
    severity: 9,
    service: '',
    host: '',
    file: '',
    message: '',
    attributes: [],
  }
  const summary = summarize(takeRows(rowsOf([record]), new Uint32Array(0)), 9)
  assert.equal(summary.rows, 0)
  assert.equal(summary.counts.length, 0)
  assert.ok(summary.timeMinUs > summary.timeMaxUs)
})
