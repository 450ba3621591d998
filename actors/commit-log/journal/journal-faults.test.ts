import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  DiskErrorCode,
  DiskOperation,
  SimulatedDisk,
} from '#runtime/testing/simulated-disk.ts'
import { type Simulation, simulate } from '#runtime/testing/simulation.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import type { AppendOutcome } from '../commit-log.ts'
import { Positions } from '../positions.ts'
import { type JournalSettings, newArena, openSimulatedJournal } from '../testing/journals.ts'
import { append, collect, namesOf, placeBehind } from '../testing/log-driver.ts'
import type { JournalLog } from './journal-log.ts'
import { JournalReader } from './journal-reader.ts'

const FOLDER = '/data/journal'
const FAILING: readonly DiskOperation[] = [
  'create',
  'write',
  'truncate',
  'sync',
  'remove',
  'sync-folder',
]
const CODES: readonly DiskErrorCode[] = ['EIO', 'ENOSPC']
const DURABLE: AppendOutcome = { type: 'durable', repeat: false }

interface Case {
  readonly sim: Simulation
  readonly disk: SimulatedDisk
  readonly log: JournalLog
  readonly arena: ReturnType<typeof newArena>
}

function faultTest(
  title: string,
  body: (given: Case) => Promise<void>,
  settings: Partial<JournalSettings> & { readonly capacityBytes?: number } = {},
): void {
  test(title, async () => {
    await simulate(title.length, async sim => {
      const { capacityBytes = 1_000_000 } = settings
      const disk = sim.newDisk({ capacityBytes })
      const arena = newArena()
      const options = { folder: FOLDER, fileBytes: 4_000, ...settings }
      const log = await openSimulatedJournal(sim.boot('server', disk), arena, options)
      await body({ sim, disk, log, arena })
    })
  })
}

faultTest(
  'a full disk refuses with its reason and goes on by itself within a second',
  async given => {
    const { sim, disk, log, arena } = given
    const collector = collect(log)
    assert.deepEqual(await append(log, arena, { sequence: 1n }), DURABLE)
    disk.setCapacity(disk.usedBytes() + 50)
    const refused = await append(log, arena, { sequence: 2n })
    assert.ok(refused.type === 'unavailable' && refused.reason === 'disk-full')
    assert.equal(log.observe()['unavailable'], 'disk-full')
    await sim.sleep(2_000)
    assert.equal(log.observe()['unavailable'], 'disk-full')
    disk.setCapacity(1_000_000)
    await sim.sleep(1_000)
    assert.equal(log.observe()['unavailable'], null, 'seen without any append')
    assert.deepEqual(await append(log, arena, { sequence: 2n }), DURABLE)
    await collector.reached(2)
    assert.equal(arena.observe().batchesInUse, 0)
  },
  { diskReserveBytes: 100 },
)

for (const operation of ['write', 'sync', 'create', 'sync-folder'] as const) {
  for (const code of ['ENOSPC', 'EIO'] as const) {
    faultTest(
      `${code} at every ${operation} for a while: refused, then taken once`,
      async given => {
        const { disk, log, arena } = given
        const collector = collect(log)
        assert.deepEqual(await append(log, arena, { sequence: 1n, bytes: 3_000 }), DURABLE)
        disk.failWhen(each => (each === operation ? code : undefined))
        // Does not fit the file: a snapshot and a new file are wanted.
        const refused = await append(log, arena, { sequence: 2n, bytes: 3_000 })
        assert.equal(refused.type, 'unavailable')
        assert.ok('reason' in refused)
        assert.equal(refused.reason, code === 'ENOSPC' ? 'disk-full' : 'disk-failed')
        const early = await append(log, arena, { sequence: 3n })
        assert.equal(early.type, 'unavailable', 'what follows a failed one waits for it')
        disk.failWhen(() => undefined)
        assert.equal((await append(log, arena, { sequence: 3n })).type, 'unavailable')
        assert.deepEqual(await append(log, arena, { sequence: 2n, bytes: 3_000 }), DURABLE)
        assert.deepEqual(await append(log, arena, { sequence: 3n }), DURABLE)
        await collector.reached(3)
        assert.deepEqual(namesOf(collector.seen), ['p1 0:1', 'p1 0:2', 'p1 0:3'])
        await assertSurvives(given, 3)
      },
    )
  }
}

