/** A page that follows the live tail through the network, and after a break with its token. */
import { ANY_TIME, type RowFilter } from '#actors/processing/matcher.ts'
import type { Subscriber } from '#actors/tail/subscriber.ts'
import { placeOf, type TailPlace } from '#actors/tail/tail-place.ts'
import { decodeTailToken, encodeTailToken } from '#actors/tail/tail-token.ts'
import type { Row } from '#proto/api.ts'
import type { QueryTerm } from '#proto/query/tree.ts'
import type { TailFrame } from '#proto/tail.ts'
import { parseTime } from '#proto/time.ts'
import type { Random } from '#runtime/random.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'
import { numberOf } from './ledger.ts'
import type { Network } from './network.ts'
import { Pipe } from './pipe.ts'
import type { Pipeline } from './pipeline.ts'
import type { RecordedRow } from './recorder.ts'
import { searchInput } from './searching.ts'

export interface TailReaderOptions {
  readonly sim: Simulation
  readonly name: string
  readonly projectId: string
  readonly service: string | null
  readonly word: string | null
  /** Goes on from the token of a search instead of beginning now. */
  readonly afterSearch: boolean
  readonly network: Network
  readonly onViolation: (what: string) => void
}

/** Losses that a frame told; times in µs, both ends included. */
export interface ToldLoss {
  readonly type: 'dropped' | 'gap'
  readonly count: number
  readonly fromUs: number
  readonly toUs: number
}

const PAUSE_MS_MAX = 800
const NEVER = new AbortController().signal
/** What a socket says of itself that takes nothing more for now. */
const FULL_BYTES = 1 << 30

export class TailReader {
  readonly name: string
  readonly projectId: string
  /** Numbers of the rows that arrived, in order of arrival. */
  readonly numbers: number[] = []
  readonly losses: ToldLoss[] = []
  /** Where it began; null = it was never told. */
  start: TailPlace | null = null
  /** Reads nothing for now. */
  isSlow = false
  readonly #options: TailReaderOptions
  readonly #random: Random
  #token: string | null = null
  #connection: TailConnection | null = null
  #isOver = false
  #connections = 0
  #awayMs = 0

  constructor(options: TailReaderOptions) {
    this.name = options.name
    this.projectId = options.projectId
    this.#options = options
    this.#random = options.sim.newRandom()
    void this.#follow()
  }

  /** Up to where it was told of everything. */
  get place(): TailPlace | null {
    return this.#token === null ? null : decodeTailToken(this.#token)
  }

  wants(row: RecordedRow): boolean {
    const { projectId, service, word } = this.#options
    if (row.projectId !== projectId) return false
    if (service !== null && row.service !== service) return false
    return word === null || row.message.includes(` ${word} `)
  }

  observe(): string {
    const place = JSON.stringify(this.place)
    return `${this.name}: ${this.numbers.length} rows, ${this.#connections} connections, ${place}`
  }

  /** The connection breaks. */
  cut(): void {
    this.#connection?.cut()
  }

  /** Holds, and goes on a little later. */
  async pauseForAWhile(): Promise<void> {
    const connection = this.#connection
    connection?.command('pause')
    await this.#options.sim.sleep(this.#random.unit() * PAUSE_MS_MAX)
    connection?.command('resume')
  }

  /** Sleeps, and comes back with the token that it had. */
  stayAway(ms: number): void {
    this.#awayMs = ms
    this.cut()
  }

  stop(): void {
    this.#isOver = true
    this.cut()
  }

