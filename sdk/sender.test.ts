import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from './clock.ts'
import { Sender, type SenderOptions } from './sender.ts'
import { batchOf, type Faults, ModelServer, NO_FAULTS } from './testing/model-server.ts'
import { SeededRandom } from './testing/seeded.ts'
import { VirtualClock } from './testing/virtual-clock.ts'
import type { ConnectionEnd, Transport } from './transport.ts'

const DAY_MS = 86_400_000

interface World {
  readonly clock: VirtualClock
  readonly server: ModelServer
  readonly sender: Sender
  readonly troubles: string[]
}

function world(seed = 1, options: Partial<SenderOptions> = {}): World {
  const clock = new VirtualClock()
  const random = new SeededRandom(seed)
  const server = new ModelServer(clock, random)
  const troubles: string[] = []
  const sender = new Sender({
    key: 'lb_key',
    transports: [server.transport()],
    clock,
    random,
    onTrouble: message => troubles.push(message),
    onRoom: () => {},
    ...options,
  })
  return { clock, server, sender, troubles }
}

const ids = (server: ModelServer): number[] => server.stored.map(({ id }) => id)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

const probability = fc.constantFrom(0, 0, 0.02, 0.1, 0.3)
const faults: fc.Arbitrary<Faults> = fc.record({
  refuseConnection: probability,
  cut: probability,
  throttle: probability,
  silence: fc.constantFrom(0, 0, 0.02),
  newEpoch: fc.constantFrom(0, 0, 0.05),
  newEpochAhead: fc.nat(3),
  forget: fc.constant(0),
  swapAnswers: probability,
  maxDelayMs: fc.constantFrom(0, 1, 40),
})

/** Pushes batches through failing hours, then lets the server recover. */
function run(seed: number, count: number, bad: Faults): World {
  const made = world(seed)
  const { clock, server, sender } = made
  server.faults = bad
  for (let id = 0; id < count; id++) {
    if (server.random.chance(0.1)) server.bad.add(id)
    const expected = id
    sender.push(batchOf(id))
    sender.whenSettled(() => {
      const stored = new Set(ids(server))
      for (let i = 0; i <= expected; i++)
        assert.ok(stored.has(i) || server.bad.has(i), `batch ${i}`)
    })
    clock.advance(server.random.unit() * 60)
  }
  clock.advance(600_000)
  server.faults = NO_FAULTS
  clock.advance(120_000)
  return made
}

test('whatever fails, every batch is stored exactly once, in order, and only then acknowledged', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), faults, (seed, count, bad) => {
      const { server, sender } = run(seed, count, bad)
      assert.deepEqual(server.violations, [])
      assert.deepEqual(
        ids(server),
        upTo(count).filter(id => !server.bad.has(id)),
      )
      assert.equal(sender.pending, 0)
      assert.equal(sender.bytes, 0)
      assert.equal(sender.counts.acknowledged + sender.counts.rejected, count)
      // Where a rejection was lost, the number of a later batch tells only that it was settled.
      assert.ok(sender.counts.rejected <= server.bad.size)
      assert.equal(sender.counts.possiblyRepeated, 0)
    }),
    { numRuns: 400 },
  )
})

test('a server that forgets may store twice, and never more than is counted', () => {
  fc.assert(
    fc.property(fc.integer(), faults, (seed, bad) => {
      const count = 40
      const { server, sender } = run(seed, count, { ...bad, forget: 0.2 })
      const stored = ids(server)
      const firsts = [...new Set(stored)]
      assert.deepEqual(
        firsts.toSorted((a, b) => a - b),
        upTo(count).filter(id => !server.bad.has(id)),
      )
      assert.ok(stored.length - firsts.length <= sender.counts.possiblyRepeated)
      assert.equal(sender.counts.acknowledged + sender.counts.rejected, count)
    }),
    { numRuns: 300 },
  )
})

test('a window of batches is on its way at once, no more', () => {
  const { clock, server, sender } = world()
  server.faults = { ...NO_FAULTS, silence: 1 }
  for (const id of upTo(30)) sender.push(batchOf(id))
  clock.advance(100)
  assert.equal(server.stored.length, 12)
  assert.equal(sender.hasRoom, false)
})

test('a throttled batch and all after it are sent again after the wait', () => {
  const { clock, server, sender, troubles } = world()
  sender.push(batchOf(0))
  clock.advance(100)
  server.faults = { ...NO_FAULTS, throttle: 1 }
  for (const id of [1, 2, 3]) sender.push(batchOf(id))
  clock.advance(20)
  assert.equal(server.stored.length, 1)
  assert.equal(sender.hasRoom, false)
  server.faults = NO_FAULTS
  clock.advance(100)
  assert.deepEqual(ids(server), upTo(4))
  assert.ok(sender.counts.throttles >= 1)
  assert.match(troubles.join(), /asks to wait: full/)
})

