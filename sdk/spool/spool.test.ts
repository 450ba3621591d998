import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MemoryDisk } from '../testing/memory-disk.ts'
import { type Faults, ModelServer, NO_FAULTS } from '../testing/model-server.ts'
import { SeededRandom } from '../testing/seeded.ts'
import { SpoolProgram, type SpoolProgramOptions } from '../testing/spool-program.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'

const DAY_MS = 86_400_000

interface World {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly server: ModelServer
  readonly disk: MemoryDisk
  readonly program: (name: string, options?: Partial<SpoolProgramOptions>) => SpoolProgram
}

function world(seed = 1): World {
  const clock = new VirtualClock()
  const random = new SeededRandom(seed)
  const server = new ModelServer(clock, random)
  const disk = new MemoryDisk(random)
  const shared = { server, disk, alive: new Set<string>() }
  const program = (name: string, options: Partial<SpoolProgramOptions> = {}): SpoolProgram =>
    new SpoolProgram({ world: shared, name, bytesMax: 1e9, residentBytesMax: 1e9, ...options })
  return { clock, random, server, disk, program }
}

const storedIds = (server: ModelServer): number[] => server.stored.map(({ id }) => id)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const spoolFiles = (disk: MemoryDisk): string[] =>
  [...disk.files.keys()].filter(path => !path.includes('/damaged/'))

/** A server that is away: nobody is connected, and nobody gets in. */
function takeAway(server: ModelServer): void {
  server.faults = { ...NO_FAULTS, refuseConnection: 1 }
  server.crash()
}

/** Batches of one producer are stored in the order in which they were made. */
function assertOrder(server: ModelServer): void {
  const last = new Map<bigint, number>()
  for (const { producer, id } of server.stored) {
    assert.ok(id > (last.get(producer) ?? -1), `${id} came after ${last.get(producer)}`)
    last.set(producer, id)
  }
}

function assertKept({ kept }: SpoolProgram, stored: readonly number[]): void {
  for (const id of kept) assert.ok(stored.includes(id), `batch ${id} was kept and is lost`)
}

/** Nothing that was kept is lost, and what is there twice was counted. */
function assertCounted(stored: readonly number[], programs: readonly SpoolProgram[]): void {
  const repeated = programs.reduce((sum, { counts }) => sum + counts.possiblyRepeated, 0)
  assert.ok(stored.length - new Set(stored).size <= repeated)
  for (const one of programs) assertKept(one, stored)
}

const probability = fc.constantFrom(0, 0, 0.02, 0.1, 0.3)
const faults: fc.Arbitrary<Faults> = fc.record({
  refuseConnection: probability,
  cut: probability,
  throttle: probability,
  silence: fc.constantFrom(0, 0, 0.02),
  newEpoch: fc.constantFrom(0, 0, 0.1),
  newEpochAhead: fc.constant(0),
  forget: fc.constant(0),
  swapAnswers: probability,
  maxDelayMs: fc.constantFrom(0, 1, 40),
})

interface Hazards {
  readonly faults: Faults
  readonly crash: number
  readonly exit: number
  readonly serverCrash: number
  readonly outage: number
  readonly diskFailure: number
  readonly diskDelayMs: number
  readonly residentBytesMax: number
  readonly bytesMax: number
}

const hazards: fc.Arbitrary<Hazards> = fc.record({
  faults,
  crash: fc.constantFrom(0.02, 0.1, 0.3),
  exit: fc.constantFrom(0, 0.05),
  serverCrash: fc.constantFrom(0, 0.05),
  outage: fc.constantFrom(0, 0.02),
  diskFailure: fc.constant(0),
  diskDelayMs: fc.constantFrom(1, 5, 100),
  residentBytesMax: fc.constantFrom(0, 1_000, 1e9),
  bytesMax: fc.constantFrom(8_000, 1e9),
})

interface Outcome extends World {
  readonly programs: readonly SpoolProgram[]
}

