/**
 * `npm run faults -- [--only kill,disk,flips,noisy,soak] [--seed N] [--kills 20] [--flips 1000]
 * [--seconds 20] [--minutes 1]`: breaks the real server and its files in every way we promise to
 * survive, and prints what came of it. Exits with 1 if anything failed. A seed repeats the choices,
 * not the timing.
 */
import { parseArgs } from 'node:util'
import { seededRandom, systemRandom } from '#runtime/random.ts'
import { diskFull } from './lab/disk-full.ts'
import type { FaultResult, FaultRun } from './lab/fault-run.ts'
import { flips } from './lab/flips.ts'
import { killed } from './lab/kill.ts'
import { noisy } from './lab/noisy.ts'
import { soak } from './lab/soak.ts'

const RUNS: Readonly<Record<string, FaultRun>> = {
  kill: killed,
  disk: diskFull,
  flips,
  noisy,
  soak,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(RUNS).join(',') },
    seed: { type: 'string' },
    kills: { type: 'string', default: '20' },
    flips: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '1' },
  },
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
const seed = values.seed === undefined ? systemRandom.uint32() : Number(values.seed)
const table: string[] = []
let failed = 0
for (const name of values.only.split(',')) {
  const run = RUNS[name]
  if (run === undefined)
    throw new Error(`there is no run '${name}': ${Object.keys(RUNS).join(', ')}`)
  console.log(`${name}, seed ${seed} …`)
  const begun = performance.now()
  const result = await attempt(run)
  const seconds = Math.round((performance.now() - begun) / 1000)
  if (result.problems.length > 0) failed++
  for (const problem of result.problems) console.log(`  FAILED: ${problem}`)
  const facts = Object.entries(result.facts).map(([what, value]) => `${what} ${value}`)
  const line = `| ${name} | ${seed} | ${verdictOf(result)} | ${seconds} s | ${facts.join(', ')} |`
  console.log(line)
  table.push(line)
}
console.log(`\n| run | seed | verdict | took | facts |\n|---|---|---|---|---|\n${table.join('\n')}`)
process.exit(failed === 0 ? 0 : 1)

async function attempt(run: FaultRun): Promise<FaultResult> {
  try {
    return await run({
      random: seededRandom(seed),
      kills: Number(values.kills),
      flips: Number(values.flips),
      noisySeconds: Number(values.seconds),
      soakMinutes: Number(values.minutes),
    })
  } catch (error) {
    return { problems: [(error as Error).stack ?? String(error)], facts: {} }
  }
}

function verdictOf({ problems, skipped }: FaultResult): string {
  if (skipped !== undefined) return `SKIPPED: ${skipped}`
  return problems.length === 0 ? 'passed' : 'FAILED'
}
