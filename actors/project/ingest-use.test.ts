import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { IngestUse } from './ingest-use.ts'

async function pass(clock: VirtualClock, ms: number): Promise<void> {
  clock.advance(ms)
  await Promise.resolve()
  await Promise.resolve()
}

test('use is the average of the last minute, of all gateways, by project and by key', async () => {
  const clock = new VirtualClock()
  const coordination = new InProcessCoordination(clock)
  const [one, other] = [new IngestUse(coordination, clock), new IngestUse(coordination, clock)]
  for (let second = 0; second < 120; second++) {
    one.took('p', 'a', { records: 100, bytes: 5_000 })
    other.took('p', 'b', { records: 20, bytes: 1_000 })
    other.refused('p', 'b', { records: 3, bytes: 1 })
    await pass(clock, 1_000)
  }
  for (const use of [one, other]) {
    assert.deepEqual(use.of('p'), {
      records_per_second: 120,
      bytes_per_second: 6_000,
      refused_records: 360,
    })
    assert.equal(use.of('a').records_per_second, 100)
    assert.equal(use.of('b').refused_records, 360)
  }
  await pass(clock, 30_000)
  assert.equal(one.of('p').records_per_second, 60)
  await pass(clock, 31_000)
  assert.deepEqual([one.of('p').records_per_second, one.of('p').refused_records], [0, 360])
  await pass(clock, 3_600_000)
  assert.equal(one.of('p').refused_records, 0)
  assert.equal(one.of('nobody').records_per_second, 0)
  one.close()
  other.close()
})

test('a hint that is none is passed over', async () => {
  const clock = new VirtualClock()
  const coordination = new InProcessCoordination(clock)
  const use = new IngestUse(coordination, clock)
  for (const text of ['', 'x', '{}', '[1]', '[["p","a","many",0,0]]', '[["p","a",-5,0,0]]']) {
    coordination.publish('use', Buffer.from(text))
  }
  await pass(clock, 0)
  assert.equal(use.of('p').records_per_second, 0)
  use.close()
})