/** Two programs that share a folder, through failing hours; then everything recovers. */
function run(seed: number, count: number, bad: Hazards): Outcome {
  const made = world(seed)
  const { clock, random, server, disk, program } = made
  const programs = ['a', 'b'].map(name => program(name, bad))
  server.faults = bad.faults
  disk.failure = bad.diskFailure
  disk.maxDelayMs = bad.diskDelayMs
  let awayUntilMs = 0
  for (let id = 0; id < count; id++) {
    const one = programs[random.chance(0.5) ? 1 : 0] as SpoolProgram
    one.push(id)
    if (random.chance(bad.crash)) one.crash()
    else if (bad.bytesMax === 1e9 && random.chance(bad.exit)) one.exit()
    if (random.chance(bad.serverCrash)) server.crash()
    if (random.chance(bad.outage)) {
      takeAway(server)
      awayUntilMs = clock.monotonicMs() + 1_000
    }
    if (clock.monotonicMs() >= awayUntilMs) server.faults = bad.faults
    clock.advance(random.unit() * 60)
  }
  server.faults = NO_FAULTS
  disk.failure = 0
  clock.advance(120_000)
  for (const one of programs) one.crash()
  clock.advance(240_000)
  return { ...made, programs }
}

test('what the spool took is stored exactly once, in order, whoever dies and whenever', () => {
  let kept = 0
  let crossed = 0
  fc.assert(
    fc.property(fc.integer(), hazards, (seed, bad) => {
      const { server, disk, programs } = run(seed, 60, bad)
      assert.deepEqual(server.violations, [])
      assertOrder(server)
      const stored = storedIds(server)
      assert.equal(new Set(stored).size, stored.length, 'stored twice')
      for (const one of programs) {
        assertKept(one, stored)
        for (const id of one.settled) assert.ok(stored.includes(id), `batch ${id} was settled`)
        assert.deepEqual(one.counts, { possiblyRepeated: 0, lost: 0 })
        assert.equal(one.spool.stats().bytes, 0)
        kept += one.kept.size
        crossed += [...one.kept].filter(id => !one.settled.has(id)).length
      }
      assert.deepEqual(spoolFiles(disk), [])
    }),
    { numRuns: 400 },
  )
  // The test would say nothing if what one process kept was never another's to send.
  assert.ok(kept > 1_000 && crossed > 100, `${kept} kept, ${crossed} sent by another process`)
})

test('a server that forgets may store twice, and never more than is counted', () => {
  fc.assert(
    fc.property(fc.integer(), hazards, (seed, bad) => {
      // The first acknowledgement is noted at once: before that nobody could tell.
      const forgetting = { ...bad, diskDelayMs: 0, faults: { ...bad.faults, forget: 0.2 } }
      const { server, programs } = run(seed, 60, forgetting)
      assertCounted(storedIds(server), programs)
    }),
    { numRuns: 300 },
  )
})

test('a disk that fails and fills up loses nothing that it had taken', () => {
  fc.assert(
    fc.property(fc.integer(), hazards, fc.constantFrom(0.02, 0.2), (seed, bad, diskFailure) => {
      const { server, programs } = run(seed, 60, { ...bad, diskFailure })
      assertCounted(storedIds(server), programs)
    }),
    { numRuns: 300 },
  )
})

test('what a killed process had not sent goes out under its old numbers', () => {
  const { clock, server, program } = world()
  const one = program('a')
  one.push(0)
  clock.advance(2_000)
  takeAway(server)
  for (const id of [1, 2, 3]) one.push(id)
  clock.advance(100)
  one.crash()
  server.faults = NO_FAULTS
  one.push(4)
  clock.advance(60_000)
  assert.deepEqual(new Set(storedIds(server)), new Set(upTo(5)))
  const [first] = server.stored
  for (const [sequence, id] of [
    [2, 1],
    [3, 2],
    [4, 3],
  ]) {
    const stored = server.stored.find(other => other.id === id)
    assert.deepEqual(stored, { id, producer: first?.producer, epoch: 1, sequence })
  }
  assert.notEqual(server.stored.find(({ id }) => id === 4)?.producer, first?.producer)
  const { found, settled, bytes } = one.spool.stats()
  assert.deepEqual([found, settled, bytes], [3, 3, 0])
})