faultTest(
  'one failed sync costs nothing: the group goes to a new file, never synced twice',
  async given => {
    const { disk, log, arena } = given
    await append(log, arena, { sequence: 1n })
    const [first] = journalFiles(disk)
    disk.failNext('sync', 'EIO', first as string)
    assert.deepEqual(await append(log, arena, { sequence: 2n }), DURABLE)
    assert.equal(journalFiles(disk).length, 2)
    assert.deepEqual(await append(log, arena, { sequence: 3n }), DURABLE)
    await assertSurvives(given, 3)
  },
)

faultTest('a group whose first file could not be cut is in the log once', async given => {
  const { sim, disk, log, arena } = given
  const live = collect(log)
  await append(log, arena, { sequence: 1n })
  const [first] = journalFiles(disk)
  for (const operation of ['sync', 'truncate'] as const) {
    disk.failNext(operation, 'EIO', first as string)
  }
  assert.deepEqual(await append(log, arena, { sequence: 2n }), DURABLE)
  assert.deepEqual(await append(log, arena, { sequence: 3n }), DURABLE)
  await live.reached(3)
  disk.kill()
  const again = await openSimulatedJournal(sim.boot('again', disk), newArena(), { folder: FOLDER })
  await append(again, newArena(), { sequence: 4n })
  const collector = collect(again)
  await collector.reached(4)
  assert.deepEqual(namesOf(collector.seen), ['p1 0:1', 'p1 0:2', 'p1 0:3', 'p1 0:4'])
  assert.deepEqual(collector.seen.slice(0, 3), live.seen)
})

test('a write that failed near its end is not there after a power loss', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    await simulate(seed, async sim => {
      const disk = sim.newDisk()
      const process = sim.boot('server', disk)
      const settings = { folder: FOLDER }
      const log = await openSimulatedJournal(process, newArena(), settings)
      await append(log, newArena(), { sequence: 1n })
      disk.failNext('write', 'ENOSPC')
      const never = { neverResent: true }
      const refused = await append(log, newArena(), { producer: 2n, bytes: 1 }, never)
      assert.ok(refused.type === 'unavailable' && !refused.mayBeStored)
      process.losePower()
      const again = await openSimulatedJournal(sim.boot('again', disk), newArena(), settings)
      assert.equal(again.producer('project0aa', 2n), undefined)
      assert.equal(again.producer('project0aa', 1n)?.lastSequence, 1)
    })
  }
})

faultTest('a failed write leaves nothing behind in the file', async given => {
  const { disk, log, arena } = given
  await append(log, arena, { sequence: 1n })
  disk.failNext('write', 'EIO')
  const refused = await append(log, arena, { sequence: 2n, bytes: 900 })
  assert.ok(refused.type === 'unavailable' && refused.reason === 'disk-failed')
  assert.deepEqual(await append(log, arena, { sequence: 2n, bytes: 10 }), DURABLE)
  await assertSurvives(given, 2)
})

faultTest('a sender that never repeats is not held up by its failed batch', async given => {
  const { disk, log, arena } = given
  disk.failNext('write', 'EIO')
  const never = { neverResent: true }
  assert.equal((await append(log, arena, { sequence: 1n }, never)).type, 'unavailable')
  assert.deepEqual(await append(log, arena, { sequence: 2n }, never), DURABLE)
})

faultTest('the others go on when the batches of one producer are withdrawn', async given => {
  const { disk, log, arena } = given
  await append(log, arena, { producer: 9n })
  disk.failNext('write', 'EIO')
  const first = append(log, arena, { producer: 1n, sequence: 1n })
  const repeat = append(log, arena, { producer: 1n, sequence: 1n })
  await Promise.resolve()
  await Promise.resolve()
  const outcomes = Promise.all([
    append(log, arena, { producer: 1n, sequence: 2n }),
    append(log, arena, { producer: 2n, sequence: 1n }),
  ])
  assert.equal((await first).type, 'unavailable')
  assert.equal((await repeat).type, 'unavailable', 'it shares the fate of the first')
  assert.deepEqual(
    (await outcomes).map(({ type }) => type),
    ['unavailable', 'durable'],
  )
})

