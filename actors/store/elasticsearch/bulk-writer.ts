/**
 * Writes batches of one project and day: builds the body on a worker thread, sends it, judges every
 * document, sends again what may work later and buries what never will.
 */
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { RuntimeError, toError } from '#runtime/runtime-error.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { BodyMemory } from './body-memory.ts'
import type { BulkBuilt, BulkPart } from './bulk-body.ts'
import type { ElasticServer } from './client.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import type { DeadLetters } from './dead-letters.ts'
import { ElasticError } from './elastic-error.ts'
import type { IndexPlaces } from './index-places.ts'
import type { Ledger, OpenEntry } from './ledger.ts'
import type { ProjectStates } from './project-states.ts'
import type { Refresher } from './refresher.ts'
import type { BulkBodyInput } from './tasks/bulk-body.ts'
import { readVerdicts, VERDICT_FILTER, type Verdicts } from './verdicts.ts'

export interface BulkWriterOptions {
  readonly server: ElasticServer
  readonly pool: TaskPool
  readonly clock: Clock
  readonly random: Random
  readonly places: IndexPlaces
  readonly projects: ProjectStates
  readonly limit: ConcurrencyLimit
  readonly ledger: Ledger
  readonly refresher: Refresher
  readonly deadLetters: DeadLetters
}

/** The body as a whole does not work although the server is well. */
export class BodyRefused extends Error {
  readonly code = 'LOGBOY_BODY_REFUSED'
  override readonly name = 'BodyRefused'
}

const BACKOFF_MIN_MS = 100
const BACKOFF_MAX_MS = 10_000
/** Others are written meanwhile: then it is not the server. */
const ALONE_MS = 60_000
/** Longer than the server waits for a shard by itself. */
const BULK_TIMEOUT_MS = 90_000
/** A body that is built again after its keys got their fields is complete, unless others race. */
const BUILDS_MAX = 10

/** What is left of an entry; null = all of it. */
type Pending = Map<OpenEntry, readonly number[] | null>

export class BulkWriter {
  readonly #options: BulkWriterOptions
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #memory = new BodyMemory()
  #writtenMs = Number.NEGATIVE_INFINITY
  readonly #counts = { rows: 0, repeats: 0, misfits: 0, buried: 0, bodies: 0, bytes: 0, retries: 0 }

  constructor(options: BulkWriterOptions) {
    this.#options = options
  }

  /**
   * Settles once each entry is settled. Rejects with BodyRefused if the server is well and they
   * cannot be written, or with what went wrong here.
   */
  async write(projectId: string, entries: readonly OpenEntry[]): Promise<void> {
    const writing = this.#write(projectId, entries)
    this.#running.add(writing)
    try {
      await writing
    } finally {
      this.#running.delete(writing)
    }
  }

