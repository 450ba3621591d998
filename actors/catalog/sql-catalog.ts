/** The catalog in SQL, the same for PGlite and PostgreSQL. */
import { type CommonQueryMethods, sql, UniqueIntegrityConstraintViolationError } from 'slonik'
import { z } from 'zod'
import type { Project, ProjectKey } from '#proto/api.ts'
import type { Accounts } from './accounts.ts'
import type { AlertChannels } from './alert-channels.ts'
import type { AlertFaults } from './alert-faults.ts'
import type { AlertRules, NewAlertRule } from './alert-rules.ts'
import type { AlertStates } from './alert-states.ts'
import type { ApiTokens } from './api-tokens.ts'
import type { AuditEntries } from './audit-entries.ts'
import { backup } from './backup.ts'
import type {
  Catalog,
  DeletedProject,
  KeyChange,
  NewKey,
  NewProject,
  ProjectChange,
  ProjectRetention,
  StoredKey,
  StoredSession,
} from './catalog.ts'
import { changing } from './catalog-version.ts'
import type { ChannelOutbox } from './channel-outbox.ts'
import type { Check } from './check.ts'
import type { Checkpoints } from './checkpoints.ts'
import { bytea, int8 } from './columns.ts'
import type { Database } from './database.ts'
import type { InstallationKeys } from './installation-keys.ts'
import type { Invitations } from './invitations.ts'
import {
  insertKey,
  KEY,
  keyRow,
  rotateKey,
  STORED_KEY,
  storedKeyRow,
  updateKey,
} from './key-row.ts'
import type { KeyedRequests } from './keyed-requests.ts'
import type { Leases } from './leases.ts'
import type { Members } from './members.ts'
import type { ProjectPartitions } from './partitions.ts'
import type { Placements } from './placements.ts'
import { PROJECT, projectColumns, projectOf, recordSchemaIn } from './project-row.ts'
import type { SavedViews } from './saved-views.ts'
import type { SignIns } from './sign-ins.ts'
import type { Silences } from './silences.ts'
import { SqlAccounts } from './sql-accounts.ts'
import { SqlAlertChannels } from './sql-alert-channels.ts'
import { SqlAlertFaults } from './sql-alert-faults.ts'
import { insertRules, SqlAlertRules } from './sql-alert-rules.ts'
import { SqlAlertStates } from './sql-alert-states.ts'
import { SqlApiTokens } from './sql-api-tokens.ts'
import { SqlAuditEntries } from './sql-audit-entries.ts'
import { SqlChannelOutbox } from './sql-channel-outbox.ts'
import { SqlCheckpoints } from './sql-checkpoints.ts'
import { SqlInstallationKeys } from './sql-installation-keys.ts'
import { SqlInvitations } from './sql-invitations.ts'
import { SqlKeyedRequests } from './sql-keyed-requests.ts'
import { SqlLeases } from './sql-leases.ts'
import { insertMember, SqlMembers } from './sql-members.ts'
import { SqlPartitions } from './sql-partitions.ts'
import { SqlPlacements } from './sql-placements.ts'
import { SqlSavedViews } from './sql-saved-views.ts'
import { SqlSignIns } from './sql-sign-ins.ts'
import { SqlSilences } from './sql-silences.ts'
import { SqlSystemSettings } from './sql-system-settings.ts'
import type { SystemSettings } from './system-settings.ts'

/** What a person asked for cannot be: told with a stable code. */
export class CatalogConflictError extends Error {
  readonly code = 'LOGBOY_NAME_TAKEN'
}

const projectRow = z.object(projectColumns).transform(projectOf)
const retentionRow = z.object({ id: z.string(), retention_days: z.number() })

const sessionRow = z
  .object({
    token_sha256: z.instanceof(Uint8Array),
    role: z.literal('administrator'),
    created_at_us: int8,
    expires_at_us: int8,
  })
  .transform(
    (row): StoredSession => ({
      tokenSha256: row.token_sha256,
      role: row.role,
      createdAtUs: row.created_at_us,
      expiresAtUs: row.expires_at_us,
    }),
  )

export class SqlCatalog implements Catalog {
  readonly leases: Leases
  readonly checkpoints: Checkpoints
  readonly partitions: ProjectPartitions
  readonly placements: Placements
  readonly keyedRequests: KeyedRequests
  readonly accounts: Accounts
  readonly members: Members
  readonly signIns: SignIns
  readonly apiTokens: ApiTokens
  readonly installationKeys: InstallationKeys
  readonly invitations: Invitations
  readonly savedViews: SavedViews
  readonly auditEntries: AuditEntries
  readonly systemSettings: SystemSettings
  readonly alertRules: AlertRules
  readonly alertStates: AlertStates
  readonly alertChannels: AlertChannels
  readonly channelOutbox: ChannelOutbox
  readonly silences: Silences
  readonly alertFaults: AlertFaults
  readonly #database: Database
  readonly #close: () => Promise<void>

