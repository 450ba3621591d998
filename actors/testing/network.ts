/**
 * The network between senders and one server, as unkind as real ones: bytes come late and in
 * pieces, connections break in the middle of a message, one end may notice long before the other,
 * and what was sent before that may still arrive.
 */
import type { HttpAnswer } from '#actors/http/http-server.ts'
import type { Random } from '#runtime/random.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'
import type { Transport } from '../../sdk/transport.ts'
import { BatchPoster, type HttpReply } from './batch-poster.ts'
import type { Cut, Line } from './line.ts'
import { memoryRequest, type RequestInit } from './memory-request.ts'
import type { Pipeline } from './pipeline.ts'
import { StreamLink } from './stream-link.ts'

export interface PostOptions {
  /** The request may arrive twice, as where a proxy repeats it. */
  readonly repeatable: boolean
}

/** A caller gives up after this. */
const REPLY_MS_MAX = 8_000
const REPEAT_MS_MAX = 4_000
const MOMENT_MS = 2

export class Network implements Line {
  readonly clock: Simulation['clock']
  readonly random: Random
  /** Nothing gets through: new connections fail, old ones are silent. */
  isDown = false
  /** Probability that a request, an answer or a message of a stream is lost with its connection. */
  lossChance = 0
  readonly #links = new Set<StreamLink>()
  #server: Pipeline | null = null

  constructor(sim: Simulation) {
    this.clock = sim.clock
    this.random = sim.newRandom()
  }

  /** Who listens at the server's address; null = nobody. */
  get server(): Pipeline | null {
    return this.#server?.alive === true ? this.#server : null
  }

  /** From now on this pipeline is found at the server's address, until its process dies. */
  listen(pipeline: Pipeline): void {
    this.#server = pipeline
    void pipeline.process.ended.then(() => {
      for (const link of this.#links) link.serverDied(pipeline.process)
    })
  }

  /** The SDK's way over gRPC. */
  streams(): Transport {
    return {
      name: 'grpc',
      isGreeted: true,
      connect: (hello, handler) => {
        const link = new StreamLink(this, { hello, handler, onEnd: () => this.#links.delete(link) })
        this.#links.add(link)
        return link
      },
    }
  }

  /** The SDK's way over `POST /ingest/batch`. */
  posts(): Transport {
    return {
      name: 'http',
      isGreeted: false,
      connect: (hello, handler) =>
        new BatchPoster(init => this.post(init, { repeatable: true }), hello, handler),
    }
  }

  /** Breaks one of the open connections, if there is one. */
  cutOne(cut: Cut): void {
    const links = [...this.#links]
    links[this.random.below(Math.max(1, links.length))]?.cut(cut)
  }

  /** One request; null = no answer came, and whether it was handled nobody knows. */
  async post(init: RequestInit, { repeatable }: PostOptions): Promise<HttpReply | null> {
    await this.moment()
    if (this.#isLost()) return this.#noAnswer()
    if (repeatable && this.random.unit() < this.lossChance) void this.#repeatLater(init)
    const server = this.server
    if (server === null) return null
    const answer = await Promise.race([this.#handle(server, init), server.process.ended])
    await this.moment()
    if (typeof answer !== 'object' || answer === null || this.#isLost()) return this.#noAnswer()
    return replyOf(answer)
  }

  /** A short time that a piece of bytes takes. */
  latencyMs(): number {
    return 0.05 + this.random.unit() * MOMENT_MS
  }

  moment(): Promise<void> {
    return this.sleep(this.latencyMs())
  }

  sleep(ms: number): Promise<void> {
    return new Promise(resolve => void this.clock.after(ms, resolve))
  }

  /** Whether the connection breaks over the next message. */
  breaks(): boolean {
    return this.lossChance > 0 && this.random.unit() < this.lossChance
  }

  #isLost(): boolean {
    return this.isDown || this.breaks()
  }

  async #noAnswer(): Promise<null> {
    await this.sleep(this.random.unit() * REPLY_MS_MAX)
    return null
  }

  async #repeatLater(init: RequestInit): Promise<void> {
    await this.sleep(this.random.unit() * REPEAT_MS_MAX)
    const server = this.server
    if (server !== null) await this.#handle(server, init)
  }

  #handle(server: Pipeline, init: RequestInit): Promise<HttpAnswer | null> {
    return server.request(memoryRequest(init))
  }
}

function replyOf({ status, headers = [], body = '' }: HttpAnswer): HttpReply {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  return { status, headers: new Map(headers), body: text }
}