  async #follow(): Promise<void> {
    const { sim, network } = this.#options
    while (!this.#isOver) {
      const pauseMs = this.#random.below(2) === 0 ? 3 : PAUSE_MS_MAX
      await sim.sleep(this.#awayMs + this.#random.unit() * pauseMs)
      this.#awayMs = 0
      const server = network.isDown ? null : network.server
      if (server === null || this.#isOver) continue
      const id = `${this.name}-${++this.#connections}`
      const connection = new TailConnection(id, server, network, {
        isFull: () => this.isSlow,
        received: frame => this.#received(frame),
      })
      this.#connection = connection
      const after = this.place ?? (await this.#searched(server))
      if (!server.alive || this.#isOver) continue
      connection.open({ projectId: this.projectId, filter: this.#filter(), after })
      await connection.closed
      this.#connection = null
    }
  }

  /** The token that search-routes.ts gives with its reply; null = it begins now. */
  async #searched(server: Pipeline): Promise<TailPlace | null> {
    const { service, word, afterSearch } = this.#options
    if (!afterSearch) return null
    const searched = {
      service,
      word,
      projectId: this.projectId,
      order: 'desc',
      limit: 1,
      ...ANY_TIME,
    } as const
    const searching = server.store.search(searchInput(searched, null), NEVER).catch(() => null)
    const result = await Promise.race([searching, server.process.ended])
    if (typeof result !== 'object' || result === null) return null
    this.start = placeOf(result)
    this.#token = encodeTailToken(this.start)
    return this.start
  }

  #filter(): RowFilter {
    const { service, word } = this.#options
    const terms: QueryTerm[] = word === null ? [] : [{ type: 'phrase', tokens: [word], hex: null }]
    return {
      query: { terms },
      services: service === null ? [] : [service],
      levels: [],
      ...ANY_TIME,
    }
  }

  #received(frame: TailFrame): void {
    switch (frame.type) {
      case 'error':
        return this.#options.onViolation(`${this.name} was told ${frame.code}: ${frame.detail}`)
      case 'rows':
        this.numbers.push(...frame.rows.map(({ message }: Row) => numberOf(message)))
        break
      case 'dropped':
      case 'gap': {
        const count = frame.type === 'dropped' ? frame.count : 0
        const [fromUs, toUs] = [usOf(frame.from), usOf(frame.to)]
        this.losses.push({ type: frame.type, count, fromUs, toUs })
        break
      }
      case 'hello':
        this.start ??= decodeTailToken(frame.token)
        break
      case 'idle':
      case 'degraded':
        break
    }
    this.#token = frame.token
  }
}

interface ConnectionEvents {
  readonly isFull: () => boolean
  readonly received: (frame: TailFrame) => void
}

/** One WebSocket: tail-socket.ts without HTTP. */
class TailConnection implements Subscriber {
  /** Settles when the reader has noticed its end. */
  readonly closed: Promise<void>
  readonly #id: string
  readonly #server: Pipeline
  readonly #network: Network
  readonly #events: ConnectionEvents
  readonly #toReader: Pipe<string | null>
  #waitingBytes = 0
  #isOver = false
  #end: () => void = () => undefined

  constructor(id: string, server: Pipeline, network: Network, events: ConnectionEvents) {
    this.#id = id
    this.#server = server
    this.#network = network
    this.#events = events
    this.closed = new Promise(resolve => {
      this.#end = resolve
    })
    this.#toReader = new Pipe({
      clock: network.clock,
      latencyMs: () => network.latencyMs(),
      deliver: text => this.#deliver(text),
    })
    void server.process.ended.then(() => this.#toReader.push(null))
  }

  open(wish: { projectId: string; filter: RowFilter; after: TailPlace | null }): void {
    const request = { type: 'subscribe', id: this.#id, ...wish, subscriber: this } as const
    if (!this.#server.tail.offer(request)) this.#toReader.push(null)
  }

  command(type: 'pause' | 'resume'): void {
    if (this.#isOver || !this.#server.alive) return
    if (!this.#server.tail.offer({ type, id: this.#id })) this.cut()
  }

  /** What is on its way is lost; the server learns of it. */
  cut(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#toReader.cut()
    this.#end()
    this.#network.clock.after(this.#network.latencyMs(), () => this.#unsubscribe())
  }

  send(frameText: string): number {
    this.#waitingBytes += frameText.length
    this.#toReader.push(frameText)
    return this.waitingBytes()
  }

  waitingBytes(): number {
    return this.#events.isFull() ? FULL_BYTES : this.#waitingBytes
  }

  close(): void {
    this.#toReader.push(null)
  }

  #deliver(text: string | null): void {
    if (this.#isOver) return
    if (text === null || this.#network.isDown || this.#network.breaks()) return this.cut()
    this.#waitingBytes -= text.length
    this.#events.received(JSON.parse(text) as TailFrame)
  }

  #unsubscribe(): void {
    if (!this.#server.alive) return
    const tell = async (): Promise<void> =>
      this.#server.tail.tell({ type: 'unsubscribe', id: this.#id })
    void tell().catch(() => undefined)
  }
}

function usOf(text: string): number {
  const time = parseTime(text)
  if (time === null) throw new Error(`the tail told the time ${text}`)
  return time.timeUs
}
