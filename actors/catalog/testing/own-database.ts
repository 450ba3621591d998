/** A database for one test on the PostgreSQL of `DATABASE_URL`, which others may be using. */
import { randomBytes } from 'node:crypto'
import { createPool, sql } from 'slonik'

export interface OwnDatabase {
  readonly url: string
  readonly name: string
  /** For tests of many small changes: those of new connections are not synced. */
  skipSyncs(): Promise<void>
  /** This one, or one beside it that the test made; ends its connections, too. */
  drop(beside?: string): Promise<void>
}

export async function ownDatabase(server: string): Promise<OwnDatabase> {
  const name = `logboy_test_${randomBytes(6).toString('hex')}`
  const identifier = sql.identifier([name])
  const pool = await createPool(server, { maximumPoolSize: 1 })
  await pool.query(sql.unsafe`CREATE DATABASE ${identifier}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    name,
    async skipSyncs() {
      await pool.query(sql.unsafe`ALTER DATABASE ${identifier} SET synchronous_commit = off`)
    },
    async drop(beside) {
      const dropped = beside === undefined ? identifier : sql.identifier([beside])
      await pool.query(sql.unsafe`DROP DATABASE IF EXISTS ${dropped} WITH (FORCE)`)
      if (beside === undefined) await pool.end()
    },
  }
}
