/** A live tail that resumes by its token over every death of the server, and keeps count. */
import WebSocket from 'ws'
import type { Row } from '#proto/api.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { LabEntry, ProjectKeys } from './entry.ts'
import { type FoundRow, streamOf } from './ledger.ts'
import { until } from './pause.ts'

const RECONNECT_MS = 30
const CATCH_UP_MS_MAX = 60_000

export class Follower {
  /** What must not happen: repeats, wrong order, gaps, rows that are missing without a word. */
  readonly wrong: string[] = []
  connections = 0
  /** Rows that it was told it was too slow for. */
  dropped = 0
  readonly #server: LabEntry
  readonly #key: string
  readonly #query: string
  readonly #seen = new Set<string>()
  readonly #last = new Map<string, number>()
  #socket: WebSocket | null = null
  #token: string | null = null
  #stopped = false

  constructor(server: LabEntry, keys: ProjectKeys, query: string) {
    this.#server = server
    this.#key = keys.read
    this.#query = query
    this.#connect()
  }

  get rows(): number {
    return this.#seen.size
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Settles once it has a place in the log, from which it misses nothing. */
  async started(): Promise<void> {
    await until(() => this.#token !== null, CATCH_UP_MS_MAX)
  }

  /** Waits for the last of these rows; what then is missing untold, or too much, is wrong. */
  async judge(found: readonly FoundRow[]): Promise<void> {
    await until(() => this.#seen.size + this.dropped >= found.length, CATCH_UP_MS_MAX)
    const names = new Set(found.map(nameOf))
    const missed = [...names].filter(name => !this.#seen.has(name))
    const foreign = [...this.#seen].filter(name => !names.has(name))
    if (missed.length !== this.dropped) {
      const some = missed.slice(0, 5).join(' ')
      this.#note(`missed ${missed.length}, was told of ${this.dropped}: ${some}`)
    }
    if (foreign.length > 0) this.#note(`not stored: ${foreign.slice(0, 5).join(' ')}`)
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.terminate()
  }

  #connect(): void {
    if (this.#stopped) return
    const parameters = new URLSearchParams({
      query: this.#query,
      ...(this.#token === null ? {} : { after: this.#token }),
    })
    const url = `${this.#server.url.replace(/^http/, 'ws')}/api/v1/tail?${parameters.toString()}`
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${this.#key}` } })
    this.#socket = socket
    socket.on('message', data => {
      this.#receive(JSON.parse((data as Buffer).toString()) as TailFrame)
    })
    socket.on('open', () => this.connections++)
    socket.on('unexpected-response', (_, response) => {
      this.#note(`the tail was refused with ${response.statusCode}`)
      socket.terminate()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => setTimeout(() => this.#connect(), RECONNECT_MS))
  }

  #receive(frame: TailFrame): void {
    if (frame.type === 'error') return this.#note(`${frame.code} ${frame.detail}`)
    if (frame.type === 'rows') for (const row of frame.rows) this.#see(foundRow(row))
    if (frame.type === 'dropped') this.dropped += frame.count
    if (frame.type === 'gap') this.#note(JSON.stringify(frame))
    this.#token = frame.token
  }

  #see(row: FoundRow): void {
    const name = nameOf(row)
    if (this.#seen.has(name)) this.#note(`${name} came again`)
    this.#seen.add(name)
    const stream = streamOf(row)
    const last = this.#last.get(stream) ?? -1
    if (row.number <= last) this.#note(`${name} came after ${last}`)
    this.#last.set(stream, row.number)
  }

  #note(what: string): void {
    this.wrong.push(`tail '${this.#query}': ${what}`)
  }
}

/** The writer's own name and number of a row. */
export function foundRow({ id, attributes }: Row): FoundRow {
  const { writer, number } = attributes
  return { id, writer: typeof writer === 'string' ? writer : '', number: Number(number) }
}

function nameOf({ writer, number }: FoundRow): string {
  return `${writer}/${number}`
}
