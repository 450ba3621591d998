/** A client of `POST /ingest`: with an Idempotency-Key it repeats until it is answered. */
import type { IngestReply } from '#proto/api.ts'
import type { Random } from '#runtime/random.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'
import type { HttpReply } from './batch-poster.ts'
import { type Ledger, messageOf, SERVICES, type SentLog, WORDS } from './ledger.ts'
import type { Network } from './network.ts'

export interface RequestClientOptions {
  readonly sim: Simulation
  readonly name: string
  readonly projectId: string
  readonly key: string
  readonly network: Network
  readonly ledger: Ledger
  readonly requests: number
  readonly spreadMs: number
  readonly recordsMax: number
  readonly onViolation: (what: string) => void
}

const RETRY_MS_MAX = 1_500
const REFUSED_RECORD_CHANCE = 0.15
const RETRIED: readonly number[] = [429, 500, 503, 507]

interface Request {
  readonly logs: readonly SentLog[]
  readonly body: Uint8Array
  readonly idempotencyKey: string | null
  /** Index of the one record that is to be refused; -1 = none is. */
  readonly refused: number
}

export class RequestClient {
  readonly #options: RequestClientOptions
  readonly #random: Random
  #sent = 0
  /** Settles when every request was answered, or given up. */
  readonly done: Promise<void>

  constructor(options: RequestClientOptions) {
    this.#options = options
    this.#random = options.sim.newRandom()
    this.done = this.#sendAll()
  }

  observe(): string {
    return `${this.#options.name}: ${this.#sent} of ${this.#options.requests} requests`
  }

  async #sendAll(): Promise<void> {
    const { sim, requests, spreadMs } = this.#options
    const running: Promise<void>[] = []
    while (this.#sent < requests) {
      await sim.sleep(this.#random.unit() * 2 * (spreadMs / requests))
      const request = this.#newRequest(++this.#sent)
      running.push(request.idempotencyKey === null ? this.#once(request) : this.#until(request))
    }
    await Promise.all(running)
  }

  #newRequest(number: number): Request {
    const { name, projectId, ledger, recordsMax } = this.#options
    const random = this.#random
    const count = 1 + random.below(recordsMax)
    const logs = Array.from({ length: count }, () =>
      ledger.add({
        projectId,
        source: `${name}.${number}`,
        service: SERVICES[random.below(SERVICES.length)] as string,
        word: WORDS[random.below(WORDS.length)] as string,
      }),
    )
    const refused = random.unit() < REFUSED_RECORD_CHANCE ? random.below(count) : -1
    const records = logs.map((log, index) => ({
      level: 'info',
      service: log.service,
      message: messageOf(log),
      ...(index === refused ? { time: '1950-01-01T00:00:00Z' } : {}),
    }))
    const isArray = random.below(2) === 0
    const text = isArray
      ? JSON.stringify(records)
      : records.map(record => JSON.stringify(record)).join('\n')
    const idempotencyKey = random.below(3) === 0 ? null : `${name}-${number}`
    return { logs, body: new TextEncoder().encode(text), idempotencyKey, refused }
  }

  /** Without a key it is not known what to do about a missing answer, so nothing is done. */
  async #once(request: Request): Promise<void> {
    const reply = await this.#post(request)
    if (reply?.status === 200) return this.#accepted(request, reply)
    const isNothing = reply?.body.includes('nothing was stored') === true
    settle(request, isNothing ? 'refused' : 'unknown')
  }

  async #until(request: Request): Promise<void> {
    for (;;) {
      const reply = await this.#post(request)
      if (reply?.status === 200) {
        this.#accepted(request, reply)
        if (this.#random.below(4) === 0) await this.#again(request, reply)
        return
      }
      if (reply !== null && !RETRIED.includes(reply.status)) {
        return this.#options.onViolation(`a keyed request got ${reply.status} ${reply.body}`)
      }
      await this.#options.sim.sleep(this.#random.unit() * RETRY_MS_MAX)
    }
  }

  /** A repeat gets the same answer, another body under the same key is refused. */
  async #again(request: Request, first: HttpReply): Promise<void> {
    await this.#options.sim.sleep(this.#random.unit() * 10_000)
    const isOther = this.#random.below(2) === 0
    const body = isOther ? new TextEncoder().encode('{"message":"other"}') : request.body
    const reply = await this.#post({ ...request, body })
    if (reply === null || RETRIED.includes(reply.status)) return
    const isRight = isOther
      ? reply.status === 422
      : reply.status === 200 && reply.body === first.body
    if (isRight) return
    const { status } = reply
    this.#options.onViolation(`a repeat got ${status} ${reply.body} after ${first.body}`)
  }

  #accepted(request: Request, { body }: HttpReply): void {
    const { logs, refused } = request
    const { accepted, rejected } = JSON.parse(body) as IngestReply
    const told = rejected.map(({ index }) => index)
    const expected = refused < 0 ? [] : [refused]
    if (accepted !== logs.length - expected.length || told.join() !== expected.join()) {
      this.#options.onViolation(`of ${logs.length} records, ${expected.join()} wrong: ${body}`)
    }
    settle(request, 'stored')
  }

  #post({ body, idempotencyKey }: Request): Promise<HttpReply | null> {
    const { network, key } = this.#options
    const headers = {
      authorization: `Bearer ${key}`,
      ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
    }
    const repeatable = idempotencyKey !== null
    return network.post({ path: '/ingest', headers, body }, { repeatable })
  }
}

function settle({ logs, refused }: Request, fate: 'stored' | 'unknown' | 'refused'): void {
  for (const [index, log] of logs.entries()) log.fate = index === refused ? 'refused' : fate
}
