/** What went wrong with kafkajs and Kafka before, with a real broker behind a bad network. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '#runtime/clock.ts'
import type { AppendOutcome, LogEntry } from '../commit-log.ts'
import { type Position, Positions } from '../positions.ts'
import { BrokerLink } from '../testing/broker-link.ts'
import { newArena } from '../testing/journals.ts'
import { KAFKA_BROKERS, type KafkaWorld, newKafkaWorld } from '../testing/kafkas.ts'
import { append, collect, namesOf, type Seen, seenOf } from '../testing/log-driver.ts'
import type { KafkaLog, KafkaLogOptions } from './kafka-log.ts'
import { openKafka } from './kafkajs.ts'

const skip = KAFKA_BROKERS === undefined ? 'KAFKA_BROKERS is not set' : false
const PROJECT = 'project0aa'

interface World extends KafkaWorld {
  readonly arena: ReturnType<typeof newArena>
  readonly link: BrokerLink
  readonly start: (changes?: Partial<KafkaLogOptions>) => Promise<KafkaLog>
}

function faultTest(
  name: string,
  options: { readonly partitions?: number; readonly requestTimeoutMs?: number },
  body: (world: World) => Promise<void>,
): void {
  test(name, { skip }, async () => {
    const link = await BrokerLink.open()
    const world = await newKafkaWorld(KAFKA_BROKERS ?? [], { ...options, link })
    const arena = newArena()
    const logs: KafkaLog[] = []
    const start = async (changes?: Partial<KafkaLogOptions>): Promise<KafkaLog> => {
      const log = await world.open(arena, changes)
      logs.push(log)
      return log
    }
    try {
      await body({ ...world, arena, link, start })
    } finally {
      link.release()
      link.mend()
      await Promise.all(logs.map(log => log.close()))
      await world.close()
      link.close()
    }
  })
}

/** A condition that others bring about; fails with what is said after ten seconds. */
async function until(isTrue: () => boolean, what: () => string): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + 20_000
  while (!isTrue()) {
    assert.ok(systemClock.monotonicMs() < deadlineMs, what())
    await new Promise<void>(resolve => void systemClock.after(10, resolve))
  }
}

const one = { partitions: 1, requestTimeoutMs: 400 }

faultTest(
  'a broker that hangs: nothing acknowledged is lost, doubled or out of order',
  one,
  async world => {
    const { arena, link, start } = world
    const log = await start()
    const collector = collect(log)
    const outcomes: Promise<AppendOutcome>[] = []
    const send = (producer: bigint, sequence: bigint): void =>
      void outcomes.push(append(log, arena, { producer, sequence }))
    for (let sequence = 1n; sequence <= 60n; sequence++) {
      for (const producer of [1n, 2n, 3n]) send(producer, sequence)
      // Sent, stored, and never answered: the same records go out again on a new connection.
      if (sequence % 20n === 10n) link.hold()
      await outcomes.at(-1)
    }
    for (const outcome of await Promise.all(outcomes)) assert.equal(outcome.type, 'durable')
    await collector.reached(180)
    assert.equal(new Set(namesOf(collector.seen)).size, 180)
    assertOrdered(collector.seen)
    const { resends } = log.observe() as { resends: number }
    assert.ok(resends >= 3, 'the faults struck')
  },
)

faultTest(
  'Kafka away: said so, nothing later taken before what failed, and it resumes by itself',
  one,
  async world => {
    const { arena, link, start } = world
    const log = await start()
    const collector = collect(log)
    assert.equal((await append(log, arena, { sequence: 1n })).type, 'durable')
    link.cut()
    const failed = await append(log, arena, { sequence: 2n })
    assert.ok(
      failed.type === 'unavailable' && failed.reason === 'log-away' && failed.retryAfterMs > 0,
    )
    assert.equal(log.refusal(), 'log-away')
    const later = await append(log, arena, { sequence: 3n })
    assert.ok(later.type === 'unavailable' && !later.mayBeStored)
    link.mend()
    await until(
      () => log.refusal() === null,
      () => 'it never resumed',
    )
    const outOfTurn = await append(log, arena, { sequence: 4n })
    assert.equal(outOfTurn.type, 'unavailable')
    assert.equal((await append(log, arena, { producer: 2n, sequence: 1n })).type, 'durable')
    for (const sequence of [2n, 3n, 4n]) {
      assert.equal((await append(log, arena, { sequence })).type, 'durable')
    }
    await collector.reached(5)
    assert.deepEqual(namesOf(collector.seen.filter(({ producer }) => producer === 1)), [
      'p1 0:1',
      'p1 0:2',
      'p1 0:3',
      'p1 0:4',
    ])
  },
)