  constructor(database: Database, close: () => Promise<void>) {
    this.leases = new SqlLeases(database)
    this.checkpoints = new SqlCheckpoints(database)
    this.partitions = new SqlPartitions(database)
    this.placements = new SqlPlacements(database)
    this.keyedRequests = new SqlKeyedRequests(database)
    this.accounts = new SqlAccounts(database)
    this.members = new SqlMembers(database)
    this.signIns = new SqlSignIns(database)
    this.apiTokens = new SqlApiTokens(database)
    this.installationKeys = new SqlInstallationKeys(database)
    this.invitations = new SqlInvitations(database)
    this.savedViews = new SqlSavedViews(database)
    this.auditEntries = new SqlAuditEntries(database)
    this.systemSettings = new SqlSystemSettings(database)
    this.alertRules = new SqlAlertRules(database)
    this.alertStates = new SqlAlertStates(database)
    this.alertChannels = new SqlAlertChannels(database)
    this.channelOutbox = new SqlChannelOutbox(database)
    this.silences = new SqlSilences(database)
    this.alertFaults = new SqlAlertFaults(database)
    this.#database = database
    this.#close = close
  }

  projects(): Promise<readonly Project[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(projectRow)`SELECT ${PROJECT} FROM projects p ORDER BY name`),
    )
  }

  retentionsBehind(id: string, limit: number): Promise<readonly ProjectRetention[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(retentionRow)`
        SELECT id, retention_days FROM projects WHERE id > ${id} ORDER BY id LIMIT ${limit}
      `),
    )
  }

  project(id: string): Promise<Project | null> {
    return this.#database.repeatable(db => projectIn(db, id))
  }

  projectByName(name: string): Promise<Project | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(projectRow)`SELECT ${PROJECT} FROM projects p WHERE name = ${name}`),
    )
  }

  createProject(
    project: NewProject,
    keys: readonly NewKey[] = [],
    rules: readonly NewAlertRule[] = [],
  ): Promise<void> {
    const { id, name, createdAtUs, retentionDays, timeZone, ownerId = null } = project
    return this.#change(name, async change => {
      await change.query(sql.unsafe`
        INSERT INTO projects (id, name, created_at_us, retention_days, time_zone)
        VALUES (${id}, ${name}, ${createdAtUs}, ${retentionDays}, ${timeZone})
      `)
      for (const key of keys) await insertKey(change, key)
      const edit = { projectId: id, by: ownerId ?? 'administrator', atUs: createdAtUs }
      if (rules.length > 0) await insertRules(change, edit, rules)
      if (ownerId === null) return
      const owner = { projectId: id, accountId: ownerId, role: 'owner', sinceUs: createdAtUs }
      await insertMember(change, owner)
    })
  }

  updateProject(id: string, change: ProjectChange, check?: Check<Project>): Promise<void> {
    const given = (key: keyof ProjectChange) => change[key] ?? null
    return this.#change(change.name ?? id, async transaction => {
      const now = await projectIn(transaction, id)
      if (now !== null) check?.(now)
      await transaction.query(sql.unsafe`
        UPDATE projects SET
          name = coalesce(${given('name')}::text, name),
          retention_days = coalesce(${given('retention_days')}::integer, retention_days),
          records_per_second = coalesce(${given('records_per_second')}::bigint, records_per_second),
          bytes_per_second = coalesce(${given('bytes_per_second')}::bigint, bytes_per_second),
          time_zone = coalesce(${given('time_zone')}::text, time_zone)
        WHERE id = ${id}
      `)
    })
  }

  deleteProject(id: string, atUs: number): Promise<void> {
    return this.#change(id, async change => {
      await change.query(sql.unsafe`DELETE FROM projects WHERE id = ${id}`)
      await change.query(sql.unsafe`
        INSERT INTO deleted_projects (id, deleted_at_us) VALUES (${id}, ${atUs})
        ON CONFLICT (id) DO NOTHING
      `)
    })
  }

  async deletedProjects(): Promise<readonly DeletedProject[]> {
    const rows = await this.#database.repeatable(db =>
      db.any(sql.type(z.object({ id: z.string(), deleted_at_us: int8 }))`
        SELECT id, deleted_at_us FROM deleted_projects ORDER BY id
      `),
    )
    return rows.map(({ id, deleted_at_us: deletedAtUs }) => ({ id, deletedAtUs }))
  }

  async forgetDeleted(ids: readonly string[]): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        DELETE FROM deleted_projects WHERE id = ANY(${sql.array([...ids], 'text')})
      `),
    )
  }

  recordSchema(projectId: string): Promise<string | null> {
    return this.#database.repeatable(db => recordSchemaIn(db, projectId))
  }

  setRecordSchema(
    projectId: string,
    schema: string | null,
    check?: Check<string | null>,
  ): Promise<void> {
    return this.#change(projectId, async change => {
      if (check !== undefined) check(await recordSchemaIn(change, projectId))
      await change.query(sql.unsafe`
        UPDATE projects SET record_schema = ${schema} WHERE id = ${projectId}
      `)
    })
  }

  keys(projectId: string): Promise<readonly ProjectKey[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(keyRow)`
      SELECT ${KEY} FROM project_keys WHERE project_id = ${projectId} ORDER BY created_at_us, id
    `),
    )
  }

  createKey(key: NewKey): Promise<void> {
    return this.#change(key.name, change => insertKey(change, key))
  }

  updateKey(
    projectId: string,
    keyId: string,
    change: KeyChange,
    check?: Check<ProjectKey>,
  ): Promise<boolean> {
    return changing(this.#database, db => updateKey(db, { projectId, keyId, check }, change))
  }

  rotateKey(keyId: string, fresh: NewKey, untilUs: number): Promise<boolean> {
    return changing(this.#database, db => rotateKey(db, keyId, fresh, untilUs))
  }

  async revokeKey(projectId: string, keyId: string, atUs: number): Promise<boolean> {
    let found = false
    await this.#change(keyId, async change => {
      const { rowCount } = await change.query(sql.unsafe`
        UPDATE project_keys SET revoked_at_us = coalesce(revoked_at_us, ${atUs}::bigint)
        WHERE project_id = ${projectId} AND id = ${keyId}
      `)
      found = rowCount === 1
    })
    return found
  }

  key(id: string): Promise<StoredKey | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(storedKeyRow)`
      ${STORED_KEY} WHERE k.id = ${id}
    `),
    )
  }

  async touchKeys(used: ReadonlyMap<string, number>): Promise<void> {
    if (used.size === 0) return
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
        UPDATE project_keys
        SET last_used_at_us = greatest(coalesce(last_used_at_us, 0), used.at_us)
        FROM ${sql.unnest([...used], ['text', 'int8'])} AS used (id, at_us)
        WHERE project_keys.id = used.id
      `),
    )
  }

  async createSession(session: StoredSession): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
      INSERT INTO sessions (token_sha256, role, created_at_us, expires_at_us)
      VALUES (
        ${bytea(session.tokenSha256)}, ${session.role},
        ${session.createdAtUs}, ${session.expiresAtUs}
      )
      ON CONFLICT (token_sha256) DO NOTHING
    `),
    )
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`DELETE FROM sessions WHERE expires_at_us < ${session.createdAtUs}`),
    )
  }

  session(tokenSha256: Uint8Array): Promise<StoredSession | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(sessionRow)`
      SELECT token_sha256, role, created_at_us, expires_at_us FROM sessions
      WHERE token_sha256 = ${bytea(tokenSha256)}
    `),
    )
  }

  async deleteSession(tokenSha256: Uint8Array): Promise<void> {
    await this.#database.repeatable(db =>
      db.query(sql.unsafe`
      DELETE FROM sessions WHERE token_sha256 = ${bytea(tokenSha256)}
    `),
    )
  }

  version(): Promise<number> {
    return this.#database.repeatable(db =>
      db.oneFirst(sql.type(z.object({ value: int8 }))`SELECT value FROM catalog_version`),
    )
  }

  /** All of it as SQL text, see backup.ts. */
  backup(): Promise<string> {
    return this.#database.session(async ask => {
      const pieces: string[] = []
      for await (const piece of backup(ask)) pieces.push(piece)
      return pieces.join('')
    })
  }

  async close(): Promise<void> {
    await this.#database.end()
    await this.#close()
  }

  async #change(
    name: string,
    work: (change: CommonQueryMethods) => Promise<unknown>,
  ): Promise<void> {
    try {
      await changing(this.#database, work)
    } catch (error) {
      if (error instanceof UniqueIntegrityConstraintViolationError) {
        throw new CatalogConflictError(`the name ${name} is taken`)
      }
      throw error
    }
  }
}

function projectIn(db: CommonQueryMethods, id: string): Promise<Project | null> {
  return db.maybeOne(sql.type(projectRow)`SELECT ${PROJECT} FROM projects p WHERE id = ${id}`)
}