test('in an outage batches lie on disk, not in memory, and all of them arrive', () => {
  const { clock, server, disk, program } = world()
  takeAway(server)
  const one = program('a', { residentBytesMax: 5_000 })
  for (const id of upTo(500)) {
    one.push(id)
    clock.advance(20)
  }
  // Each takes 200 bytes besides its content, of which hardly any is left.
  assert.ok(one.sender.bytes <= 500 * 200 + 250, String(one.sender.bytes))
  assert.ok(disk.bytes > 500 * 48)
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.deepEqual(storedIds(server), upTo(500))
  assert.deepEqual(spoolFiles(disk), [])
})

test('the spool keeps to its bound, and what is beyond stays in memory and arrives', () => {
  const { clock, server, disk, program } = world()
  takeAway(server)
  const one = program('a', { bytesMax: 10_000 })
  for (const id of upTo(1_000)) {
    one.push(id)
    clock.advance(20)
    // A file's beginning is not refused for want of room.
    assert.ok(disk.bytes < 10_000 + 500, String(disk.bytes))
    if (disk.bytes < 9_000) assert.doesNotMatch(one.troubles.join(), /are full/)
  }
  assert.ok(disk.bytes > 9_000)
  assert.match(one.troubles.join(), /10000 bytes are full/)
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.deepEqual(storedIds(server), upTo(1_000))
  assert.deepEqual(spoolFiles(disk), [])
})

test('a new process has no more room than earlier ones left', () => {
  const { clock, server, disk, program } = world()
  takeAway(server)
  const one = program('a', { bytesMax: 10_000 })
  for (let life = 0; life < 5; life++) {
    for (const id of upTo(100)) one.push(100 * life + id)
    clock.advance(1_000)
    one.crash()
  }
  clock.advance(1_000)
  assert.ok(disk.bytes < 10_000 + 2_000, String(disk.bytes))
})

test('a full disk is counted and told, and the spool goes on once there is room', () => {
  const { clock, server, disk, program } = world()
  takeAway(server)
  disk.bytesMax = 1_000
  const one = program('a')
  for (const id of upTo(100)) {
    one.push(id)
    clock.advance(100)
  }
  assert.ok(one.spool.stats().failures > 2)
  assert.match(one.troubles.join(), /cannot be written: ENOSPC/)
  assert.ok(disk.bytes <= 1_000)
  disk.bytesMax = Number.POSITIVE_INFINITY
  clock.advance(2_000)
  one.crash()
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.deepEqual(storedIds(server), upTo(100))
})

test('a server that has forgotten the producer gets everything anew, counted', () => {
  const { clock, server, program } = world()
  const one = program('a')
  one.push(0)
  clock.advance(2_000)
  takeAway(server)
  for (const id of [1, 2]) one.push(id)
  clock.advance(100)
  one.crash()
  server.forget()
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.deepEqual(storedIds(server), upTo(3))
  assert.equal(one.counts.possiblyRepeated, 2)
  assert.deepEqual(
    server.stored.slice(1).map(({ epoch, sequence }) => [epoch, sequence]),
    [
      [1, 1],
      [1, 2],
    ],
  )
})

test('a spool older than six days opens a new epoch by itself, counted, acknowledged or not', () => {
  for (const isKnown of [true, false]) {
    const { clock, server, program } = world()
    const one = program('a')
    if (isKnown) one.push(0)
    clock.advance(2_000)
    takeAway(server)
    for (const id of [1, 2]) one.push(id)
    clock.advance(100)
    clock.skip(6.5 * DAY_MS)
    one.crash()
    const before = server.hellos.length
    server.faults = NO_FAULTS
    clock.advance(60_000)
    assert.equal(server.hellos[before]?.firstUnacked, 1)
    assert.deepEqual(storedIds(server).slice(-2), [1, 2])
    assert.equal(one.counts.possiblyRepeated, 2)
  }
})

test('the epoch that the server asked for is the one in which the next process goes on', () => {
  const { clock, server, program } = world()
  server.faults = { ...NO_FAULTS, newEpoch: 1 }
  const one = program('a')
  one.push(0)
  clock.advance(30)
  takeAway(server)
  for (const id of [1, 2]) one.push(id)
  clock.advance(2_000)
  one.crash()
  server.faults = NO_FAULTS
  clock.advance(60_000)
  const producer = server.stored[0]?.producer
  assert.deepEqual(server.stored, [
    { id: 0, producer, epoch: 1, sequence: 1 },
    { id: 1, producer, epoch: 2, sequence: 1 },
    { id: 2, producer, epoch: 2, sequence: 2 },
  ])
  assert.equal(one.counts.possiblyRepeated, 0)
})