faultTest('given up on and stored all the same: the repeat is no double', one, async world => {
  const { arena, link, start } = world
  const log = await start()
  const collector = collect(log)
  await append(log, arena, { sequence: 1n })
  link.holdAll()
  const failed = await append(log, arena, { sequence: 2n })
  assert.ok(failed.type === 'unavailable' && failed.mayBeStored)
  link.release()
  await until(
    () => log.refusal() === null,
    () => 'it never resumed',
  )
  for (const sequence of [2n, 3n]) {
    assert.equal((await append(log, arena, { sequence })).type, 'durable')
  }
  await collector.reached(3)
  assert.deepEqual(namesOf(collector.seen), ['p1 0:1', 'p1 0:2', 'p1 0:3'])
})

faultTest(
  'a fetch that is never answered does not stall a consumer',
  { partitions: 1, requestTimeoutMs: 600_000 },
  async world => {
    const { arena, link, start } = world
    const reader = await start({ stalledMs: 700 })
    const collector = collect(reader)
    const writer = await start()
    await append(writer, arena, { sequence: 1n })
    await collector.reached(1)
    link.hold()
    // The writer's connections are held as well: a new one.
    const other = await start()
    await append(other, arena, { sequence: 2n })
    await collector.reached(2)
    link.release()
    const { consumers } = reader.observe() as {
      consumers: { collector: { fetcher: { renewed: number } } }
    }
    assert.ok(consumers.collector.fetcher.renewed >= 1)
  },
)

faultTest(
  'a delivery that does not end: its partitions go to another member, and come back',
  one,
  async world => {
    const { arena, start } = world
    let letGo = (): void => undefined
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    const stuck = await start({ blockedMs: 500 })
    const blocked = collect(stuck, Positions.NONE, { name: 'store', hold: () => held })
    await append(stuck, arena, { sequence: 1n })
    await until(
      () => JSON.stringify(stuck.observe()).includes('"delivered":1'),
      () => 'not delivered',
    )
    const healthy = await start()
    const free = collect(healthy, Positions.NONE, { name: 'store' })
    await free.reached(1)
    await append(healthy, arena, { sequence: 2n })
    await free.reached(2)
    assert.match(world.troubles.join('\n'), /a delivery does not end/)
    letGo()
    await blocked.reached(1)
  },
)

faultTest(
  'members share the partitions; one that leaves gives its own up at once',
  { partitions: 4 },
  async world => {
    const { arena, start } = world
    const logs = [await start(), await start()] as const
    const members = logs.map(log => member(log))
    await until(
      () => members.every(({ owned }) => owned.size === 2),
      () => members.map(({ owned }) => [...owned].join()).join(' | '),
    )
    const send = async (sequence: bigint): Promise<void> => {
      for (let project = 0; project < 4; project++) {
        const outcome = await append(logs[1], arena, { sequence, projectId: `project0a${project}` })
        assert.equal(outcome.type, 'durable')
      }
    }
    await send(1n)
    await until(
      () => total(members) === 4,
      () => `${total(members)} of 4`,
    )
    const leftMs = systemClock.monotonicMs()
    await logs[0].close()
    await send(2n)
    await until(
      () => total(members) === 8,
      () => `${total(members)} of 8`,
    )
    assert.equal(members[1]?.owned.size, 4)
    // Far less than a session: the group was left, not timed out.
    assert.ok(systemClock.monotonicMs() - leftMs < 8_000)
    assert.equal(new Set(members.flatMap(({ seen }) => seen.map(nameOf))).size, 8)
  },
)

faultTest('a zombie whose partition moved saves nothing and is told', one, async world => {
  const { arena, start, checkpoints, prefix, topic } = world
  const log = await start()
  const zombie = member(log)
  await append(log, arena, { sequence: 1n })
  await until(
    () => zombie.seen.length === 1,
    () => 'not delivered',
  )
  await until(
    () => checkpoints.saves >= 1,
    () => 'not saved',
  )
  const [claim] = await checkpoints.claim(`${prefix}-store`, topic, [0], 'another member')
  const before = checkpoints.saves
  await append(log, arena, { sequence: 2n })
  await until(
    () => zombie.revoked.includes(0),
    () => 'not told',
  )
  assert.equal(checkpoints.saves, before)
  assert.equal(claim?.position, 1)
  // It joins again, and is given the partition from the checkpoint: the entry comes again.
  await append(log, arena, { sequence: 3n })
  await until(
    () => zombie.seen.map(nameOf).includes('p1 0:3'),
    () => 'never back',
  )
})