faultTest(
  'room for what is acknowledged but in no segment yet is not given away',
  async given => {
    const { log, arena } = given
    const refused = await append(log, arena, { sequence: 1n })
    assert.ok(refused.type === 'unavailable' && refused.reason === 'disk-full')
  },
  { diskReserveBytes: 1_000, unflushedBytes: () => 9_000, capacityBytes: 10_000 },
)

faultTest(
  'the kept journal is given up before anyone is refused',
  async given => {
    const { disk, log, arena } = given
    const collector = collect(log)
    for (let sequence = 1n; sequence <= 60n; sequence++) {
      assert.deepEqual(await append(log, arena, { sequence, bytes: 900 }), DURABLE)
      await collector.reached(Number(sequence))
      collector.consumption.passed(placeBehind(collector.seen))
    }
    assert.ok(disk.usedBytes() <= 19_000)
    assert.ok(log.start().positions.at(0) > 0)
    assert.equal(await log.read('project0aa', Positions.NONE, () => undefined), 'gone')
    await assertSurvives(given, 60, { readable: false })
  },
  { diskReserveBytes: 1_000, capacityBytes: 20_000 },
)

faultTest(
  'trimming waits for the slowest consumer, then for the time to keep',
  async given => {
    const { sim, disk, log, arena } = given
    const [fast, slow] = [
      collect(log, Positions.NONE, { name: 'fast' }),
      collect(log, Positions.NONE, { name: 'slow' }),
    ]
    for (let sequence = 1n; sequence <= 20n; sequence++) {
      await append(log, arena, { sequence, bytes: 900 })
    }
    await Promise.all([fast.reached(20), slow.reached(20)])
    const files = journalFiles(disk).length
    assert.ok(files >= 5)
    fast.consumption.passed(placeBehind(fast.seen))
    await sim.sleep(120_000)
    assert.equal(journalFiles(disk).length, files)
    slow.consumption.passed(placeBehind(slow.seen, 9))
    await sim.sleep(10_000)
    const kept = journalFiles(disk).length
    assert.ok(kept < files && kept >= 3)
    for (let sequence = 21n; sequence <= 30n; sequence++) {
      await append(log, arena, { sequence, bytes: 900 })
    }
    await Promise.all([fast.reached(30), slow.reached(30)])
    for (const { consumption, seen } of [fast, slow]) consumption.passed(placeBehind(seen))
    await sim.sleep(10_000)
    assert.ok(journalFiles(disk).length >= 3, 'the newest are younger than a minute')
    await sim.sleep(120_000)
    assert.equal(journalFiles(disk).length, 1)
    assert.equal(log.observe()['files'], journalFiles(disk).length)
    assert.ok(log.start().receivedAtUs > (fast.seen[0]?.receivedAtUs ?? 0))
    await assertSurvives(given, 30, { readable: false })
  },
  { keepMs: 60_000 },
)

faultTest(
  'what is kept for replays is bounded in bytes',
  async given => {
    const { sim, log, arena } = given
    const collector = collect(log)
    for (let sequence = 1n; sequence <= 40n; sequence++) {
      await append(log, arena, { sequence, bytes: 900 })
      await collector.reached(Number(sequence))
      collector.consumption.passed(placeBehind(collector.seen))
    }
    await sim.sleep(6_000)
    const bytes = log.observe()['fileBytes'] as number
    assert.ok(bytes >= 10_000 && bytes <= 18_000, `${bytes} bytes kept`)
  },
  { keepBytes: 10_000 },
)

