import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteSink } from './byte-sink.ts'
import { SegmentCorruptError } from './corrupt.ts'
import { DELTA_SPAN_MAX, readDeltas, writeDeltas } from './delta.ts'

const HALF = DELTA_SPAN_MAX / 2 - 1
const number = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: -HALF, max: HALF }),
  fc.constantFrom(0, HALF, -HALF, 2 ** 31, 2 ** 32 + 1),
)

function roundTrip(values: Float64Array): { readonly back: Float64Array; readonly bytes: number } {
  const sink = new ByteSink(8)
  writeDeltas(sink, values, 0, values.length)
  return { back: readDeltas(sink.bytes, 0, sink.at, values.length), bytes: sink.at }
}

test('any whole numbers within the range come back', () => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 300 }), fc.boolean(), (numbers, isTime) => {
      const values = Float64Array.from(numbers, value => (isTime ? value + HALF : value))
      assert.deepEqual(roundTrip(values).back, values)
    }),
    { numRuns: 500 },
  )
})

test('numbers at equal distances cost a byte or two per block', () => {
  const values = Float64Array.from({ length: 12_801 }, (_, index) => index * 1_000_000)
  const { back, bytes } = roundTrip(values)
  assert.deepEqual(back, values)
  assert(bytes < 100 * 10, `${bytes} bytes`)
})

test('damaged deltas are refused or give the right number of values', () => {
  const sink = new ByteSink(8)
  writeDeltas(
    sink,
    Float64Array.from({ length: 200 }, (_, index) => index * index),
    0,
    200,
  )
  const whole = sink.since(0)
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
      const damaged = Uint8Array.from(whole.subarray(0, length))
      if (at < length) damaged[at] = byte
      try {
        assert.equal(readDeltas(damaged, 0, length, 200).length, 200)
      } catch (error) {
        assert(error instanceof SegmentCorruptError)
      }
    }),
    { numRuns: 1_000 },
  )
})
