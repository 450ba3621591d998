/** What consumers, reads and tails of every commit log are promised; a part of its suite. */
import assert from 'node:assert/strict'
import type { LogEntry } from '../commit-log.ts'
import { Positions } from '../positions.ts'
import {
  append,
  collect,
  followed,
  namesOf,
  placeBehind,
  readAll,
  type Seen,
  seenOf,
} from './log-driver.ts'
import { type Check, PROJECT, until } from './log-fixture.ts'

export function reading(check: Check): void {
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

export function following(check: Check): void {
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
