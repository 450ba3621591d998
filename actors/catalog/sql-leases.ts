/** Leases in SQL: each call is one statement, so that no two can interleave. */
import { sql } from 'slonik'
import { z } from 'zod'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import type { Lease, Leases } from './leases.ts'

const fenceRow = z.object({ fence: int8 })

export class SqlLeases implements Leases {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    const row = await this.#database.repeatable(db =>
      db.maybeOne(sql.type(fenceRow)`
      INSERT INTO leases AS l (name, holder, fence, expires_at)
      VALUES (${name}, ${holder}, 1, ${fromNow(ttlMs)})
      ON CONFLICT (name) DO UPDATE SET
        holder = excluded.holder,
        fence = CASE
          WHEN l.holder = excluded.holder AND l.expires_at > clock_timestamp() THEN l.fence
          ELSE l.fence + 1
        END,
        expires_at = ${fromNow(ttlMs)}
      WHERE l.holder = excluded.holder OR l.expires_at <= clock_timestamp()
      RETURNING fence
    `),
    )
    return row === null ? null : { name, holder, fence: row.fence }
  }

  async renew({ name, holder, fence }: Lease, ttlMs: number): Promise<boolean> {
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`
      UPDATE leases SET expires_at = ${fromNow(ttlMs)}
      WHERE name = ${name} AND holder = ${holder} AND fence = ${fence}
        AND expires_at > clock_timestamp()
    `),
    )
    return rowCount === 1
  }

  async release({ name, holder, fence }: Lease): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
      UPDATE leases SET expires_at = clock_timestamp()
      WHERE name = ${name} AND holder = ${holder} AND fence = ${fence}
    `),
    )
  }
}

function fromNow(ttlMs: number) {
  return sql.fragment`clock_timestamp() + ${ttlMs}::double precision * interval '1 millisecond'`
}
