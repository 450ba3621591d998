/**
 * `npm run faults:scaled -- [--rounds 10] [--hangs] [--seed N]`: kills every real server and every
 * process of an installation under load, and prints what came of it. Exits with 1 if anything
 * failed. A seed repeats the order, not the timing.
 */
import { parseArgs } from 'node:util'
import { seededRandom, systemRandom } from '#runtime/random.ts'
import { killedScaled } from './lab/kill-scaled.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    hangs: { type: 'boolean', default: false },
    seed: { type: 'string' },
  },
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
const seed = values.seed === undefined ? systemRandom.uint32() : Number(values.seed)
console.log(`kill -9 of servers and processes, seed ${seed} …`)
const { problems, facts, skipped } = await killedScaled({
  random: seededRandom(seed),
  rounds: Number(values.rounds),
  hangs: values.hangs,
})
for (const problem of problems) console.log(`  FAILED: ${problem}`)
const verdict = skipped ?? (problems.length === 0 ? 'passed' : 'FAILED')
const told = Object.entries(facts).map(([what, value]) => `${what} ${value}`)
console.log(`| kill-scaled | ${seed} | ${verdict} | ${told.join(', ')} |`)
process.exit(problems.length === 0 ? 0 : 1)
