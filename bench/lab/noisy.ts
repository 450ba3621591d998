/**
 * One project sends ten times its quota, by every door and without regard to what it is told. The
 * server's memory stays bounded, nothing acknowledged is lost, and the neighbour hardly notices.
 */

import type { ProjectKeys } from './entry.ts'
import type { FaultOptions, FaultResult } from './fault-run.ts'
import { makeNoise, type NoiseFacts } from './noise.ts'
import { pause } from './pause.ts'
import { percentile } from './percentile.ts'
import { LabServer } from './server.ts'

const QUOTA = 5_000
const OFFERED = 10 * QUOTA
const PROBE_EVERY_MS = 10
const BASE_SECONDS_MIN = 5
const BASE_SECONDS_MAX = 60
const MIB = 1024 * 1024
const RSS_MIB_MAX = 1_200
/** A p99 below this is good, whatever it was before: on a busy machine less is chance. */
const P99_MS_GOOD = 20

export async function noisy({ noisySeconds }: FaultOptions): Promise<FaultResult> {
  const server = new LabServer()
  try {
    await server.start()
    const quiet = await server.createProject('quiet')
    const loud = await server.createProject('loud')
    await server.call('PATCH', `/api/v1/projects/${loud.id}`, { records_per_second: QUOTA })
    return await new NoisyRun(server, quiet, loud).run(noisySeconds)
  } finally {
    await server.stop()
    server.remove()
  }
}

class NoisyRun {
  readonly #server: LabServer
  readonly #quiet: ProjectKeys
  readonly #loud: ProjectKeys
  #acknowledged = 0
  #failed = 0
  #rssMiBMax = 0

  constructor(server: LabServer, quiet: ProjectKeys, loud: ProjectKeys) {
    this.#server = server
    this.#quiet = quiet
    this.#loud = loud
  }

  async run(seconds: number): Promise<FaultResult> {
    // The first requests are slow for everybody.
    await this.#probe(2)
    const base = Math.min(BASE_SECONDS_MAX, Math.max(BASE_SECONDS_MIN, seconds / 2))
    const before = percentile(await this.#probe(base), 0.99)
    const { url, grpcUrl } = this.#server
    const made = makeNoise({ url, grpcUrl, key: this.#loud.ingest, rate: OFFERED, seconds })
    const cpuBefore = this.#server.usage().cpuSeconds
    const during = percentile(await this.#probe(seconds), 0.99)
    const cpuSeconds = this.#server.usage().cpuSeconds - cpuBefore
    const noise = await made
    return {
      problems: [
        ...(await this.#problems(noise, before, during)),
        ...(noise.acknowledgedInTime > 1.2 * QUOTA * seconds + QUOTA ? ['over its quota'] : []),
      ],
      facts: {
        offered: noise.offered,
        acknowledged: noise.acknowledged,
        'per second': Math.round(noise.acknowledgedInTime / seconds),
        'server CPU': `${Math.round((100 * cpuSeconds) / seconds)} %`,
        answers: JSON.stringify(noise.statuses),
        'stream throttles': noise.throttles,
        'p99 before': `${before.toFixed(1)} ms`,
        'p99 during': `${during.toFixed(1)} ms`,
        'max RSS': `${this.#rssMiBMax} MiB`,
      },
    }
  }

  async #problems(noise: NoiseFacts, before: number, during: number): Promise<string[]> {
    const loud = await this.#total(this.#loud)
    const quiet = await this.#total(this.#quiet)
    const checks: readonly (readonly [boolean, string])[] = [
      [loud === noise.acknowledged, `loud: ${loud} found, ${noise.acknowledged} acknowledged`],
      [quiet === this.#acknowledged, `quiet: ${quiet} found, ${this.#acknowledged} acknowledged`],
      [this.#failed === 0, `quiet: ${this.#failed} requests failed`],
      [noise.unanswered === 0, `loud: ${noise.unanswered} requests without an answer`],
      [noise.withoutRetryAfter === 0, `${noise.withoutRetryAfter} refusals without Retry-After`],
      [(noise.statuses['429'] ?? 0) > 0 && noise.throttles > 0, 'the quota did not bite'],
      [during <= Math.max(2 * before, P99_MS_GOOD), `p99 from ${before} to ${during} ms`],
      [this.#rssMiBMax <= RSS_MIB_MAX, `RSS of ${this.#rssMiBMax} MiB`],
      [this.#server.faults.length === 0, this.#server.faults[0] ?? ''],
    ]
    return checks.filter(([isGood]) => !isGood).map(([, problem]) => problem)
  }

  /** Sends at fixed times, whether or not the answers come; what counts runs from those times. */
  async #probe(seconds: number): Promise<number[]> {
    const acks: number[] = []
    const open: Promise<void>[] = []
    const begun = performance.now()
    for (let sent = 0; sent < (seconds * 1_000) / PROBE_EVERY_MS; sent++) {
      const intended = begun + sent * PROBE_EVERY_MS
      const waitMs = intended - performance.now()
      if (waitMs > 0) await pause(waitMs)
      open.push(this.#send(intended, acks))
      const mib = Math.round(this.#server.usage().rssBytes / MIB)
      this.#rssMiBMax = Math.max(this.#rssMiBMax, mib)
    }
    await Promise.all(open)
    return acks
  }

  async #send(intended: number, acks: number[]): Promise<void> {
    const response = await fetch(`${this.#server.url}/ingest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#quiet.ingest}` },
      body: JSON.stringify({ service: 'quiet', message: 'a log now and then' }),
    })
    await response.text()
    if (response.ok) this.#acknowledged++
    else this.#failed++
    acks.push(performance.now() - intended)
  }

  async #total({ read }: ProjectKeys): Promise<number> {
    const body = { limit: 0, include: ['total'] }
    const reply = await this.#server.call('POST', '/api/v1/logs/search', body, read)
    return Number(reply['total'])
  }
}
