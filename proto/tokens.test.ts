import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  fold,
  foldCodePoint,
  forEachToken,
  hashToken,
  hashTokens,
  hashTokenText,
  isLongToken,
  tokenize,
} from './tokens.ts'

const encoder = new TextEncoder()

/** Without lone surrogates, which bytes cannot have. */
function wellFormed(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoder.encode(text))
}

/** Tokens of bytes, cut out of them. */
function byteTokens(text: string): string[] {
  const bytes = encoder.encode(`..${text}..`)
  const tokens: string[] = []
  forEachToken(bytes, 2, bytes.length - 2, (start, end) => {
    tokens.push(new TextDecoder().decode(bytes.subarray(start, end)))
  })
  return tokens
}

function byteHashes(text: string): number[] {
  const bytes = encoder.encode(`ab${text}cd`)
  const hashes = new Uint32Array(bytes.length + 3)
  const end = hashTokens(bytes, 2, bytes.length - 2, hashes, 3)
  return [...hashes.subarray(3, end)]
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      'B',
      'İ',
      'Σ',
      '_',
      ' ',
      '-',
      '漢',
      'か',
      'ー',
      'ก',
      'ำ',
      'ឋ',
      '\u0301',
      '𝔄',
      '७',
    ),
    maxLength: 20,
  }),
)

test('tokens are runs of letters, numbers, marks and underscores, folded', () => {
  const payment = 'payment completed order_45231 5 2ms'
  assert.deepEqual(tokenize('Payment completed: order_45231 (5.2ms)'), payment.split(' '))
  const path = 'get api v1 über straße x é1'
  assert.deepEqual(tokenize('GET /api/v1/ÜBER-Straße?x=é1'), path.split(' '))
  assert.deepEqual(tokenize(''), [])
  assert.deepEqual(tokenize(' -- '), [])
})

test('Han, Kana, Thai and Khmer have one token per character', () => {
  assert.deepEqual(tokenize('支払いOK ラーメン'), '支 払 い ok ラ ー メ ン'.split(' '))
  assert.deepEqual(tokenize('กำx'), ['ก', 'ำ', 'x'])
  assert.deepEqual(tokenize('ឋា'), ['ឋ', 'ា'])
  assert.deepEqual(tokenize('한국어'), ['한국어'])
})

test('folding is simple lower case: one code point becomes one', () => {
  assert.equal(foldCodePoint(0x130), 0x69)
  assert.equal(fold('ΟΔΟΣ'), 'οδοσ')
  assert.equal(fold('ẞ'), 'ß')
  assert.equal(fold('Kelvin K'), 'kelvin k')
  fc.assert(
    fc.property(anyText, text => {
      assert.equal(Array.from(fold(text)).length, Array.from(text).length)
      assert.equal(fold(fold(text)), fold(text))
    }),
  )
})

test('bytes have the tokens that their text has', () => {
  fc.assert(
    fc.property(anyText, text => {
      const clean = wellFormed(text)
      assert.deepEqual(byteTokens(clean).map(fold), tokenize(clean))
    }),
    { numRuns: 1_000 },
  )
})

test('a token has one hash, whichever way it is made', () => {
  fc.assert(
    fc.property(anyText, text => {
      const clean = wellFormed(text)
      const expected = tokenize(clean).map(hashTokenText)
      assert.deepEqual(byteHashes(clean), expected)
      const each = byteTokens(clean).map(token => {
        const bytes = encoder.encode(token)
        return hashToken(bytes, 0, bytes.length)
      })
      assert.deepEqual(each, expected)
    }),
    { numRuns: 1_000 },
  )
  assert.equal(hashTokenText('timeout'), hashTokenText('TimeOut'))
  assert.notEqual(hashTokenText('timeout'), hashTokenText('timeouts'))
})

test('hashes are spread over 30 bits, and the last tells tokens with a digit', () => {
  const tops = new Set<number>()
  const lows = new Set<number>()
  for (let i = 0; i < 4_000; i++) {
    tops.add(hashTokenText(`order_${i}`) >>> 22)
    lows.add((hashTokenText(`order_${i}`) >>> 2) & 1023)
    assert.equal(hashTokenText(`order_${i}`) & 1, 1)
  }
  assert.ok(tops.size > 980 && lows.size > 980, `${tops.size} ${lows.size}`)
  assert.equal(hashTokenText('order_x') & 1, 0)
})

test('the bit before it tells tokens of 32 code points or more, in every way to hash', () => {
  for (const letter of ['a', 'ß', '\u212a', '𝒳']) {
    for (const length of [1, 31, 32, 33, 100]) {
      const token = letter.repeat(length)
      const text = encoder.encode(`x ${token}`)
      const alone = encoder.encode(token)
      const hash = hashTokenText(token)
      assert.equal(isLongToken(hash), length >= 32, `${length} of ${letter}`)
      assert.equal(hashToken(alone, 0, alone.length), hash)
      for (const end of ['', ' ', '.y']) {
        const bytes = Buffer.concat([text, encoder.encode(end)])
        const hashes = new Uint32Array(3)
        hashTokens(bytes, 0, bytes.length, hashes, 0)
        assert.equal(hashes[1], hash)
        assert.ok(!isLongToken(hashes[0] as number) && !isLongToken(hashes[2] as number))
      }
    }
  }
})

test('hashes that find no room are left out', () => {
  const bytes = encoder.encode('a b c')
  const hashes = new Uint32Array(2)
  assert.equal(hashTokens(bytes, 0, bytes.length, hashes, 0), 2)
})

test('damaged UTF-8 ends where the bytes end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), bytes => {
      forEachToken(bytes, 0, bytes.length, (start, end) => {
        assert.ok(start < end && end <= bytes.length)
      })
      hashTokens(bytes, 0, bytes.length, new Uint32Array(40), 0)
    }),
    { numRuns: 1_000 },
  )
})
