/**
 * Damage to the data folder of a stopped server, by the hundred: it starts again, says what it
 * found, and never answers anything wrong. `npm run faults -- --only flips` does thousands.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '#runtime/random.ts'
import { randomDamage } from './damage.ts'
import { runDamaged } from './damaged-run.ts'
import { makeSampleFolder } from './sample-folder.ts'

const RUNS = 500
/** Merging and starting again takes longer than all the rest. */
const TIDIED_EVERY = 8

for (const ended of ['killed', 'stopped'] as const) {
  test(`flipped bits, cuts and zeroed sectors in the folder of a ${ended} server`, async () => {
    const sample = await makeSampleFolder(7, ended === 'stopped')
    const random = seededRandom(7)
    let told = 0
    for (let run = 0; run < RUNS; run++) {
      const damage = randomDamage(sample, random)
      const isTidied = run % TIDIED_EVERY === 0
      const facts = await runDamaged(sample, damage, { seed: run, isTidied })
      if (facts.told) told++
    }
    assert.ok(told > RUNS / 3, 'the damage does something')
  })
}