test('after a lost connection the same numbers are used again', () => {
  const { clock, server, sender } = world()
  server.faults = { ...NO_FAULTS, cut: 1 }
  sender.push(batchOf(0))
  clock.advance(50)
  server.faults = NO_FAULTS
  clock.advance(5_000)
  assert.deepEqual(ids(server), [0])
  const [first, second] = server.hellos
  assert.equal(second?.producer, first?.producer)
  assert.equal(second?.epoch, first?.epoch)
  assert.equal(second?.firstUnacked, 1)
})

test('a server that never welcomes, or never answers, is left', () => {
  const clock = new VirtualClock()
  let connections = 0
  let closed = 0
  const mute: Transport = {
    name: 'grpc',
    isGreeted: true,
    connect: () => {
      connections++
      return { send: () => {}, close: () => closed++ }
    },
  }
  const { sender, troubles } = world(1, { clock, transports: [mute] })
  sender.push(batchOf(0))
  clock.advance(6_000)
  assert.equal(connections, 2)
  assert.equal(closed, 1)
  assert.match(troubles.join(), /no answer/)
  sender.close()
  clock.advance(60_000)
  assert.equal(connections, 2)
  assert.equal(clock.pending, 0)
})

test('attempts to connect become rarer, up to half a minute apart', () => {
  const clock = new VirtualClock()
  const times: number[] = []
  const dead = failing(
    clock,
    { type: 'unavailable', reason: 'nobody there', retryAfterMs: 0 },
    () => {
      times.push(clock.monotonicMs())
    },
  )
  const { sender } = world(3, { clock, transports: [dead] })
  sender.push(batchOf(0))
  clock.advance(600_000)
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number))
  assert.ok((gaps[0] as number) <= 100, `${gaps[0]}`)
  assert.ok(gaps.slice(-5).every(gap => gap >= 15_000 && gap <= 30_000))
})

/** A transport whose connections all end like this. */
function failing(clock: Clock, end: ConnectionEnd, connected: () => void = () => {}): Transport {
  return {
    name: 'grpc',
    isGreeted: true,
    connect: (_hello, handler) => {
      connected()
      const cancel = clock.after(1, () => handler.closed(end))
      return { send: () => {}, close: cancel }
    },
  }
}

test('a refused key is tried again rarely, and nothing is lost meanwhile', () => {
  const clock = new VirtualClock()
  let attempts = 0
  const refusing = failing(clock, { type: 'refused', reason: 'revoked' }, () => attempts++)
  const { sender, troubles } = world(1, { clock, transports: [refusing] })
  sender.push(batchOf(0))
  clock.advance(60_000)
  assert.ok(attempts >= 3 && attempts <= 12, `${attempts}`)
  assert.match(troubles.join(), /refuses the key: revoked/)
  assert.equal(sender.pending, 1)
})

test('where gRPC cannot be reached HTTP is used, and gRPC tried again later', () => {
  const clock = new VirtualClock()
  const server = new ModelServer(clock, new SeededRandom(1))
  let isBlocked = true
  let attempts = 0
  const blocked = failing(clock, { type: 'unavailable', reason: 'blocked', retryAfterMs: 0 })
  const grpc: Transport = {
    ...blocked,
    connect: (hello, handler) => {
      attempts++
      return (isBlocked ? blocked : server.transport()).connect(hello, handler)
    },
  }
  const { sender } = world(1, { clock, transports: [grpc, server.transport('http', false)] })
  sender.push(batchOf(0))
  clock.advance(1_000)
  assert.equal(sender.transport, 'http')
  assert.deepEqual(ids(server), [0])
  for (const id of [1, 2]) {
    sender.push(batchOf(id))
    clock.advance(1_000)
  }
  assert.equal(attempts, 1)
  for (let minute = 0; minute < 60; minute++) {
    sender.push(batchOf(3 + minute))
    clock.advance(60_000)
  }
  assert.ok(attempts >= 5 && attempts <= 8, `${attempts} attempts in an hour`)
  isBlocked = false
  clock.advance(3_600_000)
  sender.push(batchOf(63))
  clock.advance(1_000)
  assert.equal(sender.transport, 'grpc')
  assert.deepEqual(ids(server), upTo(64))
})

test('what the server had stored before the connection broke is not sent again', () => {
  const { clock, server, sender } = world()
  server.faults = { ...NO_FAULTS, silence: 1 }
  for (const id of upTo(5)) sender.push(batchOf(id))
  clock.advance(1_000)
  assert.equal(server.stored.length, 5)
  assert.equal(sender.pending, 5)
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.equal(sender.pending, 0)
  assert.equal(sender.counts.acknowledged, 5)
  assert.deepEqual(ids(server), upTo(5))
})