  async #write(projectId: string, entries: readonly OpenEntry[]): Promise<void> {
    const kept = entries.filter(({ isSettled }) => !isSettled)
    // Whoever settles them meanwhile must not free what a thread is reading.
    for (const { entry } of kept) entry.batch.retain()
    try {
      await this.#settleHidden(projectId, kept)
      await this.#writeAll(projectId, new Map(kept.map(open => [open, null])))
    } finally {
      for (const { entry } of kept) entry.batch.release()
    }
  }

  /** The batch as a whole goes where it can be looked at. Tries until that is done. */
  async bury(open: OpenEntry, rows: readonly number[] | null, reason: string): Promise<void> {
    const { deadLetters, ledger } = this.#options
    for (let attempt = 0; !open.isSettled; attempt++) {
      try {
        await deadLetters.bury(open.entry, rows, reason)
        this.#counts.buried += rows?.length ?? open.entry.envelope.recordCount
        if (rows === null) ledger.settle(open)
        return
      } catch {
        await this.#pause(attempt)
      }
    }
  }

  observe(): Record<string, unknown> {
    return { ...this.#counts, requests: this.#options.limit.observe() }
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Gives up whatever waits; entries stay open. Settles once nothing is read or sent any more. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the store is closed'))
    await Promise.allSettled(this.#running)
  }

  async #settleHidden(projectId: string, entries: readonly OpenEntry[]): Promise<void> {
    const { isDropped, receivedFromUs } = await this.#untilAnswered(() =>
      this.#options.projects.of(projectId),
    )
    for (const open of entries) {
      if (open.isSettled) continue
      const receivedAtUs = Number(open.entry.envelope.receivedAtUs)
      if (isDropped || receivedAtUs < receivedFromUs) this.#options.ledger.settle(open)
    }
  }

  async #writeAll(projectId: string, pending: Pending): Promise<void> {
    let failedMs: number | null = null
    for (let attempt = 0; ; attempt++) {
      for (const open of pending.keys()) if (open.isSettled) pending.delete(open)
      if (pending.size === 0) return
      this.#closing.signal.throwIfAborted()
      try {
        await this.#attempt(projectId, pending)
        if (pending.size === 0) return
      } catch (error) {
        if (!(error instanceof ElasticError)) {
          if (!isThreadBusy(error)) throw error
        } else if (!error.isPassing) throw new BodyRefused(error.message, { cause: error })
        else if (error.status === 429) this.#options.limit.refused()
        const nowMs = this.#options.clock.monotonicMs()
        failedMs ??= nowMs
        if (nowMs - failedMs > ALONE_MS && this.#writtenMs > failedMs) {
          throw new BodyRefused(toError(error).message, { cause: error })
        }
      }
      this.#counts.retries++
      await this.#pause(attempt)
      await this.#settleHidden(projectId, [...pending.keys()])
    }
  }

  /** One request; `pending` keeps what has to be sent again. */
  async #attempt(projectId: string, pending: Pending): Promise<void> {
    const { limit, refresher, places, projects } = this.#options
    await limit.enter()
    try {
      const [first] = pending.keys()
      const receivedAtUs = Number(first?.entry.envelope.receivedAtUs)
      const { index, body } = await this.#build(projectId, receivedAtUs, pending)
      const verdicts = await this.#send(index, body)
      if (verdicts.created + verdicts.repeated > 0) refresher.touch(index)
      if (verdicts.isMissing) {
        places.forget(index)
        projects.forget(projectId)
      }
      await this.#follow(verdicts, body.counts, pending)
    } finally {
      limit.leave()
      if (limit.running === 0) this.#memory.release()
    }
  }

  async #build(
    projectId: string,
    receivedAtUs: number,
    pending: Pending,
  ): Promise<{ readonly index: string; readonly body: Extract<BulkBuilt, { type: 'body' }> }> {
    const { places, pool } = this.#options
    const parts = [...pending].map(([open, rows]) => partOf(open, rows))
    for (let build = 0; build < BUILDS_MAX; build++) {
      const { index, types } = await places.of(projectId, receivedAtUs)
      const memory = this.#memory.take()
      const input: BulkBodyInput = { projectId, parts, types, memory }
      const transfer = memory === null ? [] : [memory]
      const built = await pool.run<BulkBuilt>('elastic-bulk-body', input, { transfer })
      if (built.type === 'body') return { index, body: built }
      await places.addTypes(index, built.proposed)
    }
    throw new Error(`fields of new keys did not come into being in ${BUILDS_MAX} attempts`)
  }

  async #send(
    index: string,
    { bytes, counts, misfits }: Extract<BulkBuilt, { type: 'body' }>,
  ): Promise<Verdicts> {
    const { server, clock, limit } = this.#options
    const documents = counts.reduce((sum, count) => sum + count, 0)
    const length = bytes.length
    const startedMs = clock.monotonicMs()
    const { bytes: answer } = await server.request({
      method: 'POST',
      path: `/${index}/_bulk`,
      query: { filter_path: VERDICT_FILTER },
      bulkBody: bytes,
      timeoutMs: BULK_TIMEOUT_MS,
      signal: this.#closing.signal,
    })
    this.#memory.giveBack(bytes)
    const verdicts = readVerdicts(answer, documents)
    if (verdicts.isOverloaded) limit.refused()
    else limit.answered(clock.monotonicMs() - startedMs, length)
    this.#counts.bodies++
    this.#counts.bytes += length
    this.#counts.rows += verdicts.created
    this.#counts.repeats += verdicts.repeated
    this.#counts.misfits += misfits
    if (verdicts.created > 0) this.#writtenMs = clock.monotonicMs()
    return verdicts
  }

  async #follow(verdicts: Verdicts, counts: readonly number[], pending: Pending): Promise<void> {
    if (verdicts.again.length === 0 && verdicts.refused.length === 0) {
      for (const open of pending.keys()) this.#options.ledger.settle(open)
      return pending.clear()
    }
    const again = new Set(verdicts.again)
    const refused = new Map(verdicts.refused.map(({ document, reason }) => [document, reason]))
    let first = 0
    for (const [i, [open, rows]] of [...pending].entries()) {
      const count = counts[i] as number
      const numbers = rows ?? acceptedRows(open)
      const left: number[] = []
      const bad: number[] = []
      let reason = ''
      for (let k = 0; k < count; k++) {
        const row = numbers[k] as number
        if (again.has(first + k)) left.push(row)
        const why = refused.get(first + k)
        if (why === undefined) continue
        bad.push(row)
        reason = why
      }
      first += count
      if (bad.length > 0) await this.bury(open, bad, reason)
      if (left.length > 0) pending.set(open, left)
      else {
        pending.delete(open)
        this.#options.ledger.settle(open)
      }
    }
    if (verdicts.blocked !== null) throw new BodyRefused(verdicts.blocked)
  }

  /** Asks until the server answers: what it says is needed before anything is written. */
  async #untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        if (!(error instanceof ElasticError) || !error.isPassing) throw error
        await this.#pause(attempt)
      }
    }
  }

  /** Rejects once the store is closed. */
  async #pause(attempt: number): Promise<void> {
    const { clock, random } = this.#options
    const fullMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** attempt)
    const { signal } = this.#closing
    signal.throwIfAborted()
    await new Promise<void>(resolve => {
      const cancel = clock.after(fullMs * (0.5 + random.unit() / 2), resolve)
      signal.addEventListener('abort', () => {
        cancel()
        resolve()
      })
    })
    signal.throwIfAborted()
  }
}

/** There is work for all threads at the moment. */
function isThreadBusy(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === 'LOGBOY_THREAD_BUSY'
}

function partOf({ entry }: OpenEntry, rows: readonly number[] | null): BulkPart {
  const { envelope, batch, partition, position } = entry
  const { memory, offset, length } = batch
  const { receivedAtUs, producer, epoch, sequence, rejected } = envelope
  return {
    envelope: { receivedAtUs, producer, epoch, sequence, rejected },
    memory,
    offset,
    length,
    partition,
    position,
    rows,
  }
}

/** Record numbers of a batch that the door took. */
function acceptedRows({ entry }: OpenEntry): number[] {
  const { recordCount, rejected } = entry.envelope
  const refused = new Set(rejected)
  return Array.from({ length: recordCount }, (_, row) => row).filter(row => !refused.has(row))
}
