import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TextColumn } from '#proto/columns.ts'
import { hashTokens, outline } from '#proto/tokens.ts'
import { KnownOutlines } from './known-outlines.ts'
import { signMessages } from './signature.ts'
import { LOOK_ALIKES } from './testing/look-alikes.ts'

const hashes = new Uint32Array(0)

function columnOf(messages: readonly string[]): TextColumn {
  const texts = messages.map(message => Buffer.from(message))
  const offsets = new Uint32Array(messages.length + 1)
  for (const [index, text] of texts.entries()) {
    offsets[index + 1] = (offsets[index] as number) + text.length
  }
  return { heap: Buffer.concat(texts), offsets, indexes: 'each' }
}

function outlinesOf({ heap, offsets }: TextColumn): Int32Array {
  const outlines = new Int32Array(2 * (offsets.length - 1))
  for (let row = 0; row < outlines.length / 2; row++) {
    hashTokens(heap, offsets[row] as number, offsets[row + 1] as number, hashes, 0)
    outlines.set(outline, 2 * row)
  }
  return outlines
}

/** Signs twice with one memory: what the first time came to know, and then what it knows. */
function assertSame(messages: readonly string[]): void {
  const column = columnOf(messages)
  const known = new KnownOutlines()
  const outlines = outlinesOf(column)
  const expected = signMessages(column, messages.length)
  for (const _ of ['unknown', 'known']) {
    assert.deepEqual(known.sign(column, messages.length, outlines), expected)
  }
}

const MARKS = Array.from(' \t=:"\'[](){},;.-_/\\@+%<>|')
const word = fc.constantFrom('a', 'user', 'User', 'for', 'ms', 'Jan', 'log', 'bad', 'of', 'x_y')
const mark = fc.constantFrom(...MARKS, ' ', ' ', ' ', '. ', ': ', '::')
const digits = fc.constantFrom('7', '42', '0017', '5', '123456')
const mixed = fc.constantFrom('7a', 'a7', 'u17', '3f9', 'ab12cd', 'X1', '1_0', 'beef0')

/** A message as its pieces; a piece with a digit stands for any of its kind. */
const wording = fc.array(
  fc.oneof(
    { arbitrary: word, weight: 3 },
    { arbitrary: mark, weight: 4 },
    fc.constant(digits),
    fc.constant(mixed),
  ),
  { maxLength: 24 },
)
const alike = wording.chain(pieces =>
  fc.array(
    fc.tuple(...pieces.map(piece => (typeof piece === 'string' ? fc.constant(piece) : piece))),
    { minLength: 2, maxLength: 6 },
  ),
)

test('a message gets the pattern that a scan gives it, whatever was signed before', () => {
  fc.assert(
    fc.property(fc.array(alike, { minLength: 1, maxLength: 4 }), groups => {
      assertSame(groups.flat().map(pieces => pieces.join('')))
    }),
    { numRuns: 3_000 },
  )
})

test('any ASCII text gets the pattern that a scan gives it', () => {
  const texts = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 30 }), { maxLength: 30 })
  fc.assert(fc.property(texts, assertSame), { numRuns: 500 })
})

test('messages beyond ASCII, quoted names and far brackets are scanned', () => {
  assertSame(['größer als 5', 'größer als 7 Äpfel', 'grosser als 5'])
  assertSame(['"a1": 5', '"a2": 5', '5 "a1"', "it's 5", "it's a5", 'don’t 5'])
  const far = (width: number): string => `INFO [${'1'.repeat(width)} x] a`
  assertSame([far(3), far(300), far(240), far(256)])
  assertSame(['', ' ', 'a'.repeat(5_000), '1'.repeat(5_000)])
})

test('lines of many programs', () => {
  assertSame(Object.values(LOOK_ALIKES).flat(2))
})

test('messages of one wording share an outline, others do not', () => {
  const messages = ['order 17 placed in 3 ms', 'order 4711 placed in 29 ms']
  const others = ['Order 17 placed in 3 ms', 'order x7 placed in 3 ms', 'order 17 placed in 3  ms']
  const [first, second, ...rest] = chunk(outlinesOf(columnOf([...messages, ...others])))
  assert.deepEqual(first, second)
  assert.equal(new Set([first, ...rest].map(String)).size, 4)
})

function chunk(pairs: Int32Array): readonly (readonly number[])[] {
  return Array.from({ length: pairs.length / 2 }, (_, row) =>
    Array.from(pairs.slice(2 * row, 2 * row + 2)),
  )
}
