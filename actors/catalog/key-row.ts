/** Keys of projects as rows. */
import { type CommonQueryMethods, sql } from 'slonik'
import { z } from 'zod'
import type { KeyScope, ProjectKey } from '#proto/api.ts'
import type { KeyChange, NewKey, StoredKey } from './catalog.ts'
import type { Check } from './check.ts'
import { bytea, int8, timeText } from './columns.ts'

const scopes = z.string().transform(text => text.split(',') as KeyScope[])

export const keyRow = z
  .object({
    id: z.string(),
    name: z.string(),
    signing: z.boolean(),
    scopes,
    created_at_us: timeText,
    expires_at_us: timeText.nullable(),
    last_used_at_us: timeText.nullable(),
    revoked_at_us: timeText.nullable(),
    records_per_second: int8,
    bytes_per_second: int8,
  })
  .transform(
    (row): ProjectKey => ({
      id: row.id,
      name: row.name,
      kind: row.signing ? 'signing' : 'bearer',
      scopes: row.scopes,
      created_at: row.created_at_us,
      expires_at: row.expires_at_us,
      last_used_at: row.last_used_at_us,
      revoked_at: row.revoked_at_us,
      records_per_second: row.records_per_second,
      bytes_per_second: row.bytes_per_second,
    }),
  )

/** Of `keyRow`. */
export const KEY = sql.fragment`
  id, name, sealed_secret IS NOT NULL AS signing, scopes, created_at_us, expires_at_us,
  last_used_at_us, revoked_at_us, records_per_second, bytes_per_second
`

export const storedKeyRow = z
  .object({
    id: z.string(),
    project_id: z.string(),
    secret_sha256: z.instanceof(Uint8Array),
    sealed_secret: z.instanceof(Uint8Array).nullable(),
    scopes,
    expires_at_us: int8.nullable(),
    revoked: z.boolean(),
    own_records_per_second: int8,
    own_bytes_per_second: int8,
    records_per_second: int8,
    bytes_per_second: int8,
    time_zone: z.string(),
    record_schema: z.string().nullable(),
  })
  .transform(
    (row): StoredKey => ({
      id: row.id,
      projectId: row.project_id,
      secretSha256: row.secret_sha256,
      sealedSecret: row.sealed_secret,
      scopes: row.scopes,
      expiresAtUs: row.expires_at_us,
      revoked: row.revoked,
      ownRecordsPerSecond: row.own_records_per_second,
      ownBytesPerSecond: row.own_bytes_per_second,
      recordsPerSecond: row.records_per_second,
      bytesPerSecond: row.bytes_per_second,
      timeZone: row.time_zone,
      recordSchema: row.record_schema,
    }),
  )

/** Of `storedKeyRow`: the key and what its project holds it to. */
export const STORED_KEY = sql.fragment`
  SELECT k.id, k.project_id, k.secret_sha256, k.sealed_secret, k.scopes, k.expires_at_us,
    k.revoked_at_us IS NOT NULL AS revoked, k.records_per_second AS own_records_per_second,
    k.bytes_per_second AS own_bytes_per_second, p.records_per_second, p.bytes_per_second,
    p.time_zone, p.record_schema
  FROM project_keys k JOIN projects p ON p.id = k.project_id
`

export async function insertKey(change: CommonQueryMethods, key: NewKey): Promise<void> {
  const { sealedSecret = null, recordsPerSecond = 0, bytesPerSecond = 0 } = key
  await change.query(sql.unsafe`
    INSERT INTO project_keys
      (id, project_id, name, secret_sha256, sealed_secret, scopes, created_at_us, expires_at_us,
        records_per_second, bytes_per_second)
    VALUES (
      ${key.id}, ${key.projectId}, ${key.name}, ${bytea(key.secretSha256)},
      ${sealedSecret === null ? null : bytea(sealedSecret)}, ${key.scopes.toSorted().join(',')},
      ${key.createdAtUs}, ${key.expiresAtUs}, ${recordsPerSecond}, ${bytesPerSecond}
    )
  `)
}

/** false = there is no such key that is not revoked. */
export async function updateKey(
  db: CommonQueryMethods,
  {
    projectId,
    keyId,
    check,
  }: {
    readonly projectId: string
    readonly keyId: string
    readonly check?: Check<ProjectKey> | undefined
  },
  change: KeyChange,
): Promise<boolean> {
  if (check !== undefined) {
    const now = await db.maybeOne(sql.type(keyRow)`
      SELECT ${KEY} FROM project_keys
      WHERE project_id = ${projectId} AND id = ${keyId} AND revoked_at_us IS NULL
    `)
    if (now !== null) check(now)
  }
  const { expiresAtUs } = change
  const records = change.records_per_second ?? null
  const { rowCount } = await db.query(sql.unsafe`
    UPDATE project_keys SET
      name = coalesce(${change.name ?? null}::text, name),
      records_per_second = coalesce(${records}::bigint, records_per_second),
      bytes_per_second = coalesce(${change.bytes_per_second ?? null}::bigint, bytes_per_second),
      expires_at_us = CASE WHEN ${expiresAtUs !== undefined}
        THEN ${expiresAtUs ?? null}::bigint ELSE expires_at_us END
    WHERE project_id = ${projectId} AND id = ${keyId} AND revoked_at_us IS NULL
  `)
  return rowCount === 1
}

/** The old key ends at `untilUs`, if not before; false = it is not good any more. */
export async function rotateKey(
  db: CommonQueryMethods,
  keyId: string,
  fresh: NewKey,
  untilUs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(sql.unsafe`
    UPDATE project_keys SET expires_at_us = least(expires_at_us, ${untilUs}::bigint)
    WHERE project_id = ${fresh.projectId} AND id = ${keyId} AND revoked_at_us IS NULL
      AND (expires_at_us IS NULL OR expires_at_us > ${fresh.createdAtUs})
  `)
  if (rowCount === 1) await insertKey(db, fresh)
  return rowCount === 1
}
