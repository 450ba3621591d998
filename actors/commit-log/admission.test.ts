import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { Admission, type Reservation } from './admission.ts'
import { decodeAdmission, encodeAdmission } from './admission-snapshot.ts'
import { envelopeOf } from './testing/envelopes.ts'

const DAY_US = 24 * 3_600 * 1_000_000
const PROJECT = envelopeOf({}).projectId

test('a higher sequence or epoch is new, gaps allowed; anything else is a repeat or stale', () => {
  const admission = new Admission()
  assert.equal(admission.apply(batch(1)), true)
  assert.equal(admission.apply(batch(5)), true)
  assert.deepEqual(admission.reserve(batch(5)), { type: 'repeat', of: null })
  assert.deepEqual(admission.reserve(batch(3)), { type: 'repeat', of: null })
  assert.equal(admission.apply(batch(1, 1)), true)
  assert.deepEqual(admission.reserve(batch(6)), { type: 'stale-epoch' })
  assert.deepEqual(admission.producer(PROJECT, 1n, 0), { epoch: 1, lastSequence: 1 })
})

test('producers and projects know nothing of each other', () => {
  const admission = new Admission()
  admission.apply(batch(9))
  assert.equal(admission.apply(envelopeOf({ producer: 2n, sequence: 1n })), true)
  assert.equal(admission.apply(envelopeOf({ projectId: 'otherproje', sequence: 1n })), true)
  assert.equal(admission.producer('unknownpro', 1n, 0), undefined)
})

test('a repeat of a reserved batch shares its fate, also when a gap hid its number', () => {
  const admission = new Admission()
  const first = reserve(admission, batch(4))
  const second = reserve(admission, batch(8))
  assert.deepEqual(admission.reserve(batch(4)), { type: 'repeat', of: first })
  assert.deepEqual(admission.reserve(batch(6)), { type: 'repeat', of: second })
  assert.equal(admission.producer(PROJECT, 1n, 0), undefined, 'nothing is durable yet')
  admission.commit(first)
  assert.deepEqual(admission.reserve(batch(4)), { type: 'repeat', of: null })
  assert.deepEqual(admission.reserve(batch(8)), { type: 'repeat', of: second })
})

test('a withdrawn batch takes all later ones with it and has to come again first', () => {
  const admission = new Admission()
  const [a, b, c] = [1, 2, 3].map(n => reserve(admission, batch(n)))
  assert.ok(a !== undefined && b !== undefined && c !== undefined)
  admission.commit(a)
  assert.deepEqual(admission.withdraw(b, true), [b, c])
  assert.deepEqual(admission.reserve(batch(3)), { type: 'out-of-turn' })
  assert.deepEqual(admission.reserve(batch(1)), { type: 'repeat', of: null })
  assert.equal(admission.apply(batch(2)), true)
  assert.equal(admission.apply(batch(3)), true)
})

test('a sender that never repeats goes on after a failure', () => {
  const admission = new Admission()
  admission.withdraw(reserve(admission, batch(1)), false)
  assert.equal(admission.observe().producers, 0)
  assert.equal(admission.apply(batch(2)), true)
})

test('a new epoch ends the wait for a failed batch', () => {
  const admission = new Admission()
  admission.withdraw(reserve(admission, batch(1)), true)
  assert.equal(admission.reserve(batch(2)).type, 'out-of-turn')
  assert.equal(admission.apply(batch(1, 1)), true)
})

test('a producer is forgotten after seven idle days of log time, not a moment earlier', () => {
  const admission = new Admission()
  admission.apply(batch(5, 0, 1000))
  assert.equal(admission.reserve(batch(5, 0, 1000 + 7 * DAY_US - 1)).type, 'repeat')
  assert.equal(admission.producer(PROJECT, 1n, 1000 + 7 * DAY_US), undefined)
  assert.equal(admission.apply(batch(2, 0, 1000 + 7 * DAY_US)), true)
})

