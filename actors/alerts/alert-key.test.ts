import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ALERT_KEY_BYTES_MAX, alertKey } from './alert-key.ts'

const keyOf = (...values: readonly (string | null)[]): string => JSON.stringify(values)

test('values that are too long are their beginning and a hash', () => {
  const long = 'x'.repeat(3_000)
  const [value, other] = JSON.parse(alertKey(keyOf(long, 'web-1'))) as string[]
  assert.match(value ?? '', /^x{64}… sha256 [\w-]{43}$/)
  assert.equal(other, 'web-1')
  const [parted] = JSON.parse(alertKey(keyOf(`a${'😀'.repeat(2_000)}`))) as string[]
  assert.match(parted ?? '', /^a😀{31}… sha256 /u)
})

test('keys fit an index, and are as different as before', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .tuple(
        fc.constantFrom('a', '\u0001', 'ä', '😀', '"', '\ud800'),
        fc.integer({ min: 0, max: 8_191 }),
      )
      .map(([char, count]) => char.repeat(count)),
  )
  const values = fc.array(fc.option(text), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(values, values, (some, others) => {
      const [key, other] = [keyOf(...some), keyOf(...others)]
      const short = alertKey(key)
      assert.ok(Buffer.byteLength(short) <= ALERT_KEY_BYTES_MAX)
      assert.equal(alertKey(short), short)
      if (Buffer.byteLength(key) <= ALERT_KEY_BYTES_MAX) assert.equal(short, key)
      assert.equal((JSON.parse(short) as unknown[]).length, some.length)
      assert.equal(short === alertKey(other), key === other)
    }),
  )
})
