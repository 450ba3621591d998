import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { NO_BATCH } from '../commit-log.ts'
import { Positions } from '../positions.ts'
import { envelopeOf } from './envelopes.ts'
import { append, assertOrdered, collect, namesOf } from './log-driver.ts'
import { type Check, type LogFixture, PROJECT } from './log-fixture.ts'
import { following, reading } from './log-reading-tests.ts'

/** What every commit log promises, as tests; `run` gives each one a fresh fixture. */
export function commitLogSuite(
  name: string,
  run: (body: (fixture: LogFixture) => Promise<void>) => Promise<unknown>,
): void {
  const check = (title: string, body: (fixture: LogFixture) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      await run(body)
    })
  }
  order(check)
  repeats(check)
  reading(check)
  following(check)
  memory(check)
}

function order(check: Check): void {
  check('batches come out as they went in, in order, live', async ({ arena, open }) => {
    const log = await open()
    const collector = collect(log)
    for (const sequence of [1n, 2n, 3n]) {
      assert.deepEqual(await append(log, arena, { sequence }), { type: 'durable', repeat: false })
    }
    await collector.reached(3)
    assert.deepEqual(namesOf(collector.seen), ['p1 0:1', 'p1 0:2', 'p1 0:3'])
    const last = collector.seen.at(-1)
    assert.ok(last !== undefined && log.end(PROJECT).equals(Positions.NONE.with(last)))
    await log.close()
  })

  check(
    'logs and metrics of a producer are one order, and repeats of both are known',
    async fixture => {
      const { arena, open } = fixture
      const log = await open()
      const collector = collect(log)
      const kinds = [BatchKind.LOGS, BatchKind.METRICS, BatchKind.METRICS, BatchKind.LOGS]
      for (let round = 0; round < 2; round++) {
        for (const [i, kind] of kinds.entries()) {
          const outcome = await append(log, arena, { sequence: BigInt(i + 1), kind })
          assert.equal(outcome.type, 'durable')
        }
      }
      await append(log, arena, { sequence: 5n })
      await collector.reached(5)
      assert.deepEqual(
        collector.seen.map(({ sequence, kind }) => [sequence, kind]),
        [...kinds, BatchKind.LOGS].map((kind, i) => [i + 1, kind]),
      )
      await log.close()
    },
  )

  check('order per producer is the order of calls, however many wait', async fixture => {
    const { arena, open } = fixture
    const log = await open()
    const collector = collect(log)
    const offers = Array.from({ length: 300 }, (_, index) =>
      append(log, arena, {
        producer: BigInt(index % 7),
        sequence: BigInt(1 + Math.floor(index / 7)),
        bytes: (index * 37) % 2_000,
      }),
    )
    for (const outcome of await Promise.all(offers)) assert.equal(outcome.type, 'durable')
    await collector.reached(300)
    assertOrdered(collector.seen)
    assert.equal(new Set(namesOf(collector.seen)).size, 300)
    await log.close()
  })

  check('receive times only rise, over a restart too', async ({ arena, open }) => {
    let log = await open()
    await Promise.all([1n, 2n, 3n].map(sequence => append(log, arena, { sequence })))
    await log.close()
    log = await open()
    await append(log, arena, { sequence: 4n })
    const collector = collect(log)
    await collector.reached(4)
    const times = collector.seen.map(({ receivedAtUs }) => receivedAtUs)
    assert.ok(times.every((time, index) => index === 0 || time > (times[index - 1] as number)))
    assert.ok(log.start(PROJECT).receivedAtUs <= (times[0] as number))
    await log.close()
  })

  check('a closing log refuses new batches and settles those before', async fixture => {
    const { arena, open } = fixture
    const log = await open()
    const before = append(log, arena, { sequence: 1n })
    const closed = log.close()
    const after = await append(log, arena, { sequence: 2n })
    assert.deepEqual(await before, { type: 'durable', repeat: false })
    assert.ok(after.type === 'unavailable' && after.reason === 'stopping')
    await closed
  })
}

