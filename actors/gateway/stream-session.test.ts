import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ProvenSound } from '#actors/processing/prove-batch.ts'
import type { OfferOutcome } from '#actors/project/project.ts'
import { BATCH_BYTES_MAX } from '#proto/limits.ts'
import type { ServerMessage } from '#proto/stream.ts'
import {
  type PendingBatch,
  type Proof,
  type SessionEnd,
  type SessionPort,
  StreamSession,
} from './stream-session.ts'

const SOUND: ProvenSound = {
  type: 'sound',
  kind: 0,
  records: 1,
  rejected: [],
  refused: null,
  times: null,
  untimed: 1,
}
const DURABLE: OfferOutcome = { type: 'settled', outcomes: [{ type: 'durable', repeat: false }] }
const OVER_QUOTA: OfferOutcome = { type: 'over-quota', retryAfterMs: 700 }
const DISK_FULL: OfferOutcome = {
  type: 'settled',
  outcomes: [{ type: 'unavailable', reason: 'disk-full', retryAfterMs: 900, mayBeStored: false }],
}

test('a hello is answered by a welcome with the limits', () => {
  const { world, session } = open({ lastDurable: 4, firstUnacked: 3 })
  assert.deepEqual(world.sent, [
    {
      type: 'welcome',
      lastDurable: 4,
      highestSchema: 1,
      batchBytesMax: BATCH_BYTES_MAX,
      batchRecordsMax: 8_192,
    },
  ])
  assert.equal(session.wantsMore, true)
})

test('answers come in the order of the batches, whatever is proven and settled first', () => {
  const { world } = open()
  for (const sequence of [1, 2, 3]) world.batch(sequence)
  world.prove(3)
  world.prove(2)
  assert.deepEqual(world.offered, [])
  world.prove(1)
  assert.deepEqual(world.offered, [1, 2, 3])
  world.settle(2, DURABLE)
  world.settle(3, DURABLE)
  assert.deepEqual(world.answers(), [])
  world.settle(1, DURABLE)
  assert.deepEqual(world.answers(), ['ack 1', 'ack 2', 'ack 3'])
  world.assertNothingHeld()
})

test('an acknowledgement tells the refused records, a hundred at most', () => {
  const { world } = open()
  const rejected = Array.from({ length: 150 }, (_, index) => ({ index, reason: 'bad' }))
  world.batch(1)
  world.prove(1, { ...SOUND, records: 200, rejected })
  world.settle(1, DURABLE)
  const ack = world.sent.at(-1)
  assert.ok(ack?.type === 'ack')
  assert.deepEqual([ack.rejectedCount, ack.rejected.length], [150, 100])
})

test('a batch that is invalid as a whole consumes its number, in its turn', () => {
  const { world } = open()
  for (const sequence of [1, 2, 3]) world.batch(sequence)
  world.prove(2, { type: 'invalid', reason: 'lying lengths' })
  world.prove(3)
  world.prove(1)
  assert.deepEqual(world.offered, [1, 2, 3])
  world.settle(3, DURABLE)
  world.settle(1, DURABLE)
  assert.deepEqual(world.answers(), ['ack 1'])
  world.settle(2, DURABLE)
  assert.deepEqual(world.answers(), ['ack 1', 'reject 2 lying lengths', 'ack 3'])
  world.assertNothingHeld()
})

test('a rejection that the log cannot take is no rejection: the batch has to come again', () => {
  const { world } = open()
  world.batch(1)
  world.prove(1, { type: 'invalid', reason: 'lying lengths' })
  world.settle(1, DISK_FULL)
  assert.deepEqual(world.answers(), ['throttle 1 disk-full 900'])
  world.assertNothingHeld()
})

test('a batch that is too large is rejected without being copied', () => {
  const { world } = open()
  world.batch(1, BATCH_BYTES_MAX + 1)
  world.batch(2)
  assert.equal(world.held.size, 1)
  world.prove(2)
  for (const sequence of [1, 2]) world.settle(sequence, DURABLE)
  assert.match(world.answers().join(', '), /^reject 1 the batch has .*, ack 2$/)
})

test('a new epoch begins behind all that the sender may have stored; what is beyond is discarded', () => {
  const { world, session } = open({ lastDurable: null, firstUnacked: 3 })
  world.batch(3)
  session.newEpoch()
  session.newEpoch()
  // Numbers up to 66 may have been on their way before this stream, and be stored.
  const told = world.sent.filter(({ type }) => type === 'new_epoch')
  assert.deepEqual(told, [{ type: 'new_epoch', after: 66 }])
  for (let sequence = 4; sequence <= 68; sequence++) world.batch(sequence)
  for (let sequence = 3; sequence <= 66; sequence++) {
    world.prove(sequence)
    world.settle(sequence, DURABLE)
  }
  assert.equal(world.answers().at(-1), 'ack 66')
  assert.equal(world.answers().length, 64)
  world.assertNothingHeld()
})