test('a lost thread ends the log: nothing more is promised, and its process is told', async () => {
  await simulate(1, async sim => {
    const { openJournalLog } = await sim.external(() => import('./journal-log.ts'))
    const { manifest } = await sim.external(() => import('../testing/journals.ts'))
    const process = sim.boot('server', sim.newDisk())
    const options = { folder: FOLDER, diskReserveBytes: 0 }
    const writer = await process.serviceThread(manifest, 'journal-writer', options, { callsMax: 8 })
    const tasks = process.taskPool(manifest, { threads: 1, queueMax: 4 })
    const arena = newArena()
    const failures: string[] = []
    const log = await openJournalLog({
      writer,
      tasks,
      arena,
      clock: process.clock,
      folder: FOLDER,
      keepMs: 1_000,
      keepBytes: 1_000,
      endAtLeast: 0,
      unflushedBytes: () => 0,
      onFailure: error => void failures.push(error.message),
    })
    const waiting = append(log, arena, { sequence: 1n })
    await sim.sleep(0.01)
    writer.crash()
    const outcome = await waiting
    assert.ok(outcome.type === 'unavailable' && outcome.reason === 'log-away')
    const next = await append(log, arena, { producer: 2n })
    assert.ok(next.type === 'unavailable' && next.reason === 'log-away')
    assert.deepEqual(failures, ['thread crashed'])
    assert.equal(arena.observe().batchesInUse, 0)
    await log.close()
  })
})

faultTest(
  'a file begun without a snapshot keeps those that know what came before',
  async given => {
    const { sim, disk, log, arena } = given
    const collector = collect(log)
    await append(log, arena, { producer: 5n })
    disk.failNext('sync', 'EIO', journalFiles(disk)[0] as string)
    await append(log, arena, { producer: 1n })
    await collector.reached(2)
    collector.consumption.passed(placeBehind(collector.seen))
    await sim.sleep(20_000)
    assert.equal(journalFiles(disk).length, 2)
    await assertSurvives(given, 1, { readable: false })
  },
  { keepMs: 0, keepBytes: 0 },
)

test('a reading that fails gives its memory back', async () => {
  const arena = newArena()
  const run = (): Promise<never> => Promise.reject(new Error('a bug'))
  const tasks = { run, observe: () => ({}), close: () => Promise.resolve() }
  const files = [{ start: 0, end: 5_000, firstReceivedAtUs: 1, hasSnapshot: false }]
  const clock = new VirtualClock()
  const reader = new JournalReader({ folder: FOLDER, tasks, arena, clock, files: () => files })
  await assert.rejects(reader.step(0, 5_000), /a bug/)
  assert.equal(arena.observe().batchesInUse, 0)
})

test('what a start finds behind a failed sync stays, however often the power goes', async () => {
  const found = new Set<boolean>()
  for (let seed = 1; seed <= 40; seed++) {
    await simulate(seed, async sim => {
      const disk = sim.newDisk()
      const settings = { folder: FOLDER, fileBytes: 2_000 }
      const process = sim.boot('server', disk)
      const [arena, batches] = [newArena(), 1 + (seed % 6)]
      const log = await openSimulatedJournal(process, arena, settings)
      for (let sequence = 1n; sequence <= batches; sequence++) {
        await append(log, arena, { sequence, bytes: 500 })
      }
      const failing = seed % 2 === 0 ? ['sync', 'truncate'] : ['sync', 'remove', 'truncate']
      disk.failWhen(operation => (failing.includes(operation) ? 'EIO' : undefined))
      await append(log, arena, { sequence: BigInt(batches + 1), bytes: 500 })
      disk.failWhen(() => undefined)
      process.kill()
      const read = async (): Promise<string[]> => {
        const again = await openSimulatedJournal(sim.boot('server', disk), newArena(), settings)
        assert.equal(again.recovered.admissionWhole, true)
        const collector = collect(again)
        await collector.reached(again.producer('project0aa', 1n)?.lastSequence ?? 0)
        return namesOf(collector.seen)
      }
      const first = await read()
      found.add(first.length > batches)
      disk.losePower()
      assert.deepEqual(await read(), first)
    })
  }
  assert.equal(found.size, 2, 'with and without the group that failed')
})

