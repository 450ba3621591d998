/**
 * `node bench/simulate.ts [--seeds 2000] [--from 1] [--threads 2]`: the whole pipeline on a virtual
 * clock, seed after seed. A failure prints its seed; `--trace` prints every event of that one run.
 */
import { parseArgs } from 'node:util'
import { replayOf, runSeeds, type SeedFailure, summaryOf } from '#actors/testing/seeds.ts'
import { simulatePipeline } from '#actors/testing/world.ts'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    trace: { type: 'boolean', default: false },
  },
})
const from = Number(options.from)
if (options.trace) await traceOne(from)
else process.exitCode = await runAll()

async function runAll(): Promise<number> {
  const [seeds, threads] = [Number(options.seeds), Number(options.threads)]
  const report = await runSeeds({ from, seeds, threads, onFailure: tell })
  console.log(summaryOf(report))
  console.log(JSON.stringify(report.faults))
  return report.failures.length === 0 ? 0 : 1
}

function tell({ seed, message, stack }: SeedFailure): void {
  console.log(`FAILED ${message}\n${stack}\n  replay: ${replayOf(seed)}`)
}

async function traceOne(seed: number): Promise<void> {
  const onEvent = (event: string, atMs: number): void => console.log(atMs.toFixed(2), event)
  const { hash, events, result } = await simulatePipeline(seed, { onEvent })
  console.log(`seed ${seed} passed, ${events} events, hash ${hash}`, result)
}
