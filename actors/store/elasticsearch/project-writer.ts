/**
 * The actor that writes one project's batches to Elasticsearch. Keyed by project, so that what
 * happens to one touches no other. It keeps nothing that matters: after a crash it takes from the
 * ledger what is still open.
 */
import {
  type Actor,
  type Context,
  defineActor,
  RESTART_POLICY,
  type RestartPolicy,
} from '#runtime/index.ts'
import { BodyRefused, type BulkWriter } from './bulk-writer.ts'
import { periodOf } from './index-names.ts'
import type { OpenEntry } from './ledger.ts'

export interface WriteRequest {
  readonly type: 'write'
  readonly open: OpenEntry
}

type Message =
  | WriteRequest
  | { readonly type: 'written'; readonly entries: readonly OpenEntry[] }
  | { readonly type: 'failed'; readonly entries: readonly OpenEntry[]; readonly error: Error }
  | { readonly type: 'retry' }

export interface ProjectWriterDeps {
  readonly projectId: string
  readonly writer: BulkWriter
  /** Entries of the project that are not settled, in order. */
  readonly open: () => readonly OpenEntry[]
  /** Requests of one project at once: one large project may use what there is. */
  readonly requestsMax: () => number
}

const MAILBOX_CAPACITY = 1_024
/** Of one body: some megabytes of JSON, and one task of some milliseconds. */
const BODY_BATCH_BYTES_MAX = 768 * 1024
const BODY_ROWS_MAX = 8_192
/** While a request runs, the next waits for so much; without one it leaves at once. */
const BODY_BATCH_BYTES_MIN = 128 * 1024
const FAILURES_MAX = 3
const RETRY_MS = 1_000

/** Never given up: what is open holds the log back until it is settled. */
export const PROJECT_WRITER_RESTART: RestartPolicy = {
  ...RESTART_POLICY,
  limit: Number.MAX_SAFE_INTEGER,
}

export const projectWriter = defineActor({
  name: 'project-writer',
  mailbox: { capacity: MAILBOX_CAPACITY, whenFull: 'wait' },
  create: (context: Context<Message>, deps: ProjectWriterDeps) => new ProjectWriter(context, deps),
})

class ProjectWriter implements Actor<Message> {
  readonly #context: Context<Message>
  readonly #deps: ProjectWriterDeps
  /** Known entries, so that none is taken twice. */
  readonly #taken = new Set<OpenEntry>()
  #queue: OpenEntry[] = []
  #requests = 0
  /** After a failure nothing is sent for a while. */
  #isResting = false

  constructor(context: Context<Message>, deps: ProjectWriterDeps) {
    this.#context = context
    this.#deps = deps
  }

  started(): void {
    for (const open of this.#deps.open()) this.#take(open)
    this.#pump()
  }

  receive(message: Message): void {
    switch (message.type) {
      case 'write':
        this.#take(message.open)
        break
      case 'written':
        this.#requests--
        for (const open of message.entries) this.#taken.delete(open)
        break
      case 'failed':
        this.#failed(message.entries, message.error)
        break
      case 'retry':
        this.#isResting = false
        break
    }
    this.#pump()
  }

  mayRest(): boolean {
    return this.#taken.size === 0
  }

  observe(): Record<string, unknown> {
    return { queued: this.#queue.length, requests: this.#requests }
  }

  #take(open: OpenEntry): void {
    if (open.isSettled || this.#taken.has(open)) return
    this.#taken.add(open)
    this.#queue.push(open)
  }

  #pump(): void {
    if (this.#isResting || this.#deps.writer.isClosed) return
    while (this.#queue.length > 0 && this.#requests < this.#deps.requestsMax()) {
      if (this.#requests > 0 && !this.#isWorthARequest()) return
      this.#write(this.#nextBody())
    }
  }

  #isWorthARequest(): boolean {
    let bytes = 0
    for (const { entry } of this.#queue) {
      bytes += entry.batch.length
      if (bytes >= BODY_BATCH_BYTES_MIN) return true
    }
    return false
  }

  /** Batches of one day; one that failed before goes alone, so that it takes none with it. */
  #nextBody(): OpenEntry[] {
    const body: OpenEntry[] = []
    let [bytes, rows] = [0, 0]
    let period = ''
    for (const open of this.#queue) {
      const { batch, envelope } = open.entry
      const own = periodOf(Number(envelope.receivedAtUs))
      const fits =
        bytes + batch.length <= BODY_BATCH_BYTES_MAX &&
        rows + envelope.recordCount <= BODY_ROWS_MAX &&
        own === period &&
        open.failures === 0
      if (body.length > 0 && !fits) break
      body.push(open)
      bytes += batch.length
      rows += envelope.recordCount
      period = own
      if (open.failures > 0) break
    }
    this.#queue = this.#queue.slice(body.length)
    return body
  }

  #write(entries: readonly OpenEntry[]): void {
    this.#requests++
    const { writer, projectId } = this.#deps
    this.#context.pipe(
      writer.write(projectId, entries),
      () => ({ type: 'written', entries }),
      error => ({ type: 'failed', entries, error }),
    )
  }

  /** What fails for the third time is buried; the rest is tried again, each by itself. */
  #failed(entries: readonly OpenEntry[], error: Error): void {
    if (this.#deps.writer.isClosed) return
    const open = entries.filter(({ isSettled }) => !isSettled)
    for (const entry of open) entry.failures++
    // A bug: the supervisor tells it, and the next life goes on with what the ledger has.
    const isExpected = error instanceof BodyRefused
    const isLast = open.some(({ failures }) => failures >= FAILURES_MAX)
    if (!isExpected && !isLast) throw error
    this.#requests--
    const given = open.filter(({ failures }) => failures >= FAILURES_MAX)
    this.#bury(given, error)
    this.#queue = [...open.filter(entry => !given.includes(entry)), ...this.#queue]
    this.#isResting = true
    this.#context.timer('retry', RETRY_MS, { type: 'retry' })
  }

  #bury(entries: readonly OpenEntry[], error: Error): void {
    if (entries.length === 0) return
    this.#requests++
    const { writer } = this.#deps
    this.#context.pipe(
      Promise.all(entries.map(open => writer.bury(open, null, error.message))),
      () => ({ type: 'written', entries }),
      failure => ({ type: 'failed', entries, error: failure }),
    )
  }
}
