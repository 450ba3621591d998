import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProjectSettings } from '#proto/api.ts'
import { changesOf, theirChange, untouched } from './settings-model.ts'

const read: ProjectSettings = {
  name: 'shop',
  retention_days: 30,
  records_per_second: 0,
  bytes_per_second: 0,
  time_zone: 'UTC',
}
const draft = { name: ' shop ', retention_days: '30', time_zone: 'UTC' }

test('only what differs is sent', () => {
  assert.deepEqual(changesOf(read, draft), {})
  assert.deepEqual(changesOf(read, { ...draft, retention_days: '7' }), { retention_days: 7 })
})

test("another's change is told where ours would replace it, and nowhere else", () => {
  const now = { ...read, name: 'store', retention_days: 90 }
  assert.equal(theirChange(read, now, { time_zone: 'Europe/Berlin' }), null)
  assert.equal(theirChange(read, now, { name: 'store' }), null)
  assert.equal(theirChange(read, now, { retention_days: 7 }), 'the retention is now 90')
  assert.equal(theirChange(read, read, { retention_days: 7 }), null)
  assert.deepEqual(untouched(draft, { retention_days: 7 }), { name: ' shop ', time_zone: 'UTC' })
})