test('nobody is forgotten while a batch is on its way', () => {
  const admission = new Admission()
  admission.apply(batch(5, 0, 1000))
  const reservation = reserve(admission, batch(6, 0, 1000 + 7 * DAY_US - 1))
  const again = admission.reserve(batch(6, 0, 1000 + 7 * DAY_US))
  assert.deepEqual(again, { type: 'repeat', of: reservation })
})

test('the oldest producers make room; a full table of live ones refuses new ones', () => {
  const limits = {
    producerIdleMs: 10,
    producersMax: 3,
    producerRememberedMs: 8,
    keyedKeepMs: 10,
    keyedMax: 1,
  }
  const admission = new Admission(undefined, limits)
  for (const producer of [1n, 2n, 3n]) {
    admission.apply(envelopeOf({ producer, receivedAtUs: producer }))
  }
  const more = { producer: 4n, receivedAtUs: 5_000n }
  assert.deepEqual(admission.reserve(envelopeOf(more)), { type: 'full', of: 'producers' })
  admission.apply(envelopeOf({ producer: 1n, sequence: 2n, receivedAtUs: 7_000n }))
  assert.equal(admission.apply(envelopeOf({ ...more, receivedAtUs: 8_002n })), true)
  assert.equal(admission.producer(PROJECT, 2n, 8_002), undefined, 'the longest idle made room')
  assert.deepEqual(admission.producer(PROJECT, 1n, 8_002), { epoch: 0, lastSequence: 2 })
  assert.deepEqual(admission.producer(PROJECT, 3n, 8_002), { epoch: 0, lastSequence: 1 })
  assert.equal(admission.apply(chunk(1, 1)), true)
  const full = { type: 'full', of: 'keys' }
  assert.deepEqual(admission.reserve({ ...chunk(1, 1), producer: 78n }), full)
})

test('a keyed request adds up its answer from the stored chunks', () => {
  const admission = new Admission()
  admission.apply(chunk(1, 2, [3]))
  assert.equal(admission.answered(PROJECT, 77n, 0)?.lastChunk, 1)
  admission.apply(chunk(2, 2, [12, 13]))
  assert.equal(admission.apply(chunk(2, 2, [12, 13])), false)
  assert.deepEqual(admission.answered(PROJECT, 77n, 0), {
    bodySha256: new Uint8Array(32).fill(1),
    lastChunk: 2,
    of: 2,
    accepted: 17,
    rejected: [3, 12, 13].map(index => ({ index, reason: 'no object' })),
  })
})

test('the same key with another body is a conflict, stored or still on its way', () => {
  const admission = new Admission()
  const other = chunk(1, 2)
  if (other.request !== undefined) other.request.bodySha256 = new Uint8Array(32).fill(2)
  const reserved = reserve(admission, chunk(1, 2))
  assert.deepEqual(admission.reserve(other), { type: 'conflict' })
  admission.withdraw(reserved, true)
  assert.equal(admission.apply(other), true, 'nothing of the first body was kept')
})

test('a chunk is taken only after the one before it', () => {
  const admission = new Admission()
  assert.deepEqual(admission.reserve(chunk(2, 3)), { type: 'out-of-turn' })
  const first = reserve(admission, chunk(1, 3))
  reserve(admission, chunk(2, 3))
  assert.equal(admission.withdraw(first, true).length, 2)
  assert.deepEqual(admission.reserve(chunk(2, 3)), { type: 'out-of-turn' })
})

test('a key is remembered for 24 hours from its first chunk', () => {
  const admission = new Admission()
  admission.apply(chunk(1, 2, [], 5))
  admission.apply(chunk(2, 2, [], 100))
  assert.equal(admission.answered(PROJECT, 77n, DAY_US + 4)?.lastChunk, 2)
  assert.equal(admission.answered(PROJECT, 77n, DAY_US + 5), undefined)
  assert.equal(admission.producer(PROJECT, 77n, 10), undefined, 'keys are no producers')
})