test('after a throttle everything is discarded until that batch comes again', () => {
  const { world } = open()
  for (const sequence of [1, 2, 3, 4]) world.batch(sequence)
  for (const sequence of [1, 2, 3]) world.prove(sequence)
  world.settle(1, DURABLE)
  world.settle(2, OVER_QUOTA)
  assert.deepEqual(world.answers(), ['ack 1', 'throttle 2 over-quota 700'])
  world.batch(5)
  world.settle(3, { type: 'out-of-turn', fromSequence: 2 })
  world.prove(4)
  world.batch(6)
  world.assertNothingHeld()
  world.batch(2)
  world.batch(3)
  for (const sequence of [2, 3]) world.prove(sequence)
  for (const sequence of [2, 3]) world.settle(sequence, DURABLE)
  assert.deepEqual(world.answers().slice(2), ['ack 2', 'ack 3'])
  assert.deepEqual(world.offered, [1, 2, 3, 2, 3])
})

test('an earlier batch that is sent back later wins over a later one', () => {
  const { world } = open()
  world.batch(1)
  world.batch(2)
  world.prove(1)
  world.prove(2)
  world.settle(2, OVER_QUOTA)
  assert.deepEqual(world.answers(), [])
  world.settle(1, DISK_FULL)
  assert.deepEqual(world.answers(), ['throttle 1 disk-full 900'])
  world.batch(2)
  assert.equal(world.held.size, 0)
  world.batch(1)
  assert.equal(world.held.size, 1)
})

test('without room in memory or in the project the sender is told to wait', () => {
  const { world } = open()
  world.hasMemory = false
  world.batch(1)
  assert.deepEqual(world.answers(), ['throttle 1 overloaded 50'])
  world.hasMemory = true
  world.projectHasRoom = false
  world.batch(1)
  world.prove(1)
  assert.equal(world.answers().at(-1), 'throttle 1 overloaded 50')
  world.assertNothingHeld()
  assert.equal(world.overloads, 2)
})

test('a proof that failed by a fault of ours sends the batch back, it is not lost', () => {
  const { world } = open()
  world.batch(1)
  world.prove(1, { type: 'failed' })
  assert.deepEqual(world.answers(), ['throttle 1 overloaded 1000'])
  world.assertNothingHeld()
})

test('only so much is on its way at once', () => {
  const { world, session } = open()
  for (const sequence of [1, 2, 3, 4]) world.batch(sequence)
  assert.equal(session.wantsMore, false)
  world.prove(1)
  world.settle(1, DURABLE)
  assert.equal(session.wantsMore, true)
  world.batch(5, 900)
  assert.equal(session.wantsMore, false)
})

test('a batch out of order ends the stream, and nothing of it is offered', () => {
  for (const [first, then] of [
    [5, null],
    [0, null],
    [1, 3],
    [1, 1],
  ] as const) {
    const { world } = open()
    world.batch(first)
    if (then !== null) world.batch(then)
    assert.equal(world.ended?.status, 'bad-request')
    for (let left = world.proving.at(-1); left !== undefined; left = world.proving.at(-1)) {
      world.prove(left.sequence)
    }
    assert.deepEqual(world.offered, [])
    world.assertNothingHeld()
  }
})

test('the first batch may be one that is durable already', () => {
  const { world } = open({ lastDurable: 7, firstUnacked: 3 })
  world.batch(3)
  world.batch(4)
  assert.equal(world.ends.length, 0)
  world.batch(6)
  assert.equal(world.ended?.status, 'bad-request')
})

test('the next batch is the one behind what the welcome says is durable', () => {
  const { world } = open({ lastDurable: 4, firstUnacked: 3 })
  world.batch(5)
  assert.equal(world.ended, null)
  world.prove(5)
  world.settle(5, DURABLE)
  assert.deepEqual(world.answers(), ['ack 5'])
})

test('a batch or a second hello at the wrong time ends the stream', () => {
  const early = new World()
  early.batch(1)
  assert.equal(early.ended?.status, 'bad-request')
  const { world, session } = open()
  assert.equal(session.greeted(), false)
  assert.equal(world.ended?.status, 'bad-request')
})

