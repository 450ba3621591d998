/**
 * One bare session with the catalog's database, for its backup and for people who ask it by hand:
 * statements as text, values as PostgreSQL writes them.
 */
import { PGlite } from '@electric-sql/pglite'
import { Client } from 'pg'
import type { DatabaseError } from './driver-mapping.ts'
import { START_PARAMS } from './embedded-folder.ts'
import { CatalogUnreachableError } from './unreachable.ts'

export interface Answer {
  readonly fields: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** As in `UPDATE 3`. */
  readonly affected: number
}

/** Runs one statement. */
export type Ask = (statement: string) => Promise<Answer>

export interface Session {
  readonly ask: Ask
  close(): Promise<void>
}

/** What the database says to a statement that it does not run. */
export class SqlError extends Error {
  readonly code = 'LOGBOY_SQL_FAILED'
}

const CONNECT_MS = 5_000
const asText = (value: string): string => value

export async function openPostgresSession(url: string): Promise<Session> {
  const client = new Client({
    connectionString: url,
    application_name: 'logboy-db',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: { getTypeParser: () => asText },
  })
  // A connection that breaks shows in the next statement.
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw new CatalogUnreachableError(url, error as DatabaseError)
  }
  return {
    async ask(statement) {
      const result = await client.query({ text: statement, rowMode: 'array' }).catch(refused)
      const fields = result.fields.map(({ name }) => name)
      return { fields, rows: result.rows, affected: result.rowCount ?? 0 }
    },
    close: () => client.end(),
  }
}

/** Makes the database that the address names, if the server lacks it. */
export async function createPostgresDatabase(url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1))
  const maintenance = new URL(url)
  maintenance.pathname = '/postgres'
  const session = await openPostgresSession(maintenance.href)
  try {
    const quoted = name.replaceAll('"', '""')
    await session.ask(`CREATE DATABASE "${quoted}"`)
  } finally {
    await session.close()
  }
}

/** The caller holds the data folder's lock. */
export async function openEmbeddedSession(folder: string): Promise<Session> {
  const database = await PGlite.create(folder, { startParams: START_PARAMS })
  const parsers = Object.fromEntries(Object.keys(database.parsers).map(oid => [oid, asText]))
  return {
    async ask(statement) {
      const { fields, rows, affectedRows } = await database
        .query<(string | null)[]>(statement, [], { rowMode: 'array', parsers })
        .catch(refused)
      return {
        fields: fields.map(({ name }) => name),
        rows,
        affected: affectedRows || rows.length,
      }
    },
    close: () => database.close(),
  }
}

function refused(error: Error): never {
  throw new SqlError(error.message, { cause: error })
}
