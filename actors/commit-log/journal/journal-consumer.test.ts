import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextRound } from '#runtime/scheduler.ts'
import type { BatchBytes, LogEntry } from '../commit-log.ts'
import { Positions } from '../positions.ts'
import { envelopeOf } from '../testing/envelopes.ts'
import { JournalConsumer } from './journal-consumer.ts'
import { JOURNAL_PARTITION } from './journal-format.ts'

const LARGE_BYTES = 20 * 1024 * 1024

test('one that falls too far behind reads back what was not kept for it, and nothing twice', async () => {
  const stored: LogEntry[] = []
  let kept = 0
  const batch: BatchBytes = {
    memory: new SharedArrayBuffer(0),
    offset: 0,
    length: LARGE_BYTES,
    retain: () => void kept++,
    release: () => void kept--,
  }
  const seen: number[] = []
  let letGo: () => void = () => undefined
  let mostKept = 0
  const consumer = new JournalConsumer({
    consumer: {
      name: 'slow',
      from: Positions.NONE,
      receive: entries => {
        seen.push(...entries.map(({ position }) => position))
        return new Promise(resolve => {
          letGo = resolve
        })
      },
    },
    reader: {
      step: async from => {
        const entries = stored.filter(({ position }) => position > from).slice(0, 1)
        const next = entries[0]?.position
        if (next === undefined) return { type: 'end' }
        return { type: 'entries', entries, next, release: () => undefined }
      },
    },
    start: () => 0,
    end: () => stored.length,
    onStopped: () => undefined,
  })
  for (let position = 1; position <= 12; position++) {
    const envelope = envelopeOf({ sequence: BigInt(position) })
    const entry = { partition: JOURNAL_PARTITION, position, envelope, batch }
    stored.push(entry)
    consumer.offer([entry])
    await nextRound()
    mostKept = Math.max(mostKept, kept)
    if (position === 2) letGo()
  }
  for (let round = 0; round < 30; round++) {
    letGo()
    await nextRound()
  }
  assert.deepEqual(
    seen,
    stored.map(({ position }) => position),
  )
  assert.ok(mostKept <= 3, `${mostKept} batches were kept`)
  assert.equal(kept, 0)
  consumer.stop()
})
