/** A thread of seeds.ts: one seed after the other, and what became of it. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#runtime/clock.ts'
import { toError } from '#runtime/index.ts'
import type { SeedNews, SeedsWork } from './seeds.ts'
import { simulatePipeline } from './world.ts'

const { range } = workerData as SeedsWork
const [NEXT, END] = [0, 1]
const places = new Int32Array(range)

for (;;) {
  const seed = Atomics.add(places, NEXT, 1)
  if (seed >= Atomics.load(places, END)) break
  tell({ type: 'begun', seed })
  tell(await newsOf(seed))
}

async function newsOf(seed: number): Promise<SeedNews> {
  const beganMs = systemClock.monotonicMs()
  try {
    const { result: facts, events, virtualMs } = await simulatePipeline(seed)
    const realMs = systemClock.monotonicMs() - beganMs
    return { type: 'passed', run: { facts, events, virtualMs, realMs } }
  } catch (error) {
    const { message, cause } = toError(error)
    const stack = cause instanceof Error ? (cause.stack ?? '') : ''
    return { type: 'failed', failure: { seed, message, stack } }
  }
}

function tell(news: SeedNews): void {
  parentPort?.postMessage(news)
}
