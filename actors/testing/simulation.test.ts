import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAULTS } from './faults.ts'
import { replayOf, runSeeds, summaryOf } from './seeds.ts'
import { simulatePipeline } from './world.ts'

const SEEDS = 300
const THREADS = 2

test('the same seed gives the same trace, another one another', async () => {
  const [first, again, other] = [
    await simulatePipeline(7),
    await simulatePipeline(7),
    await simulatePipeline(8),
  ]
  assert.equal(first.hash, again.hash)
  assert.deepEqual(first.result, again.result)
  assert.notEqual(first.hash, other.hash)
})

test('whatever fails, nothing is lost or doubled, and order, search and tails hold', async t => {
  const report = await runSeeds({ from: 1, seeds: SEEDS, threads: THREADS })
  t.diagnostic(summaryOf(report))
  const { failures, faults, sums } = report
  const [failure] = failures
  if (failure !== undefined) {
    const { seed, message, stack } = failure
    assert.fail(`${failures.length} seeds failed; ${message}\n${stack}\n${replayOf(seed)}`)
  }
  for (const name of FAULTS) assert.ok((faults[name] ?? 0) >= 20, `${name} happens`)
  assert.ok(sums.lives > SEEDS * 3 && sums.gaps > 0 && sums.dropped > 0)
  assert.ok(sums.deleted > SEEDS)
  assert.ok(sums.stored > SEEDS * 50 && sums.tailRows > SEEDS * 20)
})
