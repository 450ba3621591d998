import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary } from '@bufbuild/protobuf'
import { EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { envelopeOf } from '../testing/envelopes.ts'
import { newArena } from '../testing/journals.ts'
import type { OutgoingRecord } from './framing.ts'
import { PartitionSender, RESEND_MS, type SendFailure } from './partition-sender.ts'
import { recordBytes } from './produce-request.ts'
import { SEND_BYTES_MAX } from './topics.ts'

interface Send {
  readonly sequences: number[]
  readonly bytes: number
  readonly end: (error?: Error) => void
}

/** A partition whose sends the test ends one by one. */
function newPartition() {
  const arena = newArena()
  const clock = new VirtualClock()
  const sends: Send[] = []
  const settled: { sequence: number; failure: SendFailure | null }[] = []
  const sender = new PartitionSender({
    partition: 0,
    clock,
    schemaId: 7,
    turn: async () => () => undefined,
    send: (_partition, records) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => (error === undefined ? resolve() : reject(error))
        const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
        sends.push({ sequences: records.map(sequenceIn), bytes, end })
      }),
  })
  const offer = (sequence: number, bytes = 100): void => {
    const batch = arena.allocate(bytes)
    assert.ok(batch)
    const envelope = envelopeOf({ sequence: BigInt(sequence) })
    const settle = (failure: SendFailure | null): void => void settled.push({ sequence, failure })
    assert.ok(sender.offer({ envelope, batch, settle }))
    batch.release()
  }
  return { arena, clock, sends, settled, sender, offer }
}

function sequenceIn({ envelope }: OutgoingRecord): number {
  return Number(fromBinary(EnvelopeSchema, envelope).sequence)
}

test('one send is on its way at a time; what comes meanwhile is the next one', async () => {
  const { sends, offer, settled, sender } = newPartition()
  offer(1)
  offer(2)
  await nextRound()
  offer(3)
  await nextRound()
  assert.deepEqual(
    sends.map(({ sequences }) => sequences),
    [[1, 2]],
  )
  sends[0]?.end()
  await nextRound()
  assert.deepEqual(sends[1]?.sequences, [3])
  sends[1]?.end()
  await sender.drain()
  assert.deepEqual(
    settled.map(({ sequence, failure }) => [sequence, failure]),
    [1, 2, 3].map(sequence => [sequence, null]),
  )
})

test('a send stays under 900 KB, and takes at least one batch', async () => {
  const { sends, offer, sender } = newPartition()
  for (let sequence = 1; sequence <= 5; sequence++) offer(sequence, 300_000)
  offer(6, 768 * 1024)
  for (let at = 0; at < 3; at++) {
    await nextRound()
    sends[at]?.end()
  }
  await sender.drain()
  assert.deepEqual(
    sends.map(({ sequences }) => sequences),
    [[1, 2, 3], [4, 5], [6]],
  )
  assert.ok(sends.every(({ bytes }) => bytes <= SEND_BYTES_MAX))
})

test('the same records are sent again, nothing else, until time is up; then all that waits fails', async () => {
  const { arena, clock, sends, offer, settled } = newPartition()
  offer(1)
  await nextRound()
  offer(2)
  const startMs = clock.monotonicMs()
  while (settled.length === 0) {
    sends.at(-1)?.end(new Error('away'))
    await nextRound()
    clock.advance(100)
    await nextRound()
  }
  assert.ok(sends.length > 3)
  assert.ok(sends.every(({ sequences }) => sequences.join() === '1'))
  assert.ok(clock.monotonicMs() - startMs <= RESEND_MS + 200)
  assert.deepEqual(
    settled.map(({ sequence, failure }) => [sequence, failure?.wasSent]),
    [
      [1, true],
      [2, false],
    ],
  )
  assert.equal(arena.observe().batchesInUse, 0)
  offer(3)
  await nextRound()
  assert.deepEqual(sends.at(-1)?.sequences, [3])
})
