import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { envelopeOf } from '../testing/envelopes.ts'
import { PartitionAdmission } from './partition-admission.ts'

/** What stands in a partition: few producers and numbers, so that repeats and epochs are common. */
const records = fc.array(
  fc.record({
    producer: fc.integer({ min: 1, max: 3 }),
    epoch: fc.nat(1),
    sequence: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 1, maxLength: 60 },
)

type Stored = { readonly producer: number; readonly epoch: number; readonly sequence: number }

function envelopeAt({ producer, epoch, sequence }: Stored, index: number) {
  const receivedAtUs = BigInt(1_790_000_000_000_000 + index)
  return envelopeOf({
    producer: BigInt(producer),
    epoch,
    sequence: BigInt(sequence),
    receivedAtUs,
  })
}

function admitAll(admission: PartitionAdmission, log: readonly Stored[], from: number): number[] {
  return log.flatMap((stored, index) => {
    if (index < from) return []
    return admission.admit(index + 1, envelopeAt(stored, index)) ? [index + 1] : []
  })
}

test('whoever goes on from a checkpoint admits exactly what was not passed, and then the same', () => {
  fc.assert(
    fc.property(records, fc.nat(60), fc.nat(60), (log, read, passed) => {
      const whole = admitAll(new PartitionAdmission(0, null), log, 0)
      const first = new PartitionAdmission(0, null)
      const until = Math.min(read, log.length)
      admitAll(first, log.slice(0, until), 0)
      const position = Math.min(passed, until)
      first.pass(position)
      const second = new PartitionAdmission(first.passed, first.encode())
      assert.ok(first.passed >= position)
      const again = admitAll(second, log, first.passed)
      const notPassed = whole.filter(at => at > position)
      assert.deepEqual(again, notPassed)
    }),
  )
})

test('a checkpoint that cannot be read is told, never taken for none', () => {
  const state = new PartitionAdmission(0, null).encode()
  state[0] = (state[0] as number) ^ 1
  assert.throws(() => new PartitionAdmission(5, state), { code: 'LOGBOY_CHECKPOINT_UNUSABLE' })
})

test('what is read and no batch moves the checkpoint too, once all before it is passed', () => {
  const admission = new PartitionAdmission(0, null)
  admission.admit(1, envelopeAt({ producer: 1, epoch: 0, sequence: 1 }, 0))
  admission.skip(4)
  assert.equal(admission.passed, 0)
  admission.pass(1)
  assert.equal(admission.passed, 4)
  assert.equal(admission.next, 4)
})
