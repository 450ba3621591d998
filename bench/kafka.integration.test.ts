import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchKafka } from './kafka.bench.ts'

const brokers = process.env['KAFKA_BROKERS']?.split(',')
const skip = brokers === undefined ? 'KAFKA_BROKERS is not set' : false

test('every row is appended, and read where that is measured', { skip }, async () => {
  const measured = await benchKafka(brokers ?? [], 20_000)
  assert.deepEqual(
    measured.map(({ name }) => name),
    ['append alone', 'append and consume'],
  )
  for (const { rows, rowsPerSecond, p50Ms } of measured) {
    assert.ok(rows >= 20_000 && rowsPerSecond > 0 && p50Ms > 0)
  }
})
