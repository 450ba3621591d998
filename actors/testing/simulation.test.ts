import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAULTS } from './faults.ts'
import { replayOf, runSeeds, summaryOf } from './seeds.ts'
import { simulatePipeline } from './world.ts'

const SEEDS = 300
/** Far below what an idle machine reaches: others may be at work on this one. */
const TIMES_REAL_TIME_MIN = 100

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

test('whatever fails, nothing acknowledged is lost, nothing comes twice, order and tails hold', async t => {
  const report = await runSeeds({ from: 1, seeds: SEEDS })
  t.diagnostic(summaryOf(report))
  const [failure] = report.failures
  if (failure !== undefined) {
    const message = `${report.failures.length} seeds failed; ${replayOf(failure.seed)}`
    throw new Error(message, { cause: failure.error })
  }
  for (const name of FAULTS) assert.ok((report.faults[name] ?? 0) >= 20, `${name} happens`)
  assert.ok(report.lives > SEEDS * 3 && report.gaps > 0 && report.dropped > 0)
  assert.ok(report.stored > SEEDS * 50 && report.tailRows > SEEDS * 20)
  const times = report.virtualMs / report.realMs
  assert.ok(times >= TIMES_REAL_TIME_MIN, `${Math.round(times)} × real time`)
})
