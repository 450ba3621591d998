/**
 * The catalog's database as its parts use it: what may run twice is tried again when a connection
 * breaks, what may not is never, and nobody waits for longer than a bound.
 */
import {
  type CommonQueryMethods,
  ConnectionError,
  type DatabasePool,
  StatementCancelledError,
  sql,
} from 'slonik'
import { type Clock, systemClock } from '#runtime/clock.ts'
import { CatalogAwayError, ConnectionLostError } from './catalog-away.ts'
import type { DatabaseError } from './driver-mapping.ts'
import type { Ask } from './session.ts'
import { Turns } from './turns.ts'

/** Between attempts; a server that restarts takes longer, and the next call finds it. */
const PAUSES_MS = [50, 250]
/** A server that hangs uses this up with the first attempt. */
const ATTEMPTS_MS_MAX = 3_000
/** SQLSTATE of a disk, memory or connections that ran out, and of a server that only reads. */
const REFUSED = /^(53...|25006)$/

export class Database {
  readonly #pool: DatabasePool
  readonly #turns: Turns
  readonly #clock: Clock

  /** `connections` is the size of the pool, whose own queue has no bound and is never used. */
  constructor(pool: DatabasePool, connections: number, clock = systemClock) {
    this.#pool = pool
    this.#turns = new Turns(connections, clock)
    this.#clock = clock
  }

  /** For reads, and for changes that leave the same behind when they are made twice. */
  repeatable<Result>(work: (pool: CommonQueryMethods) => Promise<Result>): Promise<Result> {
    return this.#attempts(async () => {
      try {
        return await work(this.#pool)
      } catch (error) {
        throw failureOf(error)
      }
    })
  }

  /** One transaction, tried again only where it is certain that nothing of it was kept. */
  once<Result>(work: (transaction: CommonQueryMethods) => Promise<Result>): Promise<Result> {
    return this.#attempts(async () => {
      let committing = false
      try {
        return await this.#pool.transaction(async transaction => {
          const result = await work(transaction)
          committing = true
          return result
        })
      } catch (error) {
        throw failureOf(error, committing)
      }
    })
  }

  /** One session, values as text where the statement casts them. */
  session<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
    return this.#attempts(async () => {
      try {
        return await this.#pool.connect(connection => work(askOf(connection)))
      } catch (error) {
        throw failureOf(error)
      }
    })
  }

  /** Ends when the last connection has. */
  end(): Promise<void> {
    return this.#pool.end()
  }

  async #attempts<Result>(attempt: () => Promise<Result>): Promise<Result> {
    const startMs = this.#clock.monotonicMs()
    for (const pauseMs of PAUSES_MS) {
      try {
        return await this.#turns.run(attempt)
      } catch (error) {
        const again = error instanceof CatalogAwayError && error.passing
        if (!again || this.#clock.monotonicMs() - startMs > ATTEMPTS_MS_MAX) throw error
        await new Promise<void>(resolve => void this.#clock.after(pauseMs, resolve))
      }
    }
    return this.#turns.run(attempt)
  }
}

function askOf(connection: CommonQueryMethods): Ask {
  return async statement => {
    // Text of ours that is no template literal, which is all that slonik's tag takes.
    const result = await connection.query({ ...sql.unsafe`SELECT 1`, sql: statement })
    const fields = result.fields.map(({ name }) => name)
    const rows = (result.rows as Record<string, string | null>[]).map(row =>
      fields.map(name => row[name] ?? null),
    )
    return { fields, rows, affected: result.rowCount }
  }
}

/** What a caller is to see of an error; `committing` = the server may have got the last word. */
function failureOf(error: unknown, committing = false): unknown {
  if (error instanceof ConnectionError) {
    const message = `the catalog cannot be reached: ${error.message}`
    return new CatalogAwayError(message, { passing: true, cause: error })
  }
  if (error instanceof ConnectionLostError) {
    const message = `the connection to the catalog was lost: ${error.message}`
    const options = { mayHaveHappened: committing, passing: !committing, cause: error }
    return new CatalogAwayError(message, options)
  }
  const { code, message } = error as DatabaseError
  const cause = { cause: error }
  const refusal = `the catalog refuses: ${message}`
  // It took too long, as behind the lock of a session whose client is gone: that passes.
  if (error instanceof StatementCancelledError) {
    return new CatalogAwayError(refusal, { passing: !committing, ...cause })
  }
  return REFUSED.test(String(code)) ? new CatalogAwayError(refusal, cause) : error
}