test('asked for a new epoch, the sender settles the old one first and begins again at 1', () => {
  const { clock, server, sender } = world()
  server.faults = { ...NO_FAULTS, newEpoch: 1 }
  sender.push(batchOf(0))
  clock.advance(50)
  server.faults = NO_FAULTS
  for (const id of [1, 2]) sender.push(batchOf(id))
  clock.advance(1_000)
  assert.deepEqual(
    server.stored.map(({ id, epoch, sequence }) => [id, epoch, sequence]),
    [
      [0, 1, 1],
      [1, 2, 1],
      [2, 2, 2],
    ],
  )
  assert.equal(sender.counts.possiblyRepeated, 0)
})

test('batches of an epoch that ends are acknowledged before the next, over cuts too', () => {
  let ended = 0
  fc.assert(
    fc.property(fc.integer(), faults, (seed, bad) => {
      const count = 40
      const { server, sender } = run(seed, count, { ...bad, newEpoch: 0.3 })
      assert.deepEqual(server.violations, [])
      assert.deepEqual(
        ids(server),
        upTo(count).filter(id => !server.bad.has(id)),
      )
      assert.equal(sender.counts.possiblyRepeated, 0)
      ended += server.epochsEnded
    }),
    { numRuns: 300 },
  )
  assert.ok(ended > 500, `${ended} epochs`)
})

test('a sender that rested for a week opens a new epoch by itself', () => {
  const { clock, server, sender } = world()
  sender.push(batchOf(0))
  clock.advance(1_000)
  clock.skip(6.5 * DAY_MS)
  server.forget()
  sender.push(batchOf(1))
  clock.advance(1_000)
  assert.deepEqual(ids(server), [0, 1])
  assert.equal(server.hellos.at(-1)?.epoch, 2)
  assert.equal(server.hellos.at(-1)?.firstUnacked, 1)
  assert.equal(sender.counts.possiblyRepeated, 0)
})

test('a week after a rejection, too, a sender opens a new epoch by itself', () => {
  const { clock, server, sender } = world()
  server.bad.add(0)
  sender.push(batchOf(0))
  clock.advance(1_000)
  clock.skip(6.5 * DAY_MS)
  server.forget()
  sender.push(batchOf(1))
  clock.advance(1_000)
  assert.deepEqual(ids(server), [1])
  assert.deepEqual(
    server.hellos.map(({ epoch, firstUnacked }) => [epoch, firstUnacked]),
    [
      [1, 1],
      [2, 1],
    ],
  )
})

test('a second expired epoch without an acknowledgement changes the producer', () => {
  const clock = new VirtualClock()
  const { sender } = world(1, { clock, transports: [failing(clock, { type: 'epoch-expired' })] })
  sender.push(batchOf(0))
  clock.advance(20)
  const server = new ModelServer(clock, new SeededRandom(2))
  const hellos: bigint[] = []
  const expired = failing(clock, { type: 'epoch-expired' })
  const spy: Transport = {
    ...expired,
    connect: (hello, handler) => {
      hellos.push(hello.producer)
      return (hellos.length < 3 ? expired : server.transport()).connect(hello, handler)
    },
  }
  const other = world(1, { clock, transports: [spy] })
  other.sender.push(batchOf(7))
  clock.advance(5_000)
  assert.equal(new Set(hellos).size, 2)
  assert.deepEqual(ids(server), [7])
})

test('whoever waits is told when everything pushed before is settled', () => {
  const { clock, server, sender } = world()
  let told = 0
  sender.whenSettled(() => told++)
  assert.equal(told, 1)
  sender.push(batchOf(0))
  sender.whenSettled(() => told++)
  const cancel = sender.whenSettled(() => assert.fail('it was cancelled'))
  cancel()
  assert.equal(told, 1)
  clock.advance(100)
  assert.equal(told, 2)
  assert.equal(server.stored.length, 1)
})

test('in a hurry the sender tries at once instead of waiting for its next attempt', () => {
  const { clock, server, sender } = world()
  server.faults = { ...NO_FAULTS, refuseConnection: 1 }
  sender.push(batchOf(0))
  clock.advance(100_000)
  server.faults = NO_FAULTS
  sender.hurry()
  clock.advance(100)
  assert.deepEqual(ids(server), [0])
})

test('room is told when a batch would leave at once', () => {
  let rooms = 0
  const { clock, server, sender } = world(1, { onRoom: () => rooms++ })
  server.faults = { ...NO_FAULTS, silence: 1 }
  for (const id of upTo(12)) sender.push(batchOf(id))
  assert.equal(sender.hasRoom, false)
  clock.advance(100)
  assert.equal(rooms, 0)
  server.faults = NO_FAULTS
  clock.advance(60_000)
  assert.ok(rooms > 0)
  assert.equal(sender.hasRoom, true)
})
