/** A process of its own that sends far too much and does not listen. Run by `makeNoise`. */
import { fork } from 'node:child_process'
import { createLogger } from '@logboy/sdk'
import { pause } from './pause.ts'

export interface NoiseOrder {
  readonly url: string
  readonly grpcUrl: string
  readonly key: string
  /** Records per second over all doors. */
  readonly rate: number
  readonly seconds: number
}

export interface NoiseFacts {
  readonly offered: number
  readonly acknowledged: number
  /** Of these while it still made noise; the rest is what the SDK's memory held. */
  readonly acknowledgedInTime: number
  /** Requests without an answer: their records may be stored. */
  readonly unanswered: number
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Answers of 429 that did not say when to come back. */
  readonly withoutRetryAfter: number
  /** What the SDK made of it: told to wait, and dropped when its memory was full. */
  readonly throttles: number
  readonly dropped: number
}

const TICK_MS = 20
const REQUEST_RECORDS = 250
/** The rest goes over the stream. */
const HTTP_SHARE = 0.7
const REQUESTS_OPEN_MAX = 64
const SDK_MEMORY_BYTES = 1024 * 1024

/** Makes noise in a process of its own, so that it does not slow the measuring one. */
export function makeNoise(order: NoiseOrder): Promise<NoiseFacts> {
  const child = fork(new URL(import.meta.url), { execArgv: [] })
  process.once('exit', () => child.kill('SIGKILL'))
  child.send(order)
  return new Promise((resolve, reject) => {
    child.once('message', facts => resolve(facts as NoiseFacts))
    child.once('exit', code => reject(new Error(`the noise ended with ${code}`)))
  })
}

class Noise {
  readonly #order: NoiseOrder
  readonly #statuses = new Map<number, number>()
  readonly #bodies: string[]
  #open = 0
  #offered = 0
  #acknowledged = 0
  #unanswered = 0
  #withoutRetryAfter = 0

  constructor(order: NoiseOrder) {
    this.#order = order
    const record = (n: number) =>
      JSON.stringify({ service: 'loud', message: `far too much of it, number ${n}`, n })
    this.#bodies = Array.from({ length: 8 }, (_, body) =>
      Array.from({ length: REQUEST_RECORDS }, (_, n) => record(body * 1_000 + n)).join('\n'),
    )
  }

  async run(): Promise<NoiseFacts> {
    const { url, grpcUrl, key, rate, seconds } = this.#order
    const memoryBytesMax = SDK_MEMORY_BYTES
    const logger = createLogger({ url, grpcUrl, key, service: 'loud', memoryBytesMax })
    const begun = performance.now()
    let logged = 0
    let posted = 0
    for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - begun) {
      const due = (rate * elapsed) / 1_000
      for (; logged < due * (1 - HTTP_SHARE); logged++) logger.info('too much of it', { logged })
      for (; posted < due * HTTP_SHARE; posted += REQUEST_RECORDS) void this.#post()
      await pause(TICK_MS)
    }
    const acknowledgedInTime = this.#acknowledged + logger.stats().acknowledged
    await logger.close(60_000)
    while (this.#open > 0) await pause(TICK_MS)
    const { acknowledged, dropped, throttles } = logger.stats()
    return {
      offered: logged + this.#offered,
      acknowledged: this.#acknowledged + acknowledged,
      acknowledgedInTime,
      unanswered: this.#unanswered,
      statuses: Object.fromEntries(this.#statuses),
      withoutRetryAfter: this.#withoutRetryAfter,
      throttles,
      dropped: dropped.memory,
    }
  }

  /** At most so many at once: the connections of one process are bounded, too. */
  async #post(): Promise<void> {
    if (this.#open >= REQUESTS_OPEN_MAX) return
    this.#offered += REQUEST_RECORDS
    this.#open++
    try {
      const response = await fetch(`${this.#order.url}/ingest`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#order.key}` },
        body: this.#bodies[(this.#offered / REQUEST_RECORDS) % this.#bodies.length] ?? '',
      })
      await response.text()
      const { status } = response
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
      if (response.ok) this.#acknowledged += REQUEST_RECORDS
      else if (!(Number(response.headers.get('retry-after')) > 0)) this.#withoutRetryAfter++
    } catch {
      this.#unanswered++
    } finally {
      this.#open--
    }
  }
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  process.once('message', (order: NoiseOrder) => {
    void new Noise(order).run().then(facts => {
      process.send?.(facts, () => process.exit(0))
    })
  })
}
