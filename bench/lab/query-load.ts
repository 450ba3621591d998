/** What searches take beside ingest, and what many users at once wait. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { SearchRequest } from '#proto/api.ts'
import type { ProjectKeys } from './entry.ts'
import { pause } from './pause.ts'
import { percentile } from './percentile.ts'
import type { SenderOptions, SenderReport } from './sender-thread.ts'
import type { LabServer } from './server.ts'
import type { Result } from './table.ts'

export interface Ask {
  readonly name: string
  readonly path: string
  readonly body: object
  readonly floorMs: number
}

const WARM_UP_RUNS = 5
const RUNS = 7
const INGEST = { rowsPerSecond: 50_000, batchRows: 1_000, isLive: true } as const
/** So long logs come in before anything is measured: what is recent is searched another way. */
const INGEST_AHEAD_MS = 5_000
const USERS = 20
const CROWD_MS = 30_000

/** Searches without a peer's figure to compare with. */
export async function measureAsks(
  server: LabServer,
  keys: ProjectKeys,
  asks: readonly Ask[],
): Promise<Result[]> {
  const times = await medians(server, keys, asks)
  return asks.map(({ name, floorMs }, at) => ({
    what: `query: ${name}`,
    value: times[at] ?? Number.NaN,
    unit: 'ms',
    better: 'less',
    goal: null,
    floor: floorMs,
  }))
}

/** How often a search of the mix takes longer while 50,000 logs a second come in. */
export async function measureBesideIngest(
  server: LabServer,
  keys: ProjectKeys,
  asks: readonly Ask[],
): Promise<Result[]> {
  const alone = await medians(server, keys, asks)
  const options: SenderOptions = { grpcUrl: server.grpcUrl, keys, pace: INGEST }
  const sender = new Worker(new URL('sender-thread.ts', import.meta.url), { workerData: options })
  await once(sender, 'message')
  await pause(INGEST_AHEAD_MS)
  const beside = await medians(server, keys, asks)
  sender.postMessage('end')
  const [{ rows, seconds }] = (await once(sender, 'message')) as [SenderReport]
  const ratios = beside.map((ms, at) => ms / (alone[at] ?? Number.NaN))
  const worst = ratios.indexOf(Math.max(...ratios))
  const listed = asks.map(({ name }, at) => `${name} ${(beside[at] as number).toFixed(0)} ms`)
  return [
    {
      what: 'searches while 50 k logs/s come in, geometric mean against none coming in',
      value: Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length),
      unit: '×',
      better: 'less',
      goal: null,
      floor: 2,
      note: `${Math.round(rows / seconds)} rows/s; most ${asks[worst]?.name} ${ratios[worst]?.toFixed(1)} ×; ${listed.join(', ')}`,
    },
  ]
}

async function medians(
  server: LabServer,
  keys: ProjectKeys,
  asks: readonly Ask[],
): Promise<number[]> {
  const medians: number[] = []
  for (const { path, body } of asks) {
    const times: number[] = []
    for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
      const begun = performance.now()
      await server.call('POST', path, body, keys.read)
      if (run >= 0) times.push(performance.now() - begun)
    }
    medians.push(percentile(times, 0.5))
  }
  return medians
}

/** Users who each ask again as soon as they are answered, all of them with one key. */
export async function measureUsers(server: LabServer, keys: ProjectKeys): Promise<Result[]> {
  const times: number[] = []
  const begunMs = performance.now()
  const user = async (number: number): Promise<void> => {
    const body = crowdBody(number)
    for (let at = performance.now(); at - begunMs < CROWD_MS; ) {
      await server.call('POST', '/api/v1/logs/search', body, keys.read)
      const now = performance.now()
      times.push(now - at)
      at = now
    }
  }
  await Promise.all(Array.from({ length: USERS }, (_, number) => user(number)))
  return [
    {
      what: `${USERS} users at once, p95`,
      value: percentile(times, 0.95),
      unit: 'ms',
      better: 'less',
      goal: null,
      floor: 2_000,
      note: `${(times.length / (CROWD_MS / 1_000)).toFixed(0)} answers/s, p50 ${percentile(times, 0.5).toFixed(0)} ms`,
    },
  ]
}

/** Half ask for the newest, a fifth for a histogram, a fifth for a word, a tenth for a quantile. */
function crowdBody(user: number): SearchRequest {
  if (user % 2 === 0) return { limit: 100, include: ['logs'] }
  switch (user % 10) {
    case 1:
    case 3:
      return { limit: 0, include: ['histogram'], interval: 300 }
    case 5:
    case 7:
      return { limit: 100, query: 'timeout', include: ['logs', 'total'] }
    default: {
      const aggregate = { fn: 'p95', field: 'duration_ms', by: 'service' } as const
      return { limit: 0, include: [], aggregate }
    }
  }
}
