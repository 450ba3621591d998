/** A hundred thousand logs a second for as long as asked: memory stays flat, nothing queues up. */
import type { ProjectKeys } from './entry.ts'
import { type FaultOptions, type FaultResult, tell } from './fault-run.ts'
import { PacedSender } from './paced-sender.ts'
import { LabServer } from './server.ts'

const RATE = 100_000
const PACE = { rowsPerSecond: RATE, batchRows: 2_000 }
const SAMPLE_MS = 5_000
const MIB = 1024 * 1024
const RSS_MIB_MAX = 1_200
const LAG_S_MAX = 2
/** What the second half may take more than the first. */
const GROWTH_MAX = 1.1
/** Memory of a server that was just started rises for a while. */
const WARM_UP_MS = 20_000

interface Sample {
  readonly ms: number
  readonly rssMiB: number
  /** Of the store behind the journal. */
  readonly lagSeconds: number
}

export async function soak({ soakMinutes }: FaultOptions): Promise<FaultResult> {
  const server = new LabServer()
  try {
    await server.start()
    const keys = await server.createProject('soak')
    const sender = await PacedSender.open(server, keys, PACE)
    return await new SoakRun(server, keys, sender).run(soakMinutes * 60_000)
  } finally {
    await server.stop()
    server.remove()
  }
}

class SoakRun {
  readonly #server: LabServer
  readonly #keys: ProjectKeys
  readonly #sender: PacedSender
  readonly #samples: Sample[] = []

  constructor(server: LabServer, keys: ProjectKeys, sender: PacedSender) {
    this.#server = server
    this.#keys = keys
    this.#sender = sender
  }

  async run(ms: number): Promise<FaultResult> {
    let sampleAtMs = SAMPLE_MS
    const seconds = await this.#sender.run(elapsed => {
      if (elapsed >= sampleAtMs) {
        void this.#sample(elapsed)
        sampleAtMs += SAMPLE_MS
      }
      return elapsed >= ms
    })
    this.#sender.close()
    const body = { limit: 0, include: ['total'] }
    const reply = await this.#server.call('POST', '/api/v1/logs/search', body, this.#keys.read)
    return this.#judge(seconds, Number(reply['total']))
  }

  async #sample(ms: number): Promise<void> {
    const seen: unknown = await this.#server.call('GET', '/api/v1/system/actors')
    const { journal, store } = seen as {
      journal: { end: number }
      store: { receivedPositions: number }
    }
    const bytesPerSecond = (this.#sender.bytes * 1_000) / ms
    const lagSeconds = Math.max(0, journal.end - store.receivedPositions) / bytesPerSecond
    const rssMiB = Math.round(this.#server.usage().rssBytes / MIB)
    this.#samples.push({ ms, rssMiB, lagSeconds })
    tell(`${Math.round(ms / 1_000)} s: ${rssMiB} MiB, lag ${lagSeconds.toFixed(2)} s`)
  }

  #judge(seconds: number, found: number): FaultResult {
    const sent = this.#sender.rows
    const steady = this.#samples.filter(({ ms }) => ms > WARM_UP_MS)
    const half = steady.length >> 1
    const [first, second] = [steady.slice(0, half), steady.slice(half)].map(samples =>
      Math.max(...samples.map(({ rssMiB }) => rssMiB)),
    ) as [number, number]
    const rss = Math.max(...this.#samples.map(({ rssMiB }) => rssMiB))
    const lag = Math.max(...this.#samples.map(({ lagSeconds }) => lagSeconds))
    const rate = Math.round(sent / seconds)
    const checks: readonly (readonly [boolean, string])[] = [
      [found === sent, `${found} found of ${sent} acknowledged`],
      [rate >= 0.98 * RATE, `only ${rate} logs/s were taken`],
      [rss <= RSS_MIB_MAX, `RSS of ${rss} MiB`],
      [half === 0 || second <= GROWTH_MAX * first, `RSS grew from ${first} to ${second} MiB`],
      [lag <= LAG_S_MAX, `the store was ${lag.toFixed(1)} s behind`],
      [this.#server.faults.length === 0, this.#server.faults[0] ?? ''],
    ]
    return {
      problems: checks.filter(([isGood]) => !isGood).map(([, problem]) => problem),
      facts: {
        logs: sent,
        'per second': rate,
        'RSS series': this.#samples.map(({ rssMiB }) => rssMiB).join(' '),
        'max lag': `${lag.toFixed(2)} s`,
      },
    }
  }
}
