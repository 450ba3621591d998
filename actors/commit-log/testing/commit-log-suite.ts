import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { pause } from '#runtime/clock.ts'
import type { Arena } from '../arena.ts'
import { type CommitLog, type LogEntry, NO_BATCH } from '../commit-log.ts'
import { Positions } from '../positions.ts'
import { envelopeOf } from './envelopes.ts'
import {
  append,
  assertOrdered,
  collect,
  followed,
  namesOf,
  placeBehind,
  readAll,
  type Seen,
  seenOf,
} from './log-driver.ts'

/** A commit log that a test may close and open again on the same data. */
export interface LogFixture {
  readonly arena: Arena
  readonly open: () => Promise<CommitLog>
}

const PROJECT = 'project0aa'

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

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(20)
}

type Check = (title: string, body: (fixture: LogFixture) => Promise<void>) => void

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

function reading(check: Check): void {
  check('a consumer goes on after its position, stored entries first', async fixture => {
    const { arena, open } = fixture
    let log = await open()
    const before = collect(log)
    for (const sequence of [1n, 2n, 3n, 4n]) await append(log, arena, { sequence, bytes: 5_000 })
    await before.reached(4)
    await log.close()
    log = await open()
    const after = collect(log, placeBehind(before.seen, 1))
    await append(log, arena, { sequence: 5n })
    await append(log, arena, { sequence: 6n })
    await after.reached(4)
    assert.deepEqual(namesOf(after.seen), ['p1 0:3', 'p1 0:4', 'p1 0:5', 'p1 0:6'])
    assert.deepEqual(after.seen.slice(0, 2), before.seen.slice(2))
    await log.close()
  })

  check('consumers do not wait for each other', async ({ arena, open }) => {
    const log = await open()
    let letGo = (): void => undefined
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    const slow = collect(log, Positions.NONE, { name: 'slow', hold: () => held })
    const fast = collect(log, Positions.NONE, { name: 'fast' })
    for (const sequence of [1n, 2n, 3n]) await append(log, arena, { sequence })
    await fast.reached(3)
    assert.equal(slow.seen.length, 0)
    letGo()
    await slow.reached(3)
    assert.deepEqual(slow.seen, fast.seen)
    await log.close()
  })

  check(
    'a consumer that rewinds is given again what it has not passed, and nothing else',
    async fixture => {
      const { arena, open } = fixture
      const log = await open()
      const { seen, consumption, reached } = collect(log)
      for (const sequence of [1n, 2n, 3n]) await append(log, arena, { sequence })
      await reached(3)
      consumption.passed(placeBehind(seen, 0))
      consumption.rewind()
      await append(log, arena, { sequence: 2n })
      await append(log, arena, { sequence: 4n })
      await reached(6)
      assert.deepEqual(namesOf(seen.slice(3)), ['p1 0:2', 'p1 0:3', 'p1 0:4'])
      await log.close()
    },
  )

  check('a rewind ends the delivery that is under way', async ({ arena, open }) => {
    const log = await open()
    let letGo = (): void => undefined
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    const { seen, consumption, reached } = collect(log, Positions.NONE, { hold: () => held })
    for (const sequence of [1n, 2n, 3n]) await append(log, arena, { sequence })
    consumption.rewind()
    assert.ok(consumption.delivered().equals(Positions.NONE))
    letGo()
    await append(log, arena, { sequence: 4n })
    // What was under way is told by nobody to have been delivered.
    await until(() => seen.at(-1)?.sequence === 4)
    const last = namesOf(seen).lastIndexOf('p1 0:1')
    assert.deepEqual(namesOf(seen.slice(last)), ['p1 0:1', 'p1 0:2', 'p1 0:3', 'p1 0:4'])
    await reached(4)
    await log.close()
  })

  check('what a consumer does not want is behind it all the same', async ({ arena, open }) => {
    const log = await open()
    const own: string[] = []
    const consumption = log.consume({
      name: 'choosy',
      from: Positions.NONE,
      wants: projectId => projectId === PROJECT,
      receive(entries) {
        const wanted = entries.map(seenOf).filter(({ project }) => project === PROJECT)
        own.push(...namesOf(wanted))
      },
    })
    for (const sequence of [1n, 2n]) {
      await append(log, arena, { sequence })
      await append(log, arena, { sequence, projectId: 'project0bb' })
    }
    await until(() => own.length === 2 && consumption.delivered().coversAll(log.ends().positions))
    consumption.passed(consumption.delivered())
    consumption.rewind()
    await append(log, arena, { sequence: 3n })
    await until(() => own.length === 3)
    assert.deepEqual(own, ['p1 0:1', 'p1 0:2', 'p1 0:3'])
    await log.close()
  })

  check('who has been given all that was there at a time knows it', async fixture => {
    const { arena, open } = fixture
    const log = await open()
    const { seen, consumption, reached } = collect(log)
    const partitions = await log.partitionsOf(PROJECT)
    await append(log, arena, { sequence: 1n })
    const sinceUs = log.ends().atUs
    // A repeat is no delivery, and there is nothing to wait for behind it all the same.
    await append(log, arena, { sequence: 1n })
    await until(() => {
      const { positions, atUs } = log.ends()
      return atUs > sinceUs && consumption.delivered().coversAll(positions)
    })
    await reached(1)
    assert.deepEqual(partitions, [seen[0]?.partition])
    await log.close()
  })

  check('a read gives the entries of one project, up to the end', async ({ arena, open }) => {
    const log = await open()
    const all = collect(log)
    for (let sequence = 1n; sequence <= 6n; sequence++) {
      const projectId = sequence % 2n === 0n ? 'project0bb' : PROJECT
      await append(log, arena, { sequence, projectId })
    }
    await all.reached(6)
    const seen: Seen[] = []
    const receive = (entries: readonly LogEntry[]): void => void seen.push(...entries.map(seenOf))
    const own = all.seen.filter(({ project }) => project === PROJECT)
    assert.equal(await log.read(PROJECT, placeBehind(own, 0), receive), 'end')
    assert.deepEqual(namesOf(seen), ['p1 0:3', 'p1 0:5'])
    assert.equal(await log.read('project0cc', log.start('project0cc').positions, receive), 'end')
    assert.equal(seen.length, 2)
    await log.close()
  })

  check('a stopped consumer gets nothing more', async ({ arena, open }) => {
    const log = await open()
    const [stopped, other] = [collect(log, Positions.NONE, { name: 'stopped' }), collect(log)]
    await append(log, arena, { sequence: 1n })
    await stopped.reached(1)
    await stopped.consumption.stop()
    await append(log, arena, { sequence: 2n })
    await other.reached(2)
    assert.equal(stopped.seen.length, 1)
    await log.close()
  })
}

