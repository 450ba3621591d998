import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteText } from './byte-text.ts'

test('sizes are told in the unit that needs few digits', () => {
  assert.deepEqual(
    [0, 512, 1024, 1536, 20 * 1024, 20 * 1024 ** 2, 3 * 1024 ** 4, 5000 * 1024 ** 4].map(byteText),
    ['0 B', '512 B', '1 KiB', '1.5 KiB', '20 KiB', '20 MiB', '3 TiB', '5000 TiB'],
  )
})
