/** Two processes at a steady rate: does the installation keep up, and how fast does it catch up? */
import type { LabCluster, Member } from './cluster.ts'
import type { ProjectKeys } from './entry.ts'
import { tell } from './fault-run.ts'
import { PacedSender } from './paced-sender.ts'
import { pause } from './pause.ts'

/** One that takes logs, one that stores them. */
export const PAIR: Readonly<Partial<Record<Member, string>>> = {
  'gateway-1': 'gateway,api',
  'processor-1': 'processor,scheduler',
}

const SAMPLE_MS = 5_000
const LOOK_MS = 200
const BATCH_ROWS = 500
const MIB = 2 ** 20
/** Memory of processes that were just started rises for a while. */
const WARM_UP_SAMPLES = 12

interface Sample {
  /** Seconds of sending that searches do not show yet. */
  readonly lagSeconds: number
  /** Of all processes. */
  readonly rssMiB: number
}

export interface SteadyMeasured {
  readonly rowsPerSecond: number
  readonly lagSecondsMax: number
  /** Most memory in the second half to that in the first. */
  readonly growth: number
  readonly rssMiBMax: number
}

export async function keepUp(
  cluster: LabCluster,
  keys: ProjectKeys,
  { rowsPerSecond, seconds }: { readonly rowsPerSecond: number; readonly seconds: number },
): Promise<SteadyMeasured> {
  const sender = await PacedSender.open(cluster, keys, { rowsPerSecond, batchRows: BATCH_ROWS })
  const samples: Sample[] = []
  let sampleAtMs = SAMPLE_MS
  const sampled: Promise<void>[] = []
  const sample = async (): Promise<void> => {
    const sent = sender.rows
    const lagSeconds = Math.max(0, sent - (await totalOf(cluster, keys))) / rowsPerSecond
    const bytes = [...cluster.members.values()].map(member => member.usage().rssBytes)
    const rssMiB = Math.round(bytes.reduce((a, b) => a + b, 0) / MIB)
    samples.push({ lagSeconds, rssMiB })
    tell(
      `${samples.length * (SAMPLE_MS / 1_000)} s: ${rssMiB} MiB, ${lagSeconds.toFixed(1)} s behind`,
    )
  }
  const took = await sender.run(elapsed => {
    if (elapsed >= sampleAtMs) {
      sampled.push(sample())
      sampleAtMs += SAMPLE_MS
    }
    return elapsed >= seconds * 1_000
  })
  await Promise.all(sampled)
  sender.close()
  const settled = samples.slice(WARM_UP_SAMPLES)
  const half = settled.length >> 1
  const most = (some: readonly Sample[]): number => Math.max(...some.map(it => it.rssMiB))
  return {
    rowsPerSecond: sender.rows / took,
    lagSecondsMax: Math.max(...samples.map(it => it.lagSeconds)),
    growth: most(settled.slice(half)) / most(settled.slice(0, half)),
    rssMiBMax: most(samples),
  }
}

export interface CaughtUp {
  readonly missedRows: number
  /** Times as fast as the rows came in; they go on coming. */
  readonly speed: number
}

/** The processor is away while logs come in; then it is started again, and they go on coming. */
export async function catchUp(
  cluster: LabCluster,
  keys: ProjectKeys,
  { rowsPerSecond, awaySeconds }: { readonly rowsPerSecond: number; readonly awaySeconds: number },
): Promise<CaughtUp> {
  const sender = await PacedSender.open(cluster, keys, { rowsPerSecond, batchRows: BATCH_ROWS })
  const processor = cluster.member('processor-1')
  await processor.stop()
  const before = await totalOf(cluster, keys)
  tell(`the processor is away for ${awaySeconds} s`)
  await sender.run(elapsed => elapsed >= awaySeconds * 1_000)
  const missedRows = sender.rows
  let isCaughtUp = false
  const flow = sender.run(() => isCaughtUp)
  const begunMs = performance.now()
  await processor.start()
  let found = 0
  while (!isCaughtUp) {
    await pause(LOOK_MS)
    const sent = sender.rows
    found = (await totalOf(cluster, keys)) - before
    // Two seconds of sending are always on their way.
    isCaughtUp = found >= sent - 2 * rowsPerSecond
  }
  const seconds = (performance.now() - begunMs) / 1_000
  tell(`${found} rows in ${seconds.toFixed(1)} s, its start included`)
  await flow
  sender.close()
  return { missedRows, speed: found / seconds / rowsPerSecond }
}

async function totalOf(cluster: LabCluster, keys: ProjectKeys): Promise<number> {
  const body = { limit: 0, include: ['total'] }
  const { total } = await cluster.call('POST', '/api/v1/logs/search', body, keys.read)
  return Number(total)
}
