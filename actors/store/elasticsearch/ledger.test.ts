import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { Ledger } from './ledger.ts'

describe('ledger', () => {
  test('written moves only as far as there is no gap, in each partition', () => {
    const { ledger, receive } = rig()
    const [a, b, c] = [receive(0, 10), receive(0, 20), receive(0, 30)]
    const other = receive(3, 5)
    ledger.settle(b)
    assert.ok(ledger.written().equals(Positions.NONE))
    ledger.settle(a)
    assert.deepEqual(ledger.written().pairs(), [[0, 20]])
    ledger.settle(other)
    ledger.settle(c)
    assert.deepEqual(ledger.written().pairs(), [
      [0, 30],
      [3, 5],
    ])
  })

  test('memory is held until an entry is settled, and released once', () => {
    const { ledger, receive, held } = rig()
    const open = receive(0, 10)
    assert.equal(held(), 1)
    assert.equal(ledger.bytes, 100)
    ledger.settle(open)
    ledger.settle(open)
    assert.equal(held(), 0)
    assert.equal(ledger.bytes, 0)
  })

  test('an entry that was received before is not taken again', () => {
    const { ledger, entry } = rig(Positions.at(20))
    assert.equal(ledger.receive(entry(0, 20)), null)
    assert.notEqual(ledger.receive(entry(0, 30)), null)
    assert.equal(ledger.receive(entry(0, 30)), null)
  })

  test('a partition that goes takes its entries with it; one that comes begins where it says', () => {
    const { ledger, receive, held } = rig()
    const [gone, kept] = [receive(0, 10), receive(1, 10)]
    ledger.forget(0)
    assert.ok(gone.isSettled)
    assert.equal(held(), 1)
    ledger.settle(gone)
    ledger.settle(kept)
    assert.deepEqual(ledger.written().pairs(), [[1, 10]])
    ledger.restart(0, 50)
    assert.equal(ledger.written().at(0), 50)
    const stale = receive(0, 60)
    ledger.restart(0, 50)
    const again = receive(0, 60)
    ledger.settle(stale)
    assert.equal(ledger.written().at(0), 50, 'what was delivered before is void')
    ledger.settle(again)
    assert.equal(ledger.written().at(0), 60)
  })

  test('whoever waits for room goes on once there is some', async () => {
    const { ledger, receive } = rig()
    const open = [receive(0, 10), receive(0, 20)]
    let isThere = false
    const waiting = ledger.belowBytes(100).then(() => {
      isThere = true
    })
    await Promise.resolve()
    assert.equal(isThere, false)
    ledger.settle(open[1] as (typeof open)[number])
    await waiting
    assert.ok(isThere)
  })

  test('a writer that starts again finds what is still open of its project, in order', () => {
    const { ledger, receive } = rig()
    const [a, b, c] = [receive(0, 10, 'one'), receive(0, 20, 'two'), receive(0, 30, 'one')]
    assert.deepEqual(ledger.openOf('one'), [a, c])
    ledger.settle(a)
    assert.deepEqual(ledger.openOf('one'), [c])
    assert.deepEqual(ledger.openOf('two'), [b])
  })

  test('the newest receive time of what is written is known', () => {
    const { ledger, receive } = rig()
    ledger.settle(receive(0, 10))
    assert.equal(ledger.writtenReceivedAtUs(0), 10_000)
    const late = receive(0, 20)
    assert.equal(ledger.writtenReceivedAtUs(0), 10_000)
    ledger.settle(late)
    assert.equal(ledger.writtenReceivedAtUs(0), 20_000)
  })
})

function rig(written = Positions.NONE) {
  let count = 0
  const ledger = new Ledger(written)
  const entry = (partition: number, position: number, projectId = 'one'): LogEntry => ({
    partition,
    position,
    envelope: create(EnvelopeSchema, { projectId, receivedAtUs: BigInt(position * 1_000) }),
    batch: {
      memory: new SharedArrayBuffer(1),
      offset: 0,
      length: 100,
      retain: () => void count++,
      release: () => void count--,
    },
  })
  const receive = (partition: number, position: number, projectId?: string) => {
    const open = ledger.receive(entry(partition, position, projectId))
    assert.ok(open)
    return open
  }
  return { ledger, entry, receive, held: () => count }
}
