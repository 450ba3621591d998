import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, seededRandom, systemRandom } from './random.ts'

/** Calls `random` many times and counts where the values fall. */
function spread(random: Random, buckets: number, draws: number): number[] {
  const counts = Array.from({ length: buckets }, () => 0)
  for (let n = 0; n < draws; n++) {
    const bucket = random.below(buckets)
    counts[bucket] = (counts[bucket] as number) + 1
  }
  return counts
}

test('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 20 }, () => random.uint32())
  }
  assert.deepEqual(draw(1), draw(1))
  assert.notDeepEqual(draw(1), draw(2))
  assert.equal(new Set(Array.from({ length: 1_000 }, (_, seed) => draw(seed)[0])).size, 1_000)
})

for (const [name, random] of [
  ['seeded', seededRandom(7)],
  ['system', systemRandom],
] as const) {
  test(`${name}: numbers are in range and evenly spread`, () => {
    for (const count of spread(random, 10, 10_000)) assert(count > 800 && count < 1_200, `${count}`)
    for (let n = 0; n < 1_000; n++) {
      const unit = random.unit()
      assert(unit >= 0 && unit < 1)
      assert(Number.isInteger(random.uint32()))
    }
  })

  test(`${name}: bytes have the length asked for and use all values`, () => {
    const bytes = random.bytes(10_000)
    assert.equal(bytes.length, 10_000)
    assert.equal(new Set(bytes).size, 256)
    assert.equal(random.bytes(0).length, 0)
  })
}
