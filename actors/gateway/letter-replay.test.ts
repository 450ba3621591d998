import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { letterOfEntry } from '#actors/commit-log/dead-letters/entry-letter.ts'
import { envelopeOf } from '#actors/commit-log/testing/envelopes.ts'
import { openProven } from '#proto/log-batch.ts'
import { readColumns } from '#proto/testing/batches.ts'
import { systemRandom } from '#runtime/random.ts'
import { LetterReplay } from './letter-replay.ts'
import { ingestWorld, testBatch } from './testing/ingest-world.ts'

const PROJECT = {
  projectId: 'project0aa',
  timeZone: 'UTC',
  recordSchema: null,
  recordsPerSecond: 0,
  bytesPerSecond: 0,
}
const FACTS = { source: 'store', reason: 'mapper says no', atUs: 5 } as const

test('a replay repeated after a crash stores nothing twice, another of the letter is told', async t => {
  const { replay, messages } = start(t)
  const letter = ingestLetter('{"message":"one"}\n{"message":"two"}\n')
  const taken = { accepted: 2, rejected: [] }
  assert.deepEqual(await replay.replay(PROJECT, 'letter-1', letter), taken)
  assert.deepEqual(await replay.replay(PROJECT, 'letter-1', letter), taken)
  assert.deepEqual(messages(), ['one', 'two'])
  const repaired = replay.replayRecords(PROJECT, 'letter-1', Buffer.from('{"message":"three"}'))
  await assert.rejects(repaired, { code: 'LOGBOY_CONFLICT' })
  await replay.replay(PROJECT, 'letter-2', letter)
  assert.deepEqual(messages(), ['one', 'two', 'one', 'two'])
})

test('all records of a letter are taken or none', async t => {
  const { replay, messages } = start(t)
  const letter = ingestLetter('{"message":"good"}\n{"message":"old","time":"1066-01-01"}\n')
  const refused = await replay.replay(PROJECT, 'letter-1', letter)
  assert.equal(refused.accepted, 0)
  assert.deepEqual(
    refused.rejected.map(({ index }) => index),
    [1],
  )
  const noJson = await replay.replay(PROJECT, 'letter-2', ingestLetter('level=info'))
  assert.match(noJson.rejected[0]?.reason ?? '', /not JSON at byte 0/)
  assert.deepEqual(messages(), [])
  const repaired = Buffer.from('{"message":"good"}\n{"message":"old","time":"2026-01-01"}\n')
  assert.equal((await replay.replayRecords(PROJECT, 'letter-1', repaired)).accepted, 2)
})

test("the store's batch goes in as it was, but for the records that are not meant", async t => {
  const { replay, log, arena } = start(t)
  const bytes = testBatch(4)
  const batch = arena.allocate(bytes.length)
  assert.ok(batch)
  batch.view.set(bytes)
  const envelope = envelopeOf({ projectId: 'project0aa', recordCount: 4, sequence: 70n })
  const letter = letterOfEntry({ envelope, batch }, [1, 3], FACTS)
  batch.release()
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await replay.replay(PROJECT, 'x', letter), { accepted: 2, rejected: [] })
  }
  const [stored, ...others] = log.stored
  assert.deepEqual(others, [])
  assert.deepEqual(stored?.bytes, bytes)
  assert.deepEqual(stored?.envelope.rejected, [0, 2])
  assert.notEqual(stored?.envelope.producer, envelope.producer)
  assert.equal(arena.bytesInUse, 0)
})

test('a replay is held to the quota and to what the log can take', async t => {
  const { replay, log } = start(t)
  log.unavailable = 'disk-full'
  const letter = ingestLetter('{"message":"one"}')
  await assert.rejects(replay.replay(PROJECT, 'x', letter), { code: 'LOGBOY_DISK_FULL' })
  log.unavailable = null
  const limited = { ...PROJECT, recordsPerSecond: 1 }
  await replay.replay(limited, 'y', ingestLetter('{}{}{}'))
  await assert.rejects(replay.replay(limited, 'z', letter), { code: 'LOGBOY_OVER_QUOTA' })
})

test('what has no records says so', async t => {
  const { replay } = start(t)
  const letter = { ...ingestLetter(''), source: 'sdk-batch' } as const
  await assert.rejects(replay.replay(PROJECT, 'x', letter), { code: 'LOGBOY_CONFLICT' })
})

function ingestLetter(text: string) {
  const facts = { projectId: 'project0aa', source: 'ingest', reason: '', atUs: 1 } as const
  return { ...facts, bytes: Buffer.from(text) }
}

function start(t: TestContext) {
  const world = ingestWorld(t)
  const replay = new LetterReplay({ ...world.deps, log: world.log, random: systemRandom })
  const messages = (): string[] =>
    world.log.stored.flatMap(({ bytes }) =>
      readColumns(openProven(bytes)).map(({ texts }) => texts.message),
    )
  return { ...world, replay, messages }
}
