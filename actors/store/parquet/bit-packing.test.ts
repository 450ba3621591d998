import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bitWidth,
  packBits,
  pickHybrid,
  readHybrid,
  unpackBits,
  writeHybrid,
} from './bit-packing.ts'
import { ByteSink } from './byte-sink.ts'
import { SegmentCorruptError } from './corrupt.ts'

/** Runs of all lengths among single values. */
const runs = fc.array(
  fc.tuple(fc.nat(), fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 90 }))),
  {
    maxLength: 40,
  },
)

function read(bytes: Uint8Array, width: number, count: number): Uint32Array {
  return readHybrid(bytes, { start: 0, end: bytes.length, width, count, limit: 2 ** 24 })
}

test('runs and packed values come back', () => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 24 }), (lengths, width) => {
      const values = Uint32Array.from(
        lengths.flatMap(([value, length]) => Array.from({ length }, () => value % 2 ** width)),
      )
      const sink = new ByteSink(8)
      writeHybrid(sink, values, 0, values.length, width)
      assert.deepEqual(read(sink.since(0), width, values.length), values)
    }),
  )
})

test('picked values are those of the whole', () => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 24 }), fc.nat(9), (lengths, width, step) => {
      const values = Uint32Array.from(
        lengths.flatMap(([value, length]) => Array.from({ length }, () => value % 2 ** width)),
      )
      const sink = new ByteSink(8)
      writeHybrid(sink, values, 0, values.length, width)
      const picked = Uint32Array.from(values.keys()).filter(index => index % (step + 1) === 0)
      const range = { start: 0, end: sink.at, width, count: values.length, limit: 2 ** 24 }
      assert.deepEqual(
        pickHybrid(sink.since(0), range, picked),
        picked.map(index => values[index] as number),
      )
    }),
  )
})

test('a long run takes a few bytes', () => {
  const sink = new ByteSink(8)
  writeHybrid(sink, new Uint8Array(32_768).fill(1), 0, 32_768, 1)
  assert.equal(sink.at, 4)
})

test('bits are packed without gaps, the least significant first', () => {
  const sink = new ByteSink(8)
  packBits(sink, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0), 0, 8, 3)
  assert.deepEqual([...sink.since(0)], [0b11_010_001, 0b0_101_100_0, 0b000_111_11])
  const values = new Uint32Array(8)
  unpackBits(sink.bytes, 0, values, 0, 8, 3)
  assert.deepEqual([...values], [1, 2, 3, 4, 5, 6, 7, 0])
})

test('single bits are packed like all others, whatever their number', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1), { maxLength: 40 }), fc.nat(8), (bits, start) => {
      const sink = new ByteSink(8)
      const values = Uint8Array.from([...Array.from({ length: start }, () => 1), ...bits])
      packBits(sink, values, start, values.length, 1)
      const text = [...sink.since(0)].map(byte => byte.toString(2).padStart(8, '0')).reverse()
      const expected = bits.toReversed().join('')
      assert.equal(text.join(''), expected.padStart(sink.at * 8, '0'))
      assert.equal(sink.at, (bits.length + 7) >> 3)
    }),
  )
})

test('the width of a number is that of its highest bit', () => {
  const widths = [0, 1, 2, 255, 256, 2 ** 31, 2 ** 32, 2 ** 52].map(bitWidth)
  assert.deepEqual(widths, [0, 1, 2, 8, 9, 32, 33, 53])
})

test('damaged runs are refused or give the right number of values', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(200),
      fc.nat(24),
      (bytes, count, width) => {
        try {
          assert.equal(read(bytes, width, count).length, count)
        } catch (error) {
          assert(error instanceof SegmentCorruptError)
        }
      },
    ),
    { numRuns: 1_000 },
  )
})