test('a producer that is not known, or went on elsewhere, is told to open a new epoch', () => {
  const unknown = new World()
  unknown.session.greeted()
  unknown.session.opened(7, { type: 'epoch-expired' })
  assert.equal(unknown.ended?.status, 'epoch-expired')
  assert.match(unknown.ended?.details ?? '', /^EPOCH_EXPIRED/)
  const { world } = open()
  world.batch(1)
  world.batch(2)
  world.prove(1)
  world.prove(2)
  world.settle(1, DURABLE)
  world.settle(2, { type: 'settled', outcomes: [{ type: 'stale-epoch' }] })
  assert.deepEqual(world.answers(), ['ack 1'])
  assert.equal(world.ended?.status, 'epoch-expired')
})

test('a project that lost the stream ends it; what is on its way stays unanswered', () => {
  const { world } = open()
  for (const sequence of [1, 2, 3]) world.batch(sequence)
  for (const sequence of [1, 2]) world.prove(sequence)
  world.settle(1, { type: 'lost' })
  assert.equal(world.ended?.status, 'unavailable')
  world.settle(2, DURABLE)
  world.prove(3)
  assert.deepEqual(world.answers(), [])
  world.assertNothingHeld()
})

test('a sender that finished gets all its answers before the end', () => {
  const { world, session } = open()
  world.batch(1)
  session.senderFinished()
  assert.equal(world.ends.length, 0)
  assert.equal(session.wantsMore, false)
  world.prove(1)
  world.settle(1, DURABLE)
  assert.deepEqual(world.answers(), ['ack 1'])
  assert.equal(world.ended?.status, 'ok')
})

test('a stop answers what is on its way, and says why it ends', () => {
  const { world, session } = open()
  world.batch(1)
  world.prove(1)
  session.finish({ status: 'unavailable', details: 'the server stops' })
  world.settle(1, DURABLE)
  assert.deepEqual(world.answers(), ['ack 1'])
  assert.deepEqual(world.ended, { status: 'unavailable', details: 'the server stops' })
})

test('whatever happens in between, a log without gaps holds all that was acknowledged', () => {
  const step = fc.record({
    kind: fc.constantFrom('send', 'send', 'prove', 'prove', 'settle', 'settle', 'full', 'room'),
    pick: fc.nat(1_000),
    good: fc.integer({ min: 0, max: 4 }),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), steps => {
      const { world, session } = open()
      const model = new SenderAndLog(world)
      for (const { kind, pick, good } of steps) {
        if (kind === 'send' && session.wantsMore) model.send()
        if (kind === 'prove') model.prove(pick, PROOFS[good] as Proof)
        if (kind === 'settle') model.settle(good > 0)
        if (kind === 'full') world.hasMemory = good > 2
        if (kind === 'room') world.projectHasRoom = good > 1
        model.check()
      }
      world.hasMemory = true
      world.projectHasRoom = true
      model.finish()
      world.assertNothingHeld()
    }),
    { numRuns: 300 },
  )
})

const INVALID: Proof = { type: 'invalid', reason: 'bad' }
const PROOFS: readonly Proof[] = [{ type: 'failed' }, SOUND, INVALID, SOUND, SOUND]

interface OpenOptions {
  readonly lastDurable?: number | null
  readonly firstUnacked?: number
}

function open({ lastDurable = null, firstUnacked = 1 }: OpenOptions = {}) {
  const world = new World()
  assert.equal(world.session.greeted(), true)
  assert.equal(world.session.wantsMore, false)
  world.session.opened(firstUnacked, { type: 'open', lastDurable })
  return { world, session: world.session }
}

/** Everything around a session, moved by hand. */
class World implements SessionPort {
  readonly session = new StreamSession(this, { batchesMax: 4, bytesMax: 1_000 })
  readonly sent: ServerMessage[] = []
  readonly offered: number[] = []
  readonly proving: PendingBatch[] = []
  readonly offers: PendingBatch[] = []
  readonly held = new Set<{ sequence: number }>()
  hasMemory = true
  projectHasRoom = true
  overloads = 0
  readonly ends: SessionEnd[] = []
  #copying = 0

  send = (message: ServerMessage): void => {
    assert.equal(this.ended, null, 'nothing is said after the end')
    this.sent.push(message)
  }