function following(check: Check): void {
  check(
    'a follower gets the new entries of watched projects, and learns how far it is',
    async fixture => {
      const { arena, open } = fixture
      const log = await open()
      await append(log, arena, { sequence: 1n })
      const follower = followed(log)
      follower.following.watch(PROJECT)
      const stored = await readAll(log, PROJECT, Positions.NONE)
      for (const sequence of [2n, 3n]) {
        await append(log, arena, { sequence, projectId: 'project0bb' })
        await append(log, arena, { sequence })
      }
      await follower.reached(2)
      assert.deepEqual(namesOf([...stored, ...follower.seen]), ['p1 0:1', 'p1 0:2', 'p1 0:3'])
      assert.ok(follower.covered().covers(follower.seen.at(-1) as Seen))
      follower.following.unwatch(PROJECT)
      follower.following.watch('project0bb')
      await append(log, arena, { sequence: 4n })
      await append(log, arena, { sequence: 4n, projectId: 'project0bb' })
      await follower.reached(3)
      assert.deepEqual(namesOf(follower.seen.slice(2)), ['p1 0:4'])
      assert.equal(follower.seen.at(-1)?.project, 'project0bb')
      follower.following.stop()
      await log.close()
    },
  )

  check('what a read does not give, a follower that watched before gets', async fixture => {
    const { arena, open } = fixture
    const log = await open()
    let stop = false
    const writing = (async () => {
      for (let sequence = 1n; !stop; sequence++) await append(log, arena, { sequence })
    })()
    const follower = followed(log)
    follower.following.watch(PROJECT)
    const stored = await readAll(log, PROJECT, Positions.NONE)
    await follower.reached(5)
    stop = true
    await writing
    const all = [...stored, ...follower.seen]
    const sequences = [...new Set(all.map(({ sequence }) => sequence))].sort((a, b) => a - b)
    assert.deepEqual(
      sequences,
      Array.from(sequences, (_, index) => index + 1),
    )
    follower.following.stop()
    await log.close()
  })

  check('positions that the log never had are told from those it has no more', async fixture => {
    const { arena, open } = fixture
    const log = await open()
    await append(log, arena, { sequence: 1n })
    const end = log.end(PROJECT)
    const beyond = Positions.of(end.pairs().map(([partition, at]) => [partition, at + 1_000_000]))
    assert.equal(await log.read(PROJECT, beyond, () => undefined), 'foreign')
    assert.equal(await log.read(PROJECT, end, () => undefined), 'end')
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