const anyBatch = fc.record({
  producer: fc.bigInt(1n, 2n),
  epoch: fc.nat(2),
  sequence: fc.bigInt(1n, 6n),
})
const anyStep = fc.oneof(
  anyBatch.map(fields => ({ type: 'reserve' as const, fields })),
  fc.record({ type: fc.constant('commit' as const), which: fc.nat(5) }),
  fc.record({ type: fc.constant('withdraw' as const), which: fc.nat(5) }),
)

test('admission decides like a list of everything ever taken', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), steps => {
      const admission = new Admission()
      /** What is durable or reserved, in order; withdrawing cuts it off. */
      const taken: { batch: Envelope; reservation: Reservation; durable: boolean }[] = []
      const ofProducer = (id: bigint) => taken.filter(({ batch: { producer } }) => producer === id)
      for (const step of steps) {
        if (step.type === 'reserve') {
          const offered = envelopeOf(step.fields)
          const verdict = admission.reserve(offered)
          const last = ofProducer(offered.producer).at(-1)?.batch
          assert.equal(verdict.type, expected(offered, last))
          if (verdict.type === 'new') {
            taken.push({ batch: offered, reservation: verdict.reservation, durable: false })
          }
          if (verdict.type === 'repeat') {
            const twin = ofProducer(offered.producer).find(({ batch: b }) => order(b, offered) >= 0)
            assert.equal(verdict.of, twin?.durable ? null : twin?.reservation)
          }
          continue
        }
        const open = taken.filter(({ durable }) => !durable)
        const chosen = open[step.which % Math.max(1, open.length)]
        if (chosen === undefined) continue
        if (step.type === 'commit') {
          const oldest = ofProducer(chosen.batch.producer).find(({ durable }) => !durable)
          assert.ok(oldest !== undefined)
          admission.commit(oldest.reservation)
          oldest.durable = true
        } else {
          const gone = admission.withdraw(chosen.reservation, false)
          const after = ofProducer(chosen.batch.producer)
          const cut = after.slice(after.indexOf(chosen))
          assert.deepEqual(
            gone,
            cut.map(({ reservation }) => reservation),
          )
          for (const item of cut) taken.splice(taken.indexOf(item), 1)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a go-back-N sender over a failing log has every batch stored once and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 20, maxLength: 200 }), choices => {
      const admission = new Admission()
      const stored: bigint[] = []
      const inFlight: Reservation[] = []
      const acknowledged = new Set<number>()
      let next = 1
      for (const choice of choices) {
        if (choice < 5) {
          // Sent without waiting, as from a mailbox that has not heard of a failure yet.
          const verdict = admission.reserve(batch(next))
          if (verdict.type === 'new') inFlight.push(verdict.reservation)
          if (verdict.type === 'repeat' && verdict.of === null) acknowledged.add(next)
          next++
        } else if (choice < 8 && inFlight.length > 0) {
          const done = inFlight.shift() as Reservation
          admission.commit(done)
          stored.push(done.envelope.sequence)
          acknowledged.add(Number(done.envelope.sequence))
        } else if (choice === 8 && inFlight.length > 0) {
          const which = inFlight[next % inFlight.length] as Reservation
          for (const gone of admission.withdraw(which, true)) {
            inFlight.splice(inFlight.indexOf(gone), 1)
          }
        } else if (choice === 9) {
          for (next = 1; acknowledged.has(next); ) next++
        }
      }
      const firsts = Array.from({ length: stored.length }, (_, index) => BigInt(index + 1))
      assert.deepEqual(stored, firsts)
      for (const sequence of acknowledged) assert.ok(stored.includes(BigInt(sequence)))
    }),
  )
})