faultTest(
  'a checkpoint is position and admission together: repeats over it are none',
  one,
  async world => {
    const { arena, start, checkpoints } = world
    const first = await start()
    const before = member(first)
    await append(first, arena, { sequence: 1n })
    await append(first, arena, { sequence: 2n })
    await until(
      () => before.seen.length === 2,
      () => 'not delivered',
    )
    await first.close()
    assert.ok(checkpoints.saves > 0)
    const second = await start()
    const after = member(second)
    await append(second, arena, { sequence: 2n })
    await append(second, arena, { sequence: 3n })
    await until(
      () => after.seen.length === 1,
      () => 'not delivered',
    )
    assert.deepEqual(after.seen.map(nameOf), ['p1 0:3'])
    assert.deepEqual(after.from, [2])
  },
)

faultTest('records that are none of ours are kept aside, and reading goes on', one, async world => {
  const { arena, start, address, topic } = world
  const log = await start()
  const collector = collect(log)
  const producer = openKafka(address).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'hello' }, { value: null }] })
  const headers = { 'logboy-envelope': Buffer.from([0xff]) }
  await producer.send({ topic, messages: [{ value: Buffer.alloc(6), headers }] })
  await producer.disconnect()
  await append(log, arena, { sequence: 1n })
  await collector.reached(1)
  assert.deepEqual(world.foreign, [
    'it has no header logboy-envelope',
    'it has no header logboy-envelope',
    'its envelope cannot be read',
  ])
})

faultTest('a read that waits for Kafka ends when the log closes', one, async world => {
  const { arena, link, start } = world
  const log = await start()
  await append(log, arena, { sequence: 1n })
  link.holdAll()
  const reading = log.read(PROJECT, Positions.NONE, () => undefined)
  const closed = log.close()
  await assert.rejects(reading, { code: 'LOGBOY_LOG_CLOSING' })
  link.release()
  await closed
})

faultTest(
  'a rewind leaves out what was fetched before it, of every partition',
  { partitions: 2 },
  async world => {
    const { arena, start } = world
    const log = await start()
    const projects = [PROJECT, 'project0bb']
    const send = async (sequence: bigint): Promise<void> => {
      for (const projectId of projects) await append(log, arena, { projectId, sequence })
    }
    const seen: Seen[] = []
    let isRewound = false
    let letGo = (): void => undefined
    const held = new Promise<void>(resolve => {
      letGo = resolve
    })
    const consumption = log.consume({
      name: 'rewinds',
      from: Positions.NONE,
      async receive(entries) {
        seen.push(...entries.map(seenOf))
        const newest = Math.max(...entries.map(({ envelope }) => Number(envelope.sequence)))
        if (newest === 2) await held
        if (newest !== 3 || isRewound) return
        isRewound = true
        // The other partition has come in the same answer, and has not been delivered.
        seen.length = 0
        consumption.rewind()
        await send(4n)
      },
    })
    await send(1n)
    await until(
      () => seen.length === 2,
      () => 'the first were not delivered',
    )
    await send(2n)
    await send(3n)
    letGo()
    for (const project of projects) {
      const sequences = (): readonly number[] =>
        seen.filter(each => each.project === project).map(({ sequence }) => sequence)
      await until(
        () => sequences().includes(4),
        () => `${project} was not given the last`,
      )
      assert.deepEqual(sequences(), [1, 2, 3, 4])
    }
  },
)

interface Member {
  readonly seen: Seen[]
  readonly owned: Set<number>
  readonly revoked: number[]
  readonly from: Position[]
}

/** A consumer 'store' that has passed everything as soon as it came. */
function member(log: KafkaLog): Member {
  const seen: Seen[] = []
  const owned = new Set<number>()
  const revoked: number[] = []
  const from: Position[] = []
  const consumption = log.consume({
    name: 'store',
    from: Positions.NONE,
    receive(entries: readonly LogEntry[]) {
      seen.push(...entries.map(seenOf))
      const place = entries.reduce((place, entry) => place.with(entry), Positions.NONE)
      consumption.passed(place)
    },
    assigned(partition, position) {
      owned.add(partition)
      from.push(position)
    },
    revoked(partition) {
      owned.delete(partition)
      revoked.push(partition)
    },
  })
  return { seen, owned, revoked, from }
}

function total(members: readonly Member[]): number {
  return members.reduce((sum, { seen }) => sum + seen.length, 0)
}

function nameOf(seen: Seen): string {
  return seen.project === PROJECT ? (namesOf([seen])[0] ?? '') : `${seen.project} ${seen.sequence}`
}

function assertOrdered(seen: readonly Seen[]): void {
  const last = new Map<number, number>()
  for (const { producer, sequence } of seen) {
    assert.ok(sequence > (last.get(producer) ?? 0), `order of producer ${producer}`)
    last.set(producer, sequence)
  }
}
