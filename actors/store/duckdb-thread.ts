/**
 * The thread that runs DuckDB: aggregates over whole segments, nothing durable. It never takes SQL
 * or paths from users. A query is ended by interrupt() only: ending the thread would abort the
 * process.
 */

import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api'
import { DOUBLE, DuckDBDataChunk, DuckDBInstance, VARCHAR } from '@duckdb/node-api'
import type { Service } from '#runtime/threads.ts'
import type { GroupsPart } from './analysis/groups.ts'
import { type MeasuredGroup, measuredBytes } from './analysis/measured.ts'
import type { NumbersPart } from './analysis/numbers.ts'
import { EXTRA_TABLE } from './sql.ts'

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
      /** For the table `extra`, with every number of the first field. */
      readonly extra: GroupsPart
      /** Groups that take more are not answered. */
      readonly bytesMax: number
    }
  | { readonly type: 'cancel'; readonly id: number }

export type DuckdbOutcome =
  | { readonly type: 'groups'; readonly groups: readonly MeasuredGroup[] }
  | { readonly type: 'too-large' }
  /** Out of memory, interrupted, a file it cannot read: the caller has another way. */
  | { readonly type: 'failed'; readonly message: string }

/** Entry of the thread manifest. */
export async function openDuckdb({ memoryBytes }: DuckdbOptions): Promise<Service> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(DUCKDB_THREADS),
    // Beyond its memory a query fails, and is scanned: a folder of its own would be nobody's.
    temp_directory: '',
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
      return await readGroups(await connection.stream(message.sql), message)
    } catch (error) {
      return { type: 'failed', message: error instanceof Error ? error.message : String(error) }
    } finally {
      this.#running.delete(message.id)
      connection.closeSync()
      if (this.#running.size === 0) this.#idle()
    }
  }
}

/** As they come: of what is too large nobody holds the rest. */
async function readGroups(
  result: DuckDBResult,
  { extra, bytesMax }: DuckdbMessage & { type: 'aggregate' },
): Promise<DuckdbOutcome> {
  const groups: MeasuredGroup[] = []
  let bytes = 0
  for (;;) {
    const chunk = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return { type: 'groups', groups }
    const found = chunk.getRows().map(row => toGroup(row, extra.keys.length))
    bytes += measuredBytes(found)
    if (bytes > bytesMax) return { type: 'too-large' }
    groups.push(...found)
  }
}

/** A row (key0, …, bar, rows, values). */
function toGroup(row: readonly unknown[], keys: number): MeasuredGroup {
  return {
    key: row.slice(0, keys).map(part => (typeof part === 'string' ? part : null)),
    barUs: Number(row[keys]),
    rows: Number(row[keys + 1]),
    values: row.slice(keys + 2).map(value => (typeof value === 'number' ? value : null)),
  }
}

async function fillExtra(
  connection: DuckDBConnection,
  { keys, bars, rows, numbers }: GroupsPart,
): Promise<void> {
  const columns = keys.map((_, i) => `key${i} VARCHAR, `).join('')
  await connection.run(
    `CREATE TEMP TABLE ${EXTRA_TABLE} (${columns}bar DOUBLE, value DOUBLE, rows DOUBLE)`,
  )
  const appender = await connection.createAppender(EXTRA_TABLE, null, 'temp')
  const types = [...keys.map(() => VARCHAR), DOUBLE, DOUBLE, DOUBLE]
  const append = (group: number, values: readonly (number | null)[], count: number): void => {
    const chunk = DuckDBDataChunk.create(types, values.length)
    const same = <Value>(value: Value): Value[] => Array.from(values, () => value)
    for (const [i, column] of keys.entries()) chunk.setColumnValues(i, same(column[group] ?? null))
    chunk.setColumnValues(keys.length, same(bars[group] ?? 0))
    chunk.setColumnValues(keys.length + 1, values)
    chunk.setColumnValues(keys.length + 2, same(count))
    appender.appendDataChunk(chunk)
  }
  const [number] = numbers
  if (number !== undefined) appendNumbers(number, append)
  for (let group = 0; group < rows.length; group++) {
    const others = (rows[group] as number) - (number?.counts[group] ?? 0)
    if (others > 0) append(group, [null], others)
  }
  appender.flushSync()
  appender.closeSync()
}

/** DuckDB's quantiles take no weights: what was counted is a row each again. */
function appendNumbers(
  { values, singles, counted }: NumbersPart,
  append: (group: number, values: readonly number[], count: number) => void,
): void {
  let [at, countedAt] = [0, 0]
  for (let group = 0; group < singles.length; group++) {
    let chunk: number[] = []
    const add = (value: number): void => {
      chunk.push(value)
      if (chunk.length < CHUNK_ROWS) return
      append(group, chunk, 1)
      chunk = []
    }
    for (const end = at + (singles[group] as number); at < end; at++) add(values[at] as number)
    const end = countedAt + (counted.sizes[group] as number)
    for (; countedAt < end; countedAt++) {
      const value = counted.values[countedAt] as number
      for (let left = counted.times[countedAt] as number; left > 0; left--) add(value)
    }
    if (chunk.length > 0) append(group, chunk, 1)
  }
}