function repeats(check: Check): void {
  check('a repeat is acknowledged and stored once', async ({ arena, open }) => {
    const log = await open()
    const collector = collect(log)
    const twice = [append(log, arena, { sequence: 1n }), append(log, arena, { sequence: 1n })]
    for (const outcome of await Promise.all(twice)) assert.equal(outcome.type, 'durable')
    await append(log, arena, { sequence: 5n })
    assert.equal((await append(log, arena, { sequence: 3n })).type, 'durable')
    await append(log, arena, { sequence: 6n })
    await collector.reached(3)
    assert.deepEqual(namesOf(collector.seen), ['p1 0:1', 'p1 0:5', 'p1 0:6'])
    await log.close()
  })

  check('a number without a batch is taken and passed on as no records', async fixture => {
    const { arena, open } = fixture
    const nothing = (sequence: bigint) =>
      log.append({ envelope: envelopeOf({ sequence, recordCount: 0 }), batch: NO_BATCH })
    let log = await open()
    assert.deepEqual(await nothing(1n), { type: 'durable', repeat: false })
    await append(log, arena, { sequence: 2n })
    assert.deepEqual(await nothing(3n), { type: 'durable', repeat: false })
    await log.close()
    log = await open()
    assert.equal((await nothing(1n)).type, 'durable')
    const collector = collect(log)
    await nothing(4n)
    await collector.reached(4)
    assert.deepEqual(namesOf(collector.seen), ['p1 0:1', 'p1 0:2', 'p1 0:3', 'p1 0:4'])
    assert.deepEqual(
      collector.seen.map(({ bytes }) => bytes),
      [0, 100, 0, 0],
    )
    await log.close()
  })

  check('repeats and left epochs are told from what is new, over a restart too', async fixture => {
    const { arena, open } = fixture
    let log = await open()
    await append(log, arena, { sequence: 4n })
    await append(log, arena, { sequence: 2n, epoch: 1 })
    await log.close()
    log = await open()
    const collector = collect(log)
    await append(log, arena, { sequence: 2n, epoch: 1 })
    await append(log, arena, { sequence: 8n })
    await append(log, arena, { sequence: 3n, epoch: 1 })
    await collector.reached(3)
    assert.deepEqual(namesOf(collector.seen), ['p1 0:4', 'p1 1:2', 'p1 1:3'])
    await log.close()
  })

  check('a keyed request has one answer, over a restart too', async ({ arena, open }) => {
    const keyed = (chunk: number, body: number) => ({
      producer: 99n,
      sequence: BigInt(chunk),
      recordCount: 10,
      rejected: [2],
      request: {
        bodySha256: new Uint8Array(32).fill(body),
        chunk,
        of: 2,
        firstIndex: 0,
        rejected: [{ index: 2 + 10 * (chunk - 1), reason: 'no object' }],
      },
    })
    let log = await open()
    const first = await Promise.all([
      append(log, arena, keyed(1, 7)),
      append(log, arena, keyed(2, 7)),
    ])
    assert.ok(first.every(({ type }) => type === 'durable'))
    await log.close()
    log = await open()
    assert.deepEqual(await append(log, arena, keyed(1, 8)), { type: 'conflict' })
    assert.deepEqual(await append(log, arena, keyed(2, 7)), { type: 'durable', repeat: true })
    assert.deepEqual(await log.answered(PROJECT, 99n), {
      bodySha256: new Uint8Array(32).fill(7),
      lastChunk: 2,
      of: 2,
      accepted: 18,
      rejected: [
        { index: 2, reason: 'no object' },
        { index: 12, reason: 'no object' },
      ],
    })
    assert.equal(await log.answered('project0bb', 99n), undefined)
    await log.close()
  })
}

function memory(check: Check): void {
  check('memory of batches is given back once they are delivered', async ({ arena, open }) => {
    let log = await open()
    const collector = collect(log)
    for (let sequence = 1n; sequence <= 20n; sequence++) {
      await append(log, arena, { sequence, bytes: 3_000 })
    }
    await append(log, arena, { sequence: 20n, bytes: 3_000 })
    await collector.reached(20)
    await log.close()
    log = await open()
    const again = collect(log)
    await again.reached(20)
    await log.close()
    assert.equal(arena.observe().batchesInUse, 0)
  })
}
