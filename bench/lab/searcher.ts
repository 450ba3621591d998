/** Searches all the time, and holds every answer to what was acknowledged before the question. */
import type { Row, SearchReply, SearchRequest } from '#proto/api.ts'
import type { Random } from '#runtime/random.ts'
import type { LabEntry, ProjectKeys } from './entry.ts'
import { foundRow } from './follower.ts'
import type { FoundRow, Ledger } from './ledger.ts'
import { pause } from './pause.ts'

const PAUSE_MS = 15
const SETTLED_LOOK_MS = 10
const PAGE_ROWS = 10_000
/** Everything acknowledged this long ago has to be found: the promise is p99 within a second. */
const SEARCHABLE_MS = 1_000

export interface SearcherOptions {
  readonly server: LabEntry
  readonly keys: ProjectKeys
  readonly ledger: Ledger
  readonly random: Random
}

export class Searcher {
  /** Answers that must not be. */
  readonly wrong: string[] = []
  answers = 0
  /** Answers without a row that was acknowledged more than a second before. */
  late = 0
  readonly #options: SearcherOptions
  readonly #running: Promise<void>
  /** How much was acknowledged when, newest last. */
  readonly #history: { readonly ms: number; readonly acknowledged: number }[] = []
  /** How much was acknowledged before the server that runs now was started. */
  #floor = 0
  #stopped = false

  constructor(options: SearcherOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  /** A server starts: it has to find everything acknowledged by those before it. */
  restarted(): void {
    this.#floor = this.#options.ledger.acknowledged
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await pause(PAUSE_MS)
      const { ledger } = this.#options
      const [floor, settled] = [this.#floor, this.#settled()]
      const reply = await this.#ask()
      if (reply === null) continue
      this.answers++
      if (reply.total === null) continue
      if (reply.total < floor || reply.total > ledger.sent) {
        this.wrong.push(`${reply.total} rows found of ${floor} to ${ledger.sent}`)
      }
      if (reply.total < settled) this.late++
    }
  }

  /** How much was acknowledged more than a second ago. */
  #settled(): number {
    const ms = performance.now()
    this.#history.push({ ms, acknowledged: this.#options.ledger.acknowledged })
    while ((this.#history[1]?.ms ?? ms) < ms - SEARCHABLE_MS) this.#history.shift()
    const [oldest] = this.#history
    return oldest !== undefined && oldest.ms < ms - SEARCHABLE_MS ? oldest.acknowledged : 0
  }

  #request(): SearchRequest {
    switch (this.#options.random.below(5)) {
      case 0:
        return { limit: 0, include: ['total'] }
      case 1:
        return { limit: 100 }
      case 2:
        return { limit: 10, query: 'record', order: 'asc' }
      case 3:
        return { limit: 0, include: [], aggregate: { fn: 'p95', field: 'number', by: 'service' } }
      default:
        return { limit: 0, include: ['total', 'by_service', 'histogram'], query: 'record' }
    }
  }

  /** null = the server is away or too busy. */
  async #ask(): Promise<SearchReply | null> {
    const { server, keys } = this.#options
    try {
      const response = await fetch(`${server.url}/api/v1/logs/search`, {
        method: 'POST',
        headers: { authorization: `Bearer ${keys.read}`, 'content-type': 'application/json' },
        body: JSON.stringify(this.#request()),
        signal: AbortSignal.timeout(30_000),
      })
      const text = await response.text()
      if (response.ok) return JSON.parse(text) as SearchReply
      if (response.status !== 503) this.wrong.push(`${response.status} ${text.slice(0, 200)}`)
    } catch {
      // The server is away.
    }
    return null
  }
}

/** How many rows of a project are found. */
export async function countAll(server: LabEntry, keys: ProjectKeys): Promise<number> {
  const body: SearchRequest = { limit: 0, include: ['total'] }
  const reply = await server.call('POST', '/api/v1/logs/search', body, keys.read)
  return Number(reply['total'])
}

/**
 * All rows of a project, read once everything acknowledged is found, or as they are after `stillMs`
 * in which no other row was found: a store that is behind has lost nothing. A total would not tell:
 * rows count, too, whose request died before its answer was heard.
 */
export async function readSettled(
  server: LabEntry,
  keys: ProjectKeys,
  ledger: Ledger,
  stillMs: number,
): Promise<FoundRow[]> {
  for (let [most, sinceMs] = [-1, performance.now()]; ; await pause(SETTLED_LOOK_MS)) {
    const found = await countAll(server, keys).catch(() => most)
    if (found >= ledger.acknowledged) {
      const rows = await readAll(server, keys).catch(() => [])
      if (ledger.judge(rows).lost.length === 0) return rows
    }
    if (found > most) [most, sinceMs] = [found, performance.now()]
    else if (performance.now() - sinceMs > stillMs) return await readAll(server, keys)
  }
}

/** All rows of a project, page by page. */
export async function readAll(server: LabEntry, keys: ProjectKeys): Promise<FoundRow[]> {
  const rows: FoundRow[] = []
  let cursor: string | null = null
  do {
    const body: SearchRequest = {
      limit: PAGE_ROWS,
      include: ['logs'],
      ...(cursor === null ? {} : { cursor }),
    }
    const answer: unknown = await server.call('POST', '/api/v1/logs/search', body, keys.read)
    const reply = answer as { readonly logs: readonly Row[]; readonly next_cursor: string | null }
    rows.push(...reply.logs.map(foundRow))
    cursor = reply.next_cursor
  } while (cursor !== null)
  return rows
}