  keep = (batch: Uint8Array) => {
    if (!this.hasMemory) return null
    const token = { sequence: this.#copying }
    this.held.add(token)
    return {
      memory: new SharedArrayBuffer(0),
      offset: 0,
      length: batch.length,
      retain: () => {},
      release: () => assert.ok(this.held.delete(token), 'memory is released once'),
    }
  }

  prove: {
    (pending: PendingBatch): void
    (sequence: number, proof?: Parameters<StreamSession['proven']>[1]): void
  } = (batch: PendingBatch | number, proof: Parameters<StreamSession['proven']>[1] = SOUND) => {
    if (typeof batch !== 'number') return void this.proving.push(batch)
    this.session.proven(take(this.proving, batch), proof)
  }

  offer = (pending: PendingBatch): boolean => {
    if (!this.projectHasRoom) return false
    this.offered.push(pending.sequence)
    this.offers.push(pending)
    return true
  }

  acknowledged = (): void => {}
  rejected = (): void => {}
  overloaded = (): void => {
    this.overloads++
  }

  end = (end: SessionEnd): void => {
    assert.equal(this.ended, null, 'a stream ends once')
    this.ends.push(end)
  }

  get ended(): SessionEnd | null {
    return this.ends[0] ?? null
  }

  batch(sequence: number, length = 10): void {
    this.#copying = sequence
    this.session.batch({ type: 'batch', sequence, schema: 1, batch: new Uint8Array(length) }, 0)
  }

  settle(sequence: number, outcome: OfferOutcome): void {
    this.session.settled(take(this.offers, sequence), outcome)
  }

  answers(): string[] {
    return this.sent.flatMap(message => {
      switch (message.type) {
        case 'welcome':
        case 'new_epoch':
          return []
        case 'ack':
          return [`ack ${message.sequence}`]
        case 'reject':
          return [`reject ${message.sequence} ${message.reason}`]
        case 'throttle':
          return [`throttle ${message.fromSequence} ${message.reason} ${message.retryAfterMs}`]
      }
    })
  }

  assertNothingHeld(): void {
    assert.deepEqual([...this.held], [])
  }
}

function take(list: PendingBatch[], sequence: number): PendingBatch {
  const index = list.findIndex(pending => pending.sequence === sequence)
  assert.ok(index >= 0, `batch ${sequence} is not there`)
  return list.splice(index, 1)[0] as PendingBatch
}

/** A sender that goes back when told to, and a project that keeps its promises about order. */
class SenderAndLog {
  readonly #world: World
  readonly #stored = new Set<number>()
  #last = 0
  #next = 1
  #acked = 0
  #read = 0
  /** The project refuses everything from here on until this one comes. */
  #refusedFrom: number | null = null

  constructor(world: World) {
    this.#world = world
  }

  send(): void {
    this.#world.batch(this.#next++)
  }

  prove(pick: number, proof: Proof): void {
    const { proving, session } = this.#world
    const [pending] = proving.splice(pick % Math.max(1, proving.length), 1)
    if (pending !== undefined) session.proven(pending, proof)
  }

  settle(good: boolean): void {
    const pending = this.#world.offers.shift()
    if (pending === undefined) return
    const { sequence } = pending
    if (this.#refusedFrom !== null && sequence !== this.#refusedFrom) {
      const fromSequence = this.#refusedFrom
      return this.#world.session.settled(pending, { type: 'out-of-turn', fromSequence })
    }
    this.#refusedFrom = good ? null : sequence
    if (good) {
      assert.ok(sequence <= this.#last + 1, `${sequence} was offered after ${this.#last}`)
      this.#last = Math.max(this.#last, sequence)
      this.#stored.add(sequence)
    }
    this.#world.session.settled(pending, good ? DURABLE : OVER_QUOTA)
  }

  /** Reads answers as a sender would. */
  check(): void {
    assert.equal(this.#world.ended, null)
    for (; this.#read < this.#world.sent.length; this.#read++) {
      const message = this.#world.sent[this.#read]
      if (message?.type === 'ack' || message?.type === 'reject') {
        assert.equal(message.sequence, this.#acked + 1)
        this.#acked = message.sequence
        assert.ok(this.#stored.has(message.sequence), 'acknowledged or rejected means stored')
      }
      if (message?.type === 'throttle') {
        assert.equal(message.fromSequence, this.#acked + 1)
        this.#next = message.fromSequence
      }
    }
  }

  /** Lets everything come to an end: whatever was sent back is sent again. */
  finish(): void {
    const goal = this.#next
    for (let round = 0; round < 1_000 && this.#acked < goal; round++) {
      while (this.#next <= goal && this.#world.session.wantsMore) this.send()
      this.prove(0, SOUND)
      this.settle(true)
      this.check()
    }
    assert.equal(this.#acked, goal)
    while (this.#world.proving.length > 0) this.prove(0, SOUND)
    while (this.#world.offers.length > 0) this.settle(true)
  }
}
