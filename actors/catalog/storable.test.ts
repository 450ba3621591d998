import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { storableJson, storableText } from './storable.ts'

test('what SQL cannot keep becomes a sign in its place', () => {
  assert.equal(storableText('a\0b\u0001'), 'a\ufffdb\u0001')
  const odd = { 'k\0': ['\ud800', 'x\udfffy'], deep: { emoji: '😀', escape: '\\u0000', tab: '\t' } }
  assert.deepEqual(JSON.parse(storableJson(odd)), {
    'k\ufffd': ['\ufffd', 'x\ufffdy'],
    deep: { emoji: '😀', escape: '\\u0000', tab: '\t' },
  })
})

test('all else is kept as it is', () => {
  const units = fc.oneof(
    fc.constantFrom('\0', '\\', 'u', '0000', 'd800', '\ud800', '\udc00', '"', '\n', 'ä'),
    fc.string({ unit: 'binary' }),
  )
  const texts = fc.array(units).map(parts => parts.join(''))
  fc.assert(
    fc.property(texts, text => {
      const expected = text.replace(/\0|\p{Surrogate}/gu, '\ufffd')
      assert.equal(JSON.parse(storableJson(text)), expected)
      assert.deepEqual(JSON.parse(storableJson({ [text]: [text] })), { [expected]: [expected] })
    }),
  )
})
