/**
 * `node bench/simulate.ts [--seeds 2000] [--from 1] [--jobs 1] [--trace]`: the whole pipeline on a
 * virtual clock, seed after seed. A failure prints its seed; `--trace` prints every event of a run.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { replayOf, runSeeds, summaryOf } from '#actors/testing/seeds.ts'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
})
const seeds = Number(options.seeds)
const from = Number(options.from)
const jobs = Math.min(Number(options.jobs), seeds)
process.exit(jobs > 1 ? await runJobs() : await runHere())

/** Seeds in this process; answers its exit code. */
async function runHere(): Promise<number> {
  const onEvent = (event: string, atMs: number): void => console.log(atMs.toFixed(2), event)
  const trace = options.trace ? { onEvent } : {}
  const report = await runSeeds({ from, seeds, onFailure: tell, ...trace })
  console.log(summaryOf(report))
  console.log(JSON.stringify(report.faults))
  return report.failures.length === 0 ? 0 : 1
}

/** An equal part of the seeds in each of several processes. */
async function runJobs(): Promise<number> {
  const program = fileURLToPath(import.meta.url)
  const share = Math.ceil(seeds / jobs)
  const codes = Array.from({ length: jobs }, (_, job) => {
    const first = from + job * share
    const count = Math.min(share, from + seeds - first)
    const args = [program, '--from', String(first), '--seeds', String(count)]
    const child = spawn(process.execPath, args, { stdio: 'inherit' })
    return new Promise<number>(resolve => child.on('exit', code => resolve(code ?? 1)))
  })
  return Math.max(...(await Promise.all(codes)))
}

function tell(seed: number, error: Error): void {
  const cause = error.cause instanceof Error ? error.cause.stack : ''
  console.log(`FAILED ${error.message}\n${cause}\n  replay: ${replayOf(seed)}`)
}
