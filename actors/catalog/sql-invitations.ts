/** Invitations in SQL. */
import { sql } from 'slonik'
import { z } from 'zod'
import type { Invitation, InvitationLook } from '#proto/people.ts'
import { changing } from './catalog-version.ts'
import { bytea, timeText } from './columns.ts'
import type { Database } from './database.ts'
import type { Accepted, Invitations, NewInvitation } from './invitations.ts'
import { insertMember, isRole } from './sql-members.ts'

const invitationRow = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    role: z.string(),
    created_at_us: timeText,
    expires_at_us: timeText,
    created_by: z.string().nullable(),
  })
  .transform(
    ({ created_at_us: created_at, expires_at_us: expires_at, ...row }): Invitation => ({
      ...row,
      created_at,
      expires_at,
    }),
  )
const lookRow = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    role: z.string(),
    expires_at_us: timeText,
  })
  .transform(
    ({ id, name, expires_at_us: expires_at, ...row }): InvitationLook => ({
      project: { id, name },
      ...row,
      expires_at,
    }),
  )
const goodRow = z.object({ id: z.string(), project_id: z.string(), role: z.string() })

export class SqlInvitations implements Invitations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(projectId: string, nowUs: number): Promise<readonly Invitation[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(invitationRow)`
        SELECT id, email, role, created_at_us, expires_at_us, created_by FROM invitations
        WHERE project_id = ${projectId} AND expires_at_us > ${nowUs}
        ORDER BY created_at_us DESC, id
      `),
    )
  }

  create(invitation: NewInvitation): Promise<'done' | 'unknown-role'> {
    const { id, projectId, tokenSha256, email, role, createdAtUs, expiresAtUs } = invitation
    return changing(this.#database, async change => {
      if (!(await isRole(change, projectId, role))) return 'unknown-role'
      await change.query(sql.unsafe`DELETE FROM invitations WHERE expires_at_us <= ${createdAtUs}`)
      await change.query(sql.unsafe`
        INSERT INTO invitations
          (id, project_id, token_sha256, email, role, created_at_us, expires_at_us, created_by)
        VALUES (
          ${id}, ${projectId}, ${bytea(tokenSha256)}, ${email}, ${role}, ${createdAtUs},
          ${expiresAtUs}, ${invitation.createdBy}
        )
      `)
      return 'done'
    })
  }

  async remove(projectId: string, id: string): Promise<boolean> {
    const { rowCount } = await this.#database.once(db =>
      db.query(sql.unsafe`
        DELETE FROM invitations WHERE project_id = ${projectId} AND id = ${id}
      `),
    )
    return rowCount === 1
  }

  look(tokenSha256: Uint8Array, nowUs: number): Promise<InvitationLook | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(lookRow)`
        SELECT p.id, p.name, i.email, i.role, i.expires_at_us
        FROM invitations i JOIN projects p ON p.id = i.project_id
        WHERE i.token_sha256 = ${bytea(tokenSha256)} AND i.expires_at_us > ${nowUs}
      `),
    )
  }

  accept(tokenSha256: Uint8Array, accountId: string, nowUs: number): Promise<Accepted> {
    return changing(this.#database, async (change): Promise<Accepted> => {
      const found = await change.maybeOne(sql.type(goodRow)`
        SELECT i.id, i.project_id, i.role FROM invitations i, accounts a
        WHERE i.token_sha256 = ${bytea(tokenSha256)} AND i.expires_at_us > ${nowUs}
          AND a.id = ${accountId} AND (i.email IS NULL OR i.email = a.email)
      `)
      if (found === null) return { type: 'unknown' }
      const { id, project_id: projectId, role } = found
      if (!(await isRole(change, projectId, role))) return { type: 'unknown' }
      const member = { projectId, accountId, role, sinceUs: nowUs }
      if (!(await insertMember(change, member))) return { type: 'already', projectId }
      await change.query(sql.unsafe`DELETE FROM invitations WHERE id = ${id}`)
      return { type: 'joined', projectId }
    })
  }
}
