import type { WebSocket } from 'ws'
import type { Row } from '#proto/api.ts'
import { TAIL_FRAME_ROWS_MAX } from '#proto/limits.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { Trouble } from '#proto/trouble.ts'
import { filterOf, type RowFilter } from './fake-search.ts'

interface Reader {
  readonly socket: WebSocket
  readonly projectId: string
  readonly filter: RowFilter
  position: number
}

/** Tails over rows in the order of their arrival; a token is a position in it. */
export class FakeTail {
  readonly #rowsOf: (projectId: string) => readonly Row[]
  readonly #readers = new Set<Reader>()
  /** No socket is accepted while true: the server is away. */
  away = false
  /** Rows before this position are no longer in the log. */
  #firstKept = 0
  /** How many rows the next pump leaves out, as for a reader that is too slow. */
  #toDrop = 0
  accepted = 0

  constructor(rowsOf: (projectId: string) => readonly Row[]) {
    this.#rowsOf = rowsOf
  }

  tokenOf(position: number): string {
    return Buffer.from(`fake:${position}`).toString('base64url')
  }

  accept(socket: WebSocket, params: URLSearchParams): void {
    const list = (name: string): string[] => params.get(name)?.split(',').filter(Boolean) ?? []
    const project = params.get('project') ?? ''
    const projectId = params.get('kind') === 'metrics' ? pointsOf(project) : project
    const after = params.get('after')
    const reader = {
      socket,
      projectId,
      filter: filterOf({
        query: params.get('query') ?? '',
        levels: list('levels'),
        services: list('services'),
      }),
      position: after === null ? this.#rowsOf(projectId).length : positionOf(after),
    }
    this.accepted++
    this.#readers.add(reader)
    socket.on('close', () => this.#readers.delete(reader))
    send(socket, { type: 'hello', token: this.tokenOf(reader.position) })
    this.#pumpReader(reader)
  }

  pump(projectId: string): void {
    for (const reader of this.#readers) if (reader.projectId === projectId) this.#pumpReader(reader)
  }

  /** Ends all sockets as a dying server does. */
  cut(): void {
    for (const { socket } of this.#readers) socket.terminate()
    this.#readers.clear()
  }

  /** Tells every reader what the server does without. */
  degrade(troubles: readonly Trouble[]): void {
    for (const { socket, position } of this.#readers) {
      send(socket, { type: 'degraded', troubles, token: this.tokenOf(position) })
    }
  }

  dropNext(count: number): void {
    this.#toDrop = count
  }

  forgetBefore(position: number): void {
    this.#firstKept = position
  }

  #pumpReader(reader: Reader): void {
    const rows = this.#rowsOf(reader.projectId)
    if (reader.position < this.#firstKept) this.#sayGap(reader, rows)
    if (this.#toDrop > 0) this.#sayDropped(reader, rows)
    while (reader.position < rows.length) {
      const end = Math.min(rows.length, reader.position + TAIL_FRAME_ROWS_MAX)
      const matches = rows.slice(reader.position, end).filter(reader.filter)
      reader.position = end
      const token = this.tokenOf(end)
      if (matches.length > 0) send(reader.socket, { type: 'rows', rows: matches, token })
      else send(reader.socket, { type: 'idle', token })
    }
  }

  #sayGap(reader: Reader, rows: readonly Row[]): void {
    const from = rows[reader.position]?.ingested_at ?? ''
    const to = rows[this.#firstKept]?.ingested_at ?? ''
    reader.position = this.#firstKept
    send(reader.socket, { type: 'gap', from, to, token: this.tokenOf(reader.position) })
  }

  #sayDropped(reader: Reader, rows: readonly Row[]): void {
    const end = Math.min(rows.length, reader.position + this.#toDrop)
    const missed = rows.slice(reader.position, end).filter(reader.filter)
    reader.position = end
    this.#toDrop = 0
    const times = missed.map(row => row.ingested_at).sort()
    const from = times[0]
    const to = times.at(-1) ?? from
    send(reader.socket, {
      type: 'dropped',
      count: missed.length,
      from,
      to,
      token: this.tokenOf(end),
    })
  }
}

/** Points of metrics are rows of their own, which no search finds. */
export function pointsOf(projectId: string): string {
  return `${projectId} points`
}

function positionOf(token: string): number {
  return Number(Buffer.from(token, 'base64url').toString('utf8').replace('fake:', ''))
}

function send(socket: WebSocket, frame: TailFrame): void {
  socket.send(JSON.stringify(frame))
}
