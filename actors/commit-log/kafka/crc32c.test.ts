import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c } from './crc32c.ts'

const slow = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C/index.js') as (
  bytes: Buffer,
) => number

test('the check value of the standard', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
})

test('any bytes and any part of them give what a byte a step gives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(20), (bytes, from) => {
      const start = Math.min(from, bytes.length)
      assert.equal(crc32c(bytes, start), slow(Buffer.from(bytes.subarray(start))))
    }),
  )
})
