import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_BATCH } from '../commit-log.ts'
import { envelopeOf } from './envelopes.ts'
import { append } from './log-driver.ts'
import type { LogFixture } from './log-fixture.ts'

const PROJECT = 'project0aa'

/** What a log promises besides, whose doors decide what is new. */
export function judgingLogSuite(
  name: string,
  run: (body: (fixture: LogFixture) => Promise<void>) => Promise<unknown>,
): void {
  test(`${name}: repeats, epochs and idle producers are known after a restart`, async () => {
    await run(knowsProducers)
  })
  test(`${name}: a number without a batch is known after a restart`, async () => {
    await run(knowsNumbers)
  })
}

async function knowsProducers({ arena, open }: LogFixture): Promise<void> {
  let log = await open()
  assert.equal(log.producer(PROJECT, 1n), undefined)
  const twice = [append(log, arena, { sequence: 4n }), append(log, arena, { sequence: 4n })]
  assert.deepEqual(await Promise.all(twice), [
    { type: 'durable', repeat: false },
    { type: 'durable', repeat: true },
  ])
  await append(log, arena, { sequence: 2n, epoch: 1 })
  await append(log, arena, { sequence: 9n, projectId: 'project0bb' })
  await log.close()
  log = await open()
  assert.deepEqual(log.producer(PROJECT, 1n), { epoch: 1, lastSequence: 2 })
  assert.deepEqual(log.producer('project0bb', 1n), { epoch: 0, lastSequence: 9 })
  assert.deepEqual(await append(log, arena, { sequence: 2n, epoch: 1 }), {
    type: 'durable',
    repeat: true,
  })
  assert.deepEqual(await append(log, arena, { sequence: 8n }), { type: 'stale-epoch' })
  assert.deepEqual(await append(log, arena, { sequence: 3n, epoch: 1 }), {
    type: 'durable',
    repeat: false,
  })
  await log.close()
}

async function knowsNumbers({ open }: LogFixture): Promise<void> {
  let log = await open()
  const nothing = (sequence: bigint) =>
    log.append({ envelope: envelopeOf({ sequence, recordCount: 0 }), batch: NO_BATCH })
  assert.deepEqual(await nothing(3n), { type: 'durable', repeat: false })
  assert.deepEqual(log.producer(PROJECT, 1n), { epoch: 0, lastSequence: 3 })
  await log.close()
  log = await open()
  assert.deepEqual(log.producer(PROJECT, 1n), { epoch: 0, lastSequence: 3 })
  assert.deepEqual(await nothing(1n), { type: 'durable', repeat: true })
  await log.close()
}