test('what is said not to be stored is not there after a kill or a power loss, whatever failed', async () => {
  const said = { lost: 0, doubtful: 0, doubtfulFound: 0, full: 0 }
  for (let seed = 1; seed <= 300; seed++) {
    await simulate(seed, async sim => {
      const random = sim.newRandom()
      const disk = sim.newDisk()
      const settings = { folder: FOLDER, fileBytes: 2_000 }
      const process = sim.boot('server', disk)
      const arena = newArena()
      const log = await openSimulatedJournal(process, arena, settings)
      const outcomes: AppendOutcome[] = []
      const send = async (): Promise<void> => {
        const ids = { producer: BigInt(outcomes.length + 1), bytes: 20 + random.below(400) }
        outcomes.push(await append(log, arena, ids, { neverResent: true }))
      }
      for (let left = random.below(4); left > 0; left--) await send()
      const failing = FAILING.filter(() => random.below(2) === 0)
      disk.failWhen(operation =>
        failing.includes(operation) && random.below(2) === 0 ? CODES[random.below(2)] : undefined,
      )
      for (let left = 1 + random.below(3); left > 0; left--) await send()
      disk.failWhen(() => undefined)
      if (random.below(2) === 0) process.kill()
      else process.losePower()
      const again = await openSimulatedJournal(sim.boot('server', disk), newArena(), settings)
      for (const [index, outcome] of outcomes.entries()) {
        const isThere = again.producer('project0aa', BigInt(index + 1)) !== undefined
        if (outcome.type === 'durable') assert.ok(isThere, `${index + 1} was acknowledged`)
        if (outcome.type !== 'unavailable') continue
        if (outcome.reason === 'disk-full' && outcome.mayBeStored) said.full++
        if (outcome.mayBeStored) {
          said.doubtful++
          if (isThere) said.doubtfulFound++
        } else {
          said.lost++
          assert.ok(!isThere, `${index + 1} was said not to be stored`)
        }
      }
    })
  }
  for (const [what, times] of Object.entries(said)) assert.ok(times >= 5, `${what}: ${times}`)
})

/** After a power loss everything acknowledged is known, and readable if it was not trimmed. */
async function assertSurvives(
  { sim, disk, log, arena }: Case,
  lastSequence: number,
  { readable = true } = {},
): Promise<void> {
  assert.equal(arena.observe().batchesInUse, 0)
  void log
  disk.losePower()
  const again = await openSimulatedJournal(sim.boot('server', disk), newArena(), {
    folder: FOLDER,
  })
  assert.equal(again.producer('project0aa', 1n)?.lastSequence, lastSequence)
  assert.equal(again.recovered.admissionWhole, true)
  if (!readable) return
  const collector = collect(again)
  await collector.reached(lastSequence)
  const expected = Array.from({ length: lastSequence }, (_, index) => `p1 0:${index + 1}`)
  assert.deepEqual(namesOf(collector.seen), expected)
}

function journalFiles(disk: SimulatedDisk): string[] {
  return disk.paths().filter(path => path.endsWith('.journal'))
}

faultTest(
  'a full queue refuses, and what was refused comes before what follows it',
  async given => {
    const { log, arena } = given
    const many = Array.from({ length: 16_384 }, (_, index) =>
      append(log, arena, { producer: 1n, sequence: BigInt(index + 1), bytes: 8 }),
    )
    const refused = await append(log, arena, { producer: 2n, sequence: 1n })
    assert.ok(refused.type === 'unavailable' && refused.reason === 'overloaded')
    for (const outcome of await Promise.all(many)) assert.deepEqual(outcome, DURABLE)
    const early = await append(log, arena, { producer: 2n, sequence: 2n })
    assert.equal(early.type, 'unavailable')
    assert.deepEqual(await append(log, arena, { producer: 2n, sequence: 1n }), DURABLE)
    assert.deepEqual(await append(log, arena, { producer: 2n, sequence: 2n }), DURABLE)
  },
  { fileBytes: 1 << 20, capacityBytes: 1 << 30 },
)
