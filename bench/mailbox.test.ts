import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchMailbox } from './mailbox.bench.ts'

test('every way of sending delivers every message', async () => {
  const measured = await benchMailbox(1_000)
  assert.deepEqual(
    measured.map(({ messages, checksum }) => [messages, checksum]),
    [
      [1_000, 499_500],
      [1_000, 499_500],
      [20, 190],
      [20, 190],
    ],
  )
})
