/** Keyed requests in SQL: each call is one statement, which may run twice. */
import { sql } from 'slonik'
import { z } from 'zod'
import { IDEMPOTENCY_KEEP_MS, IDEMPOTENCY_KEYS_MAX } from '#proto/limits.ts'
import { int8 } from './columns.ts'
import type { Database } from './database.ts'
import type {
  KeyedBegin,
  KeyedRequestId,
  KeyedRequests,
  StoredChunk,
  StoredRequest,
} from './keyed-requests.ts'
import { storableJson } from './storable.ts'

const requestRow = z
  .object({
    body_sha256: z.instanceof(Uint8Array),
    chunks: z.number(),
    last_chunk: z.number(),
    accepted: int8,
    rejected: z.array(z.object({ index: z.number(), reason: z.string() })),
  })
  .transform(
    (row): StoredRequest => ({
      bodySha256: Uint8Array.from(row.body_sha256),
      lastChunk: row.last_chunk,
      of: row.chunks,
      accepted: row.accepted,
      rejected: row.rejected,
    }),
  )

const COLUMNS = sql.fragment`body_sha256, chunks, last_chunk, accepted, rejected`

export class SqlKeyedRequests implements KeyedRequests {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async begin(
    { projectId, producer }: KeyedRequestId,
    { bodySha256, of }: { readonly bodySha256: Uint8Array; readonly of: number },
    nowUs: number,
    keysMax = IDEMPOTENCY_KEYS_MAX,
  ): Promise<KeyedBegin> {
    const cutoffUs = nowUs - IDEMPOTENCY_KEEP_MS * 1_000
    const body = sql.binary(Buffer.from(bodySha256))
    const keep = (column: string, anew: ReturnType<typeof sql.fragment>) => sql.fragment`
      CASE WHEN k.created_at_us > ${cutoffUs}
        THEN ${sql.identifier(['k', column])} ELSE ${anew} END`
    const excluded = (column: string) => sql.fragment`${sql.identifier(['excluded', column])}`
    // A key that is known is no new one, however many there are.
    const stored = await this.#database.repeatable(db =>
      db.maybeOne(sql.type(requestRow)`
      INSERT INTO keyed_requests AS k (project_id, producer, body_sha256, chunks, created_at_us)
      SELECT ${projectId}, ${producer}, ${body}, ${of}, ${nowUs}
      WHERE ${keysMax} > (
        SELECT count(*) FROM (
          SELECT 1 FROM keyed_requests
          WHERE project_id = ${projectId} AND created_at_us > ${cutoffUs} LIMIT ${keysMax}
        ) AS kept
      ) OR EXISTS (
        SELECT 1 FROM keyed_requests WHERE project_id = ${projectId} AND producer = ${producer}
      )
      ON CONFLICT (project_id, producer) DO UPDATE SET
        body_sha256 = ${keep('body_sha256', excluded('body_sha256'))},
        chunks = ${keep('chunks', excluded('chunks'))},
        last_chunk = ${keep('last_chunk', sql.fragment`0`)},
        accepted = ${keep('accepted', sql.fragment`0`)},
        rejected = ${keep('rejected', sql.fragment`'[]'::jsonb`)},
        created_at_us = ${keep('created_at_us', excluded('created_at_us'))}
      RETURNING ${COLUMNS}
    `),
    )
    if (stored === null) return { type: 'full' }
    const isSame = Buffer.compare(stored.bodySha256, bodySha256) === 0
    return isSame ? { type: 'open', stored } : { type: 'conflict' }
  }

  async store(
    { projectId, producer }: KeyedRequestId,
    { chunk, accepted, rejected }: StoredChunk,
  ): Promise<void> {
    const told = storableJson(rejected.map(({ index, reason }) => ({ index, reason })))
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
      UPDATE keyed_requests SET
        last_chunk = ${chunk}, accepted = accepted + ${accepted},
        rejected = rejected || ${told}::jsonb
      WHERE project_id = ${projectId} AND producer = ${producer} AND last_chunk = ${chunk - 1}
    `),
    )
  }

  async find(
    { projectId, producer }: KeyedRequestId,
    nowUs: number,
  ): Promise<StoredRequest | undefined> {
    const stored = await this.#database.repeatable(db =>
      db.maybeOne(sql.type(requestRow)`
      SELECT ${COLUMNS} FROM keyed_requests
      WHERE project_id = ${projectId} AND producer = ${producer}
        AND created_at_us > ${nowUs - IDEMPOTENCY_KEEP_MS * 1_000}
    `),
    )
    return stored ?? undefined
  }

  async forget(nowUs: number): Promise<number> {
    const { rowCount } = await this.#database.repeatable(db =>
      db.query(sql.unsafe`
      DELETE FROM keyed_requests WHERE created_at_us <= ${nowUs - IDEMPOTENCY_KEEP_MS * 1_000}
    `),
    )
    return rowCount
  }
}