test('a snapshot brings back every decision', () => {
  const fields = fc.record({
    projectId: fc.constantFrom('aaaaaaaaaa', 'bbbbbbbbbb'),
    producer: fc.bigInt(1n, 2n ** 63n - 1n),
    epoch: fc.nat(65_535),
    sequence: fc.bigInt(1n, 2n ** 40n - 1n),
    receivedAtUs: fc.bigInt(0n, 1_000_000n),
  })
  fc.assert(
    fc.property(fc.array(fields), fc.array(fc.nat(200)), (batches, rejected) => {
      const admission = new Admission()
      for (const each of batches) admission.apply(envelopeOf(each))
      admission.apply(chunk(1, 3, rejected))
      const bytes = encodeAdmission(admission.state(2_000_000))
      const decoded = decodeAdmission(bytes)
      assert.ok(decoded.type === 'state')
      const restored = new Admission(decoded.state)
      assert.deepEqual(restored.state(2_000_000), admission.state(2_000_000))
      for (const each of batches) assert.equal(restored.apply(envelopeOf(each)), false)
      assert.equal(restored.apply(chunk(2, 3)), true)
    }),
  )
})

test('a snapshot grows with what it holds, wherever its memory ends', () => {
  const admission = new Admission()
  for (let key = 1; key <= 700; key++) {
    const projectId = `project${String(key % 7).padStart(3, '0')}`
    const request = { bodySha256: new Uint8Array(32).fill(key), chunk: 1, of: 1 }
    admission.apply(envelopeOf({ projectId, producer: BigInt(key), request }))
    const decoded = decodeAdmission(encodeAdmission(admission.state(0)))
    assert.ok(decoded.type === 'state')
    const keyed = decoded.state.projects.flatMap(project => project.keyed)
    assert.equal(keyed.length, key)
  }
})

test('reservations are no part of a snapshot, nor are those who were forgotten', () => {
  const admission = new Admission()
  admission.apply(batch(1, 0, 10))
  reserve(admission, batch(2, 0, 20))
  reserve(admission, envelopeOf({ producer: 5n }))
  const [project] = admission.state(30).projects
  assert.deepEqual(project?.producers, [{ producer: 1n, epoch: 0, lastSequence: 1, atUs: 10 }])
  const idle = new Admission()
  idle.apply(batch(1, 0, 10))
  assert.deepEqual(idle.state(10 + 7 * DAY_US), { projects: [] })
})

test('a damaged snapshot is never taken for a whole one, a newer one is told apart', () => {
  const admission = new Admission()
  admission.apply(chunk(1, 1, [1, 2]))
  admission.apply(batch(1))
  const bytes = encodeAdmission(admission.state(0))
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Uint8Array.from(bytes)
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.equal(decodeAdmission(damaged).type, 'damaged')
  }
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeAdmission(bytes.subarray(0, length)).type, 'damaged')
  }
})

function batch(sequence: number, epoch = 0, receivedAtUs = 0): Envelope {
  return envelopeOf({ sequence: BigInt(sequence), epoch, receivedAtUs: BigInt(receivedAtUs) })
}

function chunk(number: number, of: number, rejected: number[] = [], atUs = 0): Envelope {
  return envelopeOf({
    producer: 77n,
    sequence: BigInt(number),
    receivedAtUs: BigInt(atUs),
    recordCount: 10,
    rejected: rejected.map((_, index) => index).slice(0, 10),
    request: {
      bodySha256: new Uint8Array(32).fill(1),
      chunk: number,
      of,
      firstIndex: 0,
      rejected: rejected.map(index => ({ index, reason: 'no object' })),
    },
  })
}

function reserve(admission: Admission, envelope: Envelope): Reservation {
  const verdict = admission.reserve(envelope)
  assert.ok(verdict.type === 'new')
  return verdict.reservation
}

function order(a: Envelope, b: Envelope): number {
  return a.epoch - b.epoch || Number(a.sequence - b.sequence)
}

function expected(offered: Envelope, last: Envelope | undefined): string {
  if (last === undefined || order(offered, last) > 0) return 'new'
  return offered.epoch < last.epoch ? 'stale-epoch' : 'repeat'
}
