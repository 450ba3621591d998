import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteSink } from './byte-sink.ts'
import { SegmentCorruptError } from './corrupt.ts'
import {
  havePrefixes,
  type OrderedTexts,
  readPrefixTexts,
  writePrefixTexts,
} from './prefix-texts.ts'

/** The texts in a heap of another order, with room for a word behind it. */
function orderedTexts(texts: readonly string[]): OrderedTexts {
  const bytes = texts.map(text => Buffer.from(text))
  const heap = Buffer.concat([...bytes.toReversed(), Buffer.alloc(4)])
  const rows = Uint32Array.from(texts, (_, index) => texts.length - 1 - index)
  const lengths = bytes.toReversed().map(({ length }) => length)
  let end = 0
  const ends = Uint32Array.from(lengths, length => {
    end += length
    return end
  })
  const starts = ends.map((each, row) => each - (lengths[row] as number))
  const view = new DataView(heap.buffer, heap.byteOffset)
  return { heap, view, starts, ends, rows, count: texts.length }
}

function written(texts: readonly string[]): Uint8Array {
  const sink = new ByteSink(8)
  writePrefixTexts(sink, orderedTexts(texts))
  return sink.since(0)
}

function read(body: Uint8Array, count: number): string[] {
  const { heap, offsets } = readPrefixTexts(body, count, null)
  return Array.from({ length: count }, (_, text) =>
    Buffer.from(heap.subarray(offsets[text], offsets[text + 1])).toString('utf8'),
  )
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.nat(5_000).map(number => `/api/v1/orders/${number}`),
  fc.constantFrom('', 'a', 'ab', 'abc', 'abcdefgh', 'abcdefgi'),
)

test('any texts come back', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200, size: 'max' }), texts => {
      assert.deepEqual(read(written(texts), texts.length), texts)
    }),
    { numRuns: 300 },
  )
})

test('picked texts are those of the whole', () => {
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 100, size: 'max' }),
      fc.infiniteStream(fc.boolean()),
      (texts, isPicked) => {
        const picked = Uint32Array.from(texts.keys()).filter(() => isPicked.next().value)
        const { heap, offsets } = readPrefixTexts(written(texts), texts.length, picked)
        const found = Array.from(picked, (_, index) =>
          Buffer.from(heap.subarray(offsets[index], offsets[index + 1])).toString('utf8'),
        )
        assert.deepEqual(
          found,
          [...picked].map(index => texts[index]),
        )
      },
    ),
    { numRuns: 200 },
  )
})

test('what texts have in common is written once', () => {
  const texts = Array.from({ length: 3_201 }, (_, index) => `/api/v1/orders/${100_000 + index}`)
  const bytes = written(texts).length
  assert(bytes < texts.length * 6, `${bytes} bytes`)
})

test('short texts behind prefixes are for this form, sentences are not', () => {
  const several = (make: (index: number) => string): OrderedTexts =>
    orderedTexts(Array.from({ length: 2_000 }, (_, index) => make(index)))
  assert(havePrefixes(several(index => `user-${index * 7_919}`)))
  assert(!havePrefixes(several(index => `${index} requests were late, ${index} of them lost`)))
  assert(!havePrefixes(orderedTexts([])))
})

test('damaged texts are refused or give the right number of texts', () => {
  const whole = written(Array.from({ length: 200 }, (_, index) => `u${index * 31}`))
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
      const damaged = Uint8Array.from(whole.subarray(0, length))
      if (at < length) damaged[at] = byte
      try {
        assert.equal(readPrefixTexts(damaged, 200, null).offsets.length, 201)
      } catch (error) {
        assert(error instanceof SegmentCorruptError, String(error))
      }
    }),
    { numRuns: 1_000 },
  )
})