test('a damaged batch is counted, the others arrive, and the file is set aside', () => {
  const { clock, server, disk, program } = world()
  takeAway(server)
  const one = program('a')
  for (const id of upTo(5)) one.push(id)
  clock.advance(1_000)
  const [[path, content]] = [...disk.files] as [[string, Buffer]]
  content[content.indexOf('LGSB') + 40 + 2] = 0xff
  one.crash()
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.deepEqual(storedIds(server), [1, 2, 3, 4])
  const { lost, damagedFiles } = one.spool.stats()
  assert.deepEqual([lost, damagedFiles], [1, 1])
  assert.match(one.troubles.join(), /is set aside: damaged at byte/)
  const name = path.split('/').at(-1)
  assert.ok(
    [...disk.files.keys()].some(file => file.includes('/damaged/') && file.endsWith(`-${name}`)),
  )
  assert.deepEqual(spoolFiles(disk), [])
})

test('a file that says nothing of whose it is costs only itself', () => {
  const { clock, server, disk, program } = world()
  takeAway(server)
  const one = program('a')
  one.push(0)
  clock.advance(1_000)
  const [path] = [...disk.files.keys()] as [string]
  disk.files.set(path, Buffer.alloc(500, 7))
  one.crash()
  server.faults = NO_FAULTS
  one.push(1)
  clock.advance(60_000)
  assert.deepEqual(storedIds(server), [1])
  assert.equal(one.spool.stats().damagedFiles, 1)
  assert.deepEqual(spoolFiles(disk), [])
})

test('processes that live side by side leave each other alone; of a dead one the next takes over', () => {
  const { clock, server, program } = world()
  takeAway(server)
  const [one, other] = [program('a'), program('b')]
  one.push(0)
  other.push(1)
  clock.advance(200_000)
  assert.deepEqual([one.spool.stats().found, other.spool.stats().found], [0, 0])
  one.crash()
  clock.advance(1_000)
  assert.equal(one.spool.stats().found, 1)
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.deepEqual(new Set(storedIds(server)), new Set([0, 1]))
})

test('what ends while another lives is found within a minute', () => {
  const { clock, server, program } = world()
  takeAway(server)
  const [one, other] = [program('a'), program('b')]
  one.push(0)
  clock.advance(1_000)
  let isReleased = false
  void one.spool.close().then(() => {
    isReleased = true
  })
  clock.advance(61_000)
  assert.equal(other.spool.stats().found, 1)
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.deepEqual(storedIds(server).slice(0, 1), [0])
  return Promise.resolve().then(() => assert.ok(isReleased))
})

test('a process that ends writes what is still on its way to the disk', () => {
  const { clock, server, disk, program } = world()
  takeAway(server)
  disk.maxDelayMs = 1_000
  const one = program('a')
  for (const id of upTo(30)) {
    one.push(id)
    clock.advance(5)
  }
  assert.ok(one.kept.size < 30)
  one.exit()
  server.faults = NO_FAULTS
  clock.advance(120_000)
  assert.deepEqual(storedIds(server), upTo(30))
})

test('a second after everything is settled nothing is left on disk', () => {
  const { clock, disk, server, program } = world()
  const one = program('a')
  for (const id of upTo(50)) {
    one.push(id)
    clock.advance(30)
  }
  assert.equal(spoolFiles(disk).length, 1)
  clock.advance(1_500)
  assert.deepEqual(spoolFiles(disk), [])
  assert.equal(storedIds(server).length, 50)
  assert.equal(one.spool.stats().bytes, 0)
})

test('logs of another key are told of, not sent', () => {
  const { clock, disk, server, program } = world()
  disk.folders.add('/spool/other')
  disk.folders.add('/spool/other/free-17')
  const one = program('a')
  clock.advance(1_000)
  assert.match(one.troubles.join(), /spool\/other holds logs of another key/)
  assert.deepEqual([server.stored.length, disk.folders.has('/spool/other/free-17')], [0, true])
})
