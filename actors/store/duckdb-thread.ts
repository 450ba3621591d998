/**
 * The thread that runs DuckDB: aggregates over whole segments, nothing durable. It never takes SQL
 * or paths from users. A query is ended by interrupt() only: ending the thread would abort the
 * process.
 */

import type { DuckDBConnection } from '@duckdb/node-api'
import { DOUBLE, DuckDBDataChunk, DuckDBInstance, VARCHAR } from '@duckdb/node-api'
import type { Service } from '#runtime/threads.ts'
import type { AggregateValue } from './aggregate.ts'
import { EXTRA_TABLE } from './sql.ts'
import type { ValueGroups } from './values.ts'

/** libuv's pool has other work to do: journal and segment files wait in it, too. */
const DUCKDB_THREADS = 2
const CHUNK_ROWS = 2_048

export interface DuckdbOptions {
  readonly memoryBytes: number
}

export type DuckdbMessage =
  | {
      readonly type: 'aggregate'
      /** The caller's; unique among running queries. */
      readonly id: number
      readonly sql: string
      /** Values for the table `extra`. */
      readonly extra: readonly ValueGroups[]
    }
  | { readonly type: 'cancel'; readonly id: number }

export type DuckdbOutcome =
  | { readonly type: 'values'; readonly values: readonly AggregateValue[] }
  /** Out of memory, interrupted, a file it cannot read: the caller has another way. */
  | { readonly type: 'failed'; readonly message: string }

/** Entry of the thread manifest. */
export async function openDuckdb({ memoryBytes }: DuckdbOptions): Promise<Service> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(DUCKDB_THREADS),
    memory_limit: `${Math.floor(memoryBytes / 1024)}KiB`,
  })
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'; SET GLOBAL parquet_metadata_cache = true")
  connection.closeSync()
  return new DuckdbThread(instance)
}

class DuckdbThread implements Service {
  readonly concurrent = true
  readonly #instance: DuckDBInstance
  readonly #running = new Map<number, DuckDBConnection>()
  #idle = (): void => undefined
  #closed = false

  constructor(instance: DuckDBInstance) {
    this.#instance = instance
  }

  handle(message: DuckdbMessage): unknown {
    if (message.type === 'aggregate') return this.#aggregate(message)
    this.#running.get(message.id)?.interrupt()
    return undefined
  }

  /** Interrupts what runs and waits for it: DuckDB must not be in a query when its thread ends. */
  async close(): Promise<void> {
    this.#closed = true
    for (const connection of this.#running.values()) connection.interrupt()
    if (this.#running.size > 0) {
      await new Promise<void>(resolve => {
        this.#idle = resolve
      })
    }
    this.#instance.closeSync()
  }

  async #aggregate(message: DuckdbMessage & { type: 'aggregate' }): Promise<DuckdbOutcome> {
    if (this.#closed) return { type: 'failed', message: 'closed' }
    const connection = await this.#instance.connect()
    this.#running.set(message.id, connection)
    try {
      await fillExtra(connection, message.extra)
      const reader = await connection.runAndReadAll(message.sql)
      return { type: 'values', values: reader.getRows().map(toValue) }
    } catch (error) {
      return { type: 'failed', message: error instanceof Error ? error.message : String(error) }
    } finally {
      this.#running.delete(message.id)
      connection.closeSync()
      if (this.#running.size === 0) this.#idle()
    }
  }
}

function toValue([key, value]: readonly unknown[]): AggregateValue {
  return { key: String(key), value: typeof value === 'number' ? value : null }
}

async function fillExtra(
  connection: DuckDBConnection,
  parts: readonly ValueGroups[],
): Promise<void> {
  await connection.run(`CREATE TEMP TABLE ${EXTRA_TABLE} (key VARCHAR, value DOUBLE)`)
  const appender = await connection.createAppender(EXTRA_TABLE, null, 'temp')
  for (const { keys, counts, values } of parts) {
    let at = 0
    for (const [i, key] of keys.entries()) {
      const end = at + (counts[i] as number)
      for (; at < end; at += CHUNK_ROWS) {
        const some = Array.from(values.subarray(at, Math.min(end, at + CHUNK_ROWS)))
        const chunk = DuckDBDataChunk.create([VARCHAR, DOUBLE], some.length)
        chunk.setColumnValues(
          0,
          Array.from({ length: some.length }, () => key),
        )
        chunk.setColumnValues(1, some)
        appender.appendDataChunk(chunk)
      }
      at = end
    }
  }
  appender.flushSync()
  appender.closeSync()
}
