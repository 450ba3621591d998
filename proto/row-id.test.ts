import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatRowId,
  joinInt64,
  packSeq,
  parseRowId,
  type RowId,
  splitInt64,
  unpackSeq,
} from './row-id.ts'

interface Parts {
  readonly producer: bigint
  readonly epoch: number
  readonly sequence: number
  readonly row: number
}

const parts = fc.record<Parts>({
  producer: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  epoch: fc.nat({ max: 0xffff }),
  sequence: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  row: fc.nat({ max: 0xffff }),
})

function idOf({ producer, epoch, sequence, row }: Parts): RowId {
  const { low: producerLow, high: producerHigh } = splitInt64(producer)
  const { low: seqLow, high: seqHigh } = packSeq(epoch, sequence)
  return { producerLow, producerHigh, seqLow, seqHigh, row }
}

function order(a: Parts, b: Parts): number {
  if (a.producer !== b.producer) return a.producer < b.producer ? -1 : 1
  return a.epoch - b.epoch || a.sequence - b.sequence || a.row - b.row
}

test('an id comes back from its text, in either case', () => {
  fc.assert(
    fc.property(parts, one => {
      const text = formatRowId(idOf(one))
      assert.match(text, /^[0-9a-v]{28}$/)
      const id = parseRowId(text.toUpperCase())
      assert.ok(id !== null)
      assert.equal(joinInt64(id.producerLow, id.producerHigh), one.producer)
      const { epoch, sequence } = unpackSeq(id.seqLow, id.seqHigh)
      assert.deepEqual(
        { epoch, sequence, row: id.row },
        { epoch: one.epoch, sequence: one.sequence, row: one.row },
      )
    }),
    { numRuns: 1_000 },
  )
})

test('texts sort as producer, epoch, sequence, row', () => {
  const near = fc.tuple(parts, parts, fc.nat({ max: 3 })).map(([a, b, shared]): [Parts, Parts] => [
    a,
    {
      producer: shared > 0 ? a.producer : b.producer,
      epoch: shared > 1 ? a.epoch : b.epoch,
      sequence: shared > 2 ? a.sequence : b.sequence,
      row: b.row,
    },
  ])
  fc.assert(
    fc.property(near, ([a, b]) => {
      const [left, right] = [formatRowId(idOf(a)), formatRowId(idOf(b))]
      const compared = left < right ? -1 : left > right ? 1 : 0
      assert.equal(compared, Math.sign(order(a, b)))
    }),
    { numRuns: 1_000 },
  )
})

test('what is no id is null', () => {
  const good = formatRowId(idOf({ producer: 5n, epoch: 1, sequence: 9, row: 3 }))
  for (const bad of ['', good.slice(1), `${good}0`, `w${good.slice(1)}`, `g${good.slice(1)}`]) {
    assert.equal(parseRowId(bad), null, bad)
  }
  assert.equal(parseRowId(`${good.slice(0, -1)}1`), null)
})
