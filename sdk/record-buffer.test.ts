import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../proto/batch-builder.ts'
import type { SealedBatch } from './batch-queue.ts'
import { RecordBuffer, type RecordBufferOptions } from './record-buffer.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

function made(more: Partial<RecordBufferOptions> = {}) {
  const clock = new VirtualClock()
  const builder = new BatchBuilder({ sdkName: 'test', sdkVersion: '1' })
  const sealed: number[] = []
  const sink = {
    hasRoom: true,
    bytes: 0,
    push(batch: SealedBatch) {
      sealed.push(batch.records)
      this.bytes += batch.bytes.length
    },
  }
  const waits = { flushIntervalMs: 10, sealAfterMs: null }
  const limits = { ...waits, batchRecordsMax: 100, memoryBytesMax: 1_000_000, ...more }
  const buffer = new RecordBuffer({ builder, sink, clock, ...limits })
  const add = (count: number, message = 'hello'): void => {
    for (let i = 0; i < count; i++) {
      builder.begin({ timeUs: 1, severity: 9, service: 's', host: 'h', file: '', message })
      builder.end()
      buffer.added()
    }
  }
  return { clock, sink, sealed, buffer, add }
}

test('few records leave together when the first has waited', () => {
  const { clock, sealed, add } = made()
  add(3)
  clock.advance(9)
  add(2)
  assert.deepEqual(sealed, [])
  clock.advance(1)
  assert.deepEqual(sealed, [5])
  clock.advance(1_000)
  assert.deepEqual(sealed, [5])
  assert.equal(clock.pending, 0)
})

test('many records leave at once', () => {
  const { clock, sealed, add } = made()
  add(250)
  assert.deepEqual(sealed, [100, 100])
  clock.advance(10)
  assert.deepEqual(sealed, [100, 100, 50])
})

test('large records leave before they are too large for a batch', () => {
  const { sealed, add } = made()
  add(5, 'x'.repeat(200_000))
  assert.deepEqual(sealed, [3])
})

test('while there is no room the batch grows, and leaves when room comes', () => {
  const { clock, sink, sealed, buffer, add } = made()
  sink.hasRoom = false
  add(3)
  clock.advance(100)
  add(4)
  clock.advance(100)
  assert.deepEqual(sealed, [])
  buffer.roomCame()
  assert.deepEqual(sealed, [7])
  buffer.roomCame()
  assert.deepEqual(sealed, [7])
})

test('with a spool the batch is sealed after a while, though it cannot leave', () => {
  const { clock, sink, sealed, add } = made({ sealAfterMs: 1_000 })
  sink.hasRoom = false
  add(3)
  clock.advance(500)
  add(4)
  clock.advance(509)
  assert.deepEqual(sealed, [])
  clock.advance(1)
  assert.deepEqual(sealed, [7])
  add(1)
  clock.advance(1_010)
  assert.deepEqual(sealed, [7, 1])
})

test('memory has a bound, sealed and unsealed together', () => {
  const { buffer, sink, add } = made({ memoryBytesMax: 5_000 })
  add(30, 'x'.repeat(100))
  assert.equal(buffer.hasRoom, true)
  add(30, 'x'.repeat(100))
  assert.equal(buffer.hasRoom, false)
  buffer.seal()
  assert.equal(buffer.bytes, sink.bytes)
  sink.bytes = 0
  assert.equal(buffer.hasRoom, true)
})
