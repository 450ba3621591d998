import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { CHUNK_ROWS_MAX, Recent } from './recent.ts'
import { envelopeOf } from './testing/test-log.ts'

const POLICY = { flushBytes: 1_000, flushIntervalMs: 60_000, flushEntries: 5 }

describe('recent batches', () => {
  test('gather per project into chunks of the size of a row group', () => {
    const recent = new Recent({ ...POLICY, flushBytes: 1e9, flushEntries: 1e9 }, Positions.NONE)
    for (let i = 1; i <= 9; i++) recent.add(entry({ position: i, rows: 8_000 }), 0, true)
    recent.add(entry({ position: 10, projectId: 'other' }), 0, true)
    const rows = recent.chunksOf('p').map(chunk => chunk.rows)
    assert.deepEqual(rows, [32_000, 32_000, 8_000])
    assert.ok(rows.every(count => count <= CHUNK_ROWS_MAX))
    assert.equal(recent.chunksOf('other').length, 1)
    assert.equal(recent.rows, 72_001)
  })

  test('a flush is due by size, by number, or some time after the oldest', () => {
    const bySize = new Recent(POLICY, Positions.NONE)
    assert.equal(bySize.dueInMs(0), Number.POSITIVE_INFINITY)
    bySize.add(entry({ position: 1, bytes: 400 }), 5_000, true)
    assert.equal(bySize.dueInMs(5_000), 60_000)
    bySize.add(entry({ position: 2, bytes: 400 }), 9_000, true)
    assert.equal(bySize.dueInMs(25_000), 40_000)
    assert.equal(bySize.dueInMs(99_000), 0)
    bySize.add(entry({ position: 3, bytes: 400 }), 9_000, true)
    assert.equal(bySize.dueInMs(9_000), 0)
    const byNumber = new Recent(POLICY, Positions.NONE)
    for (let i = 1; i <= 5; i++) byNumber.add(entry({ position: i, bytes: 1 }), 0, true)
    assert.equal(byNumber.dueInMs(0), 0)
  })

  test('an entry that came before is not taken again', () => {
    const recent = new Recent(POLICY, Positions.at(10))
    recent.add(entry({ position: 10 }), 0, true)
    assert.equal(recent.rows, 0)
    recent.add(entry({ position: 11 }), 0, true)
    recent.add(entry({ position: 11 }), 0, true)
    assert.equal(recent.rows, 1)
  })

  test('what has no rows for the store is passed, and kept by nobody', () => {
    const recent = new Recent(POLICY, Positions.NONE)
    const held: LogEntry[] = [
      entry({ position: 1, rows: 0 }),
      entry({ position: 2, rows: 2, rejected: [0, 1] }),
      entry({ position: 3 }),
    ]
    for (const [i, each] of held.entries()) recent.add(each, 0, i !== 2)
    assert.equal(recent.rows, 0)
    assert.equal(recent.bytes, 0)
    assert.equal(recent.positions.at(0), 3)
    assert.equal(recent.dueInMs(0), 60_000, 'the position is still to be published')
    assert.equal(recent.takeForFlush().positions.at(0), 3)
  })

  test('a flush takes what is there; more may come and what failed is taken again', () => {
    const recent = new Recent(POLICY, Positions.NONE)
    recent.add(entry({ position: 1, bytes: 300 }), 0, true)
    const taken = recent.takeForFlush()
    recent.add(entry({ position: 2, bytes: 50 }), 0, true)
    assert.equal(recent.takeForFlush(), taken)
    assert.equal(recent.bytes, 350)
    assert.equal(recent.chunksOf('p').length, 2, 'both are searched')
    recent.flushed()
    assert.equal(recent.flushedPositions.at(0), 1)
    assert.equal(recent.bytes, 50)
    assert.equal(recent.takeForFlush().positions.at(0), 2)
  })

  test('a chunk knows the times that its rows may have', () => {
    const recent = new Recent(POLICY, Positions.NONE)
    recent.add(entry({ position: 1, timesUs: [50, 70], receivedAtUs: 60 }), 0, true)
    recent.add(entry({ position: 2, timesUs: [], receivedAtUs: 90 }), 0, true)
    const [chunk] = recent.chunksOf('p')
    assert.deepEqual([chunk?.timeMinUs, chunk?.timeMaxUs], [50, 90])
    assert.deepEqual([chunk?.receivedMinUs, chunk?.receivedMaxUs], [60, 90])
  })

  test('rows are counted by receive time, both projects and refused records apart', () => {
    const recent = new Recent(POLICY, Positions.NONE)
    recent.add(entry({ position: 1, rows: 5, rejected: [3], receivedAtUs: 100 }), 0, true)
    recent.add(entry({ position: 2, rows: 7, receivedAtUs: 200 }), 0, true)
    recent.add(entry({ position: 3, rows: 9, receivedAtUs: 100, projectId: 'other' }), 0, true)
    assert.equal(recent.countReceived('p', 0, 200), 4)
    assert.equal(recent.countReceived('p', 100, 201), 11)
    assert.equal(recent.countReceived('p', 101, 200), 0)
  })
})

interface EntryFacts {
  readonly position: number
  readonly projectId?: string
  readonly rows?: number
  readonly bytes?: number
  readonly kind?: BatchKind
  readonly rejected?: readonly number[]
  readonly receivedAtUs?: number
  readonly timesUs?: readonly number[]
}

function entry(facts: EntryFacts): LogEntry {
  const { position, projectId = 'p', rows = 1, bytes = 10, receivedAtUs = 1_000 } = facts
  const { timesUs = [receivedAtUs], kind = BatchKind.LOGS, rejected = [] } = facts
  const source = { projectId, producer: 1n, epoch: 0, sequence: position, receivedAtUs, rejected }
  const envelope = {
    ...envelopeOf(source, []),
    kind,
    recordCount: rows,
    timeMinUs: BigInt(timesUs.length === 0 ? 0 : Math.min(...timesUs)),
    timeMaxUs: BigInt(timesUs.length === 0 ? 0 : Math.max(...timesUs)),
  }
  const done = (): void => undefined
  const memory = new SharedArrayBuffer(bytes)
  return {
    partition: 0,
    position,
    envelope,
    batch: { memory, offset: 0, length: bytes, retain: done, release: done },
  }
}
