/** A hundred thousand logs a second for as long as asked: memory stays flat, nothing queues up. */
import { dataFile, type SealedBatch, sealedBatches } from './data.ts'
import type { ProjectKeys } from './entry.ts'
import { type FaultOptions, type FaultResult, tell } from './fault-run.ts'
import { pause } from './pause.ts'
import { LabServer } from './server.ts'
import { StreamClient } from './stream-client.ts'

const RATE = 100_000
const BATCH_ROWS = 2_000
/** Sent over and over; times lie within a day. */
const FILE_ROWS = 200_000
const WINDOW = 64
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
  const batches: SealedBatch[] = []
  for await (const batch of sealedBatches(dataFile(FILE_ROWS), BATCH_ROWS)) batches.push(batch)
  const server = new LabServer()
  try {
    await server.start()
    const keys = await server.createProject('soak')
    return await new SoakRun(server, keys, batches).run(soakMinutes * 60_000)
  } finally {
    await server.stop()
    server.remove()
  }
}

class SoakRun {
  readonly #server: LabServer
  readonly #keys: ProjectKeys
  readonly #batches: readonly SealedBatch[]
  readonly #samples: Sample[] = []
  #sent = 0
  #batchesSent = 0
  #sentBytes = 0

  constructor(server: LabServer, keys: ProjectKeys, batches: readonly SealedBatch[]) {
    this.#server = server
    this.#keys = keys
    this.#batches = batches
  }

  async run(ms: number): Promise<FaultResult> {
    const client = new StreamClient({
      url: this.#server.grpcUrl,
      key: this.#keys.ingest,
      window: WINDOW,
    })
    await client.open()
    const begun = performance.now()
    let sampleAtMs = SAMPLE_MS
    for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - begun) {
      while (this.#sent < (RATE * elapsed) / 1_000) await this.#send(client)
      if (elapsed >= sampleAtMs) {
        void this.#sample(elapsed)
        sampleAtMs += SAMPLE_MS
      }
      await pause(5)
    }
    await client.drain()
    const seconds = (performance.now() - begun) / 1_000
    client.close()
    const body = { limit: 0, include: ['total'] }
    const reply = await this.#server.call('POST', '/api/v1/logs/search', body, this.#keys.read)
    return this.#judge(seconds, Number(reply['total']))
  }

  /** A throttle ends the client with an error: there must be none. */
  async #send(client: StreamClient): Promise<void> {
    const batch = this.#batches[this.#batchesSent++ % this.#batches.length]
    if (batch === undefined) throw new Error('there is no data')
    await client.send(batch)
    this.#sent += batch.rows
    this.#sentBytes += batch.bytes.length
  }

  async #sample(ms: number): Promise<void> {
    const seen: unknown = await this.#server.call('GET', '/api/v1/system/actors')
    const { journal, store } = seen as {
      journal: { end: number }
      store: { receivedPositions: number }
    }
    const bytesPerSecond = (this.#sentBytes * 1_000) / ms
    const lagSeconds = Math.max(0, journal.end - store.receivedPositions) / bytesPerSecond
    const rssMiB = Math.round(this.#server.usage().rssBytes / MIB)
    this.#samples.push({ ms, rssMiB, lagSeconds })
    tell(`${Math.round(ms / 1_000)} s: ${rssMiB} MiB, lag ${lagSeconds.toFixed(2)} s`)
  }

  #judge(seconds: number, found: number): FaultResult {
    const steady = this.#samples.filter(({ ms }) => ms > WARM_UP_MS)
    const half = steady.length >> 1
    const [first, second] = [steady.slice(0, half), steady.slice(half)].map(samples =>
      Math.max(...samples.map(({ rssMiB }) => rssMiB)),
    ) as [number, number]
    const rss = Math.max(...this.#samples.map(({ rssMiB }) => rssMiB))
    const lag = Math.max(...this.#samples.map(({ lagSeconds }) => lagSeconds))
    const rate = Math.round(this.#sent / seconds)
    const checks: readonly (readonly [boolean, string])[] = [
      [found === this.#sent, `${found} found of ${this.#sent} acknowledged`],
      [rate >= 0.98 * RATE, `only ${rate} logs/s were taken`],
      [rss <= RSS_MIB_MAX, `RSS of ${rss} MiB`],
      [half === 0 || second <= GROWTH_MAX * first, `RSS grew from ${first} to ${second} MiB`],
      [lag <= LAG_S_MAX, `the store was ${lag.toFixed(1)} s behind`],
      [this.#server.faults.length === 0, this.#server.faults[0] ?? ''],
    ]
    return {
      problems: checks.filter(([isGood]) => !isGood).map(([, problem]) => problem),
      facts: {
        logs: this.#sent,
        'per second': rate,
        'RSS series': this.#samples.map(({ rssMiB }) => rssMiB).join(' '),
        'max lag': `${lag.toFixed(2)} s`,
      },
    }
  }
}
