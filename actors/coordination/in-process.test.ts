import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { ExpiringCopies } from './expiring-copies.ts'
import { InProcessCoordination } from './in-process.ts'
import { coordinationSuite } from './testing/coordination-suite.ts'

coordinationSuite('in-process', async body => {
  const clock = new VirtualClock()
  const coordination = new InProcessCoordination(clock)
  const pass = async (ms: number): Promise<void> => clock.advance(ms)
  const expire = (_key: string, ttlMs: number): Promise<void> => pass(ttlMs)
  await body({ processes: [coordination, coordination], pass, bucket: 'p', expire })
  await coordination.close()
})

test('no more copies are held than fit: the oldest go first', () => {
  const copies = new ExpiringCopies(new VirtualClock())
  const mebibyte = new Uint8Array(2 ** 20)
  for (let n = 0; n < 9; n++) copies.set(`large-${n}`, mebibyte, 1_000)
  assert.equal(copies.get('large-0'), null)
  assert.equal(copies.get('large-8'), mebibyte)
  assert.equal(copies.size, 8)
  copies.clear()
  for (let n = 0; n < 10_001; n++) copies.set(`small-${n}`, new Uint8Array(), 1_000)
  assert.equal(copies.get('small-0'), null)
  assert.equal(copies.size, 10_000)
})
