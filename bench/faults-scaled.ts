/**
 * `npm run faults:scaled -- [--only kills,hangs,refusals,zombies,rolling,redis,full-kafka,
 * full-elasticsearch,full-postgres] [--rounds 10] [--victims postgres,redis] [--seconds 60]
 * [--seed N]`: breaks every part of an installation of several processes on real servers under
 * load, and prints what came of it.
 * Exits with 1 if anything failed. A seed repeats the choices, not the timing. Servers are those of
 * the script that LOGBOY_SERVICES names, or ../shared/services/services; full disks need root,
 * KAFKA_HOME and ELASTICSEARCH_HOME.
 */
import { parseArgs } from 'node:util'
import { seededRandom, systemRandom } from '#runtime/random.ts'
import type { FaultResult } from './lab/fault-run.ts'
import { fullElastic, fullKafka, fullPostgres } from './lab/scaled/full-disks.ts'
import { hangs, kills } from './lab/scaled/kills.ts'
import { redisAway } from './lab/scaled/redis-away.ts'
import { refusals } from './lab/scaled/refusals.ts'
import { rollingRestart } from './lab/scaled/rolling-restart.ts'
import type { ScaledRun } from './lab/scaled/run.ts'
import { zombies } from './lab/scaled/zombies.ts'
import { Services } from './lab/services.ts'

const RUNS: Readonly<Record<string, ScaledRun>> = {
  kills,
  hangs,
  refusals,
  zombies,
  rolling: rollingRestart,
  redis: ({ services, seconds }) => redisAway(services.environment(), seconds),
  'full-kafka': fullKafka,
  'full-elasticsearch': fullElastic,
  'full-postgres': fullPostgres,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(RUNS).join(',') },
    rounds: { type: 'string', default: '10' },
    victims: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
  },
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
const seed = values.seed === undefined ? systemRandom.uint32() : Number(values.seed)
const services = Services.find()
const table: string[] = []
let failed = 0
for (const name of values.only.split(',')) {
  const run = RUNS[name]
  if (run === undefined) {
    throw new Error(`there is no run '${name}': ${Object.keys(RUNS).join(', ')}`)
  }
  console.log(`${name}, seed ${seed} …`)
  const begunMs = performance.now()
  const { problems, facts, skipped } = await attempt(run)
  for (const problem of problems) console.log(`  FAILED: ${problem}`)
  if (problems.length > 0) failed++
  const verdict = problems.length > 0 ? 'FAILED' : (skipped ?? 'passed')
  const told = Object.entries(facts).map(([what, value]) => `${what} ${value}`)
  const seconds = Math.round((performance.now() - begunMs) / 1_000)
  table.push(`| ${name} | ${seed} | ${verdict} | ${seconds} s | ${told.join(', ')} |`)
  console.log(table.at(-1))
}
console.log(`\n| run | seed | verdict | took | facts |\n|---|---|---|---|---|\n${table.join('\n')}`)
process.exit(failed === 0 ? 0 : 1)

async function attempt(run: ScaledRun): Promise<FaultResult> {
  if (services === null) return { problems: [], facts: {}, skipped: 'no services script is there' }
  try {
    services.up()
    return await run({
      services,
      random: seededRandom(seed),
      rounds: Number(values.rounds),
      victims: values.victims?.split(',') ?? null,
      seconds: Number(values.seconds),
    })
  } catch (error) {
    return { problems: [(error as Error).stack ?? String(error)], facts: {} }
  }
}
