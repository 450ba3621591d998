/** Members and roles in SQL. */
import { type CommonQueryMethods, sql } from 'slonik'
import { z } from 'zod'
import type { Member, ProjectAccess, Role } from '#proto/people.ts'
import { BUILT_IN_ROLES, type Permission, permissionsOf } from '#proto/permissions.ts'
import { changing } from './catalog-version.ts'
import type { Check } from './check.ts'
import { timeText } from './columns.ts'
import type { Database } from './database.ts'
import type { MemberRefusal, Members, NewMember, RoleRefusal } from './members.ts'
import { PROJECT, projectColumns, projectOf } from './project-row.ts'

const accessRow = z
  .object({ ...projectColumns, role: z.string(), permissions: z.string().nullable() })
  .transform(({ role, permissions, ...row }): ProjectAccess => {
    return { ...projectOf(row), role, permissions: permissionsIn(role, permissions) }
  })
const memberRow = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.string(),
    since_us: timeText,
  })
  .transform(({ role, since_us: since, ...account }): Member => ({ account, role, since }))
const roleRow = z
  .object({ name: z.string(), permissions: z.string() })
  .transform(({ name, permissions }): Role => {
    return { name, permissions: permissionsIn(name, permissions), built_in: false }
  })

const ACCESS = sql.fragment`
  SELECT ${PROJECT}, m.role, r.permissions
  FROM project_members m JOIN projects p ON p.id = m.project_id
    LEFT JOIN project_roles r ON r.project_id = m.project_id AND r.name = m.role
`

export class SqlMembers implements Members {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  access(accountId: string, projectId: string): Promise<ProjectAccess | null> {
    return this.#database.repeatable(db =>
      db.maybeOne(sql.type(accessRow)`
        ${ACCESS} WHERE m.account_id = ${accountId} AND m.project_id = ${projectId}
      `),
    )
  }

  accesses(accountId: string): Promise<readonly ProjectAccess[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(accessRow)`${ACCESS} WHERE m.account_id = ${accountId} ORDER BY p.name`),
    )
  }

  list(projectId: string): Promise<readonly Member[]> {
    return this.#database.repeatable(db =>
      db.any(sql.type(memberRow)`
        SELECT a.id, a.email, a.name, m.role, m.since_us
        FROM project_members m JOIN accounts a ON a.id = m.account_id
        WHERE m.project_id = ${projectId} ORDER BY a.email
      `),
    )
  }

  async add(member: NewMember): Promise<'done' | 'already' | 'unknown-role'> {
    return changing(this.#database, async change => {
      if (!(await isRole(change, member.projectId, member.role))) return 'unknown-role'
      return (await insertMember(change, member)) ? 'done' : 'already'
    })
  }

  change(projectId: string, accountId: string, role: string): Promise<'done' | MemberRefusal> {
    return changing(this.#database, async change => {
      if (!(await isRole(change, projectId, role))) return 'unknown-role'
      const refusal = await whyNotLeave(change, { projectId, accountId, role })
      if (refusal !== null) return refusal
      await change.query(sql.unsafe`
        UPDATE project_members SET role = ${role}
        WHERE project_id = ${projectId} AND account_id = ${accountId}
      `)
      return 'done'
    })
  }

  remove(projectId: string, accountId: string): Promise<'done' | MemberRefusal> {
    return changing(this.#database, async change => {
      const refusal = await whyNotLeave(change, { projectId, accountId, role: null })
      if (refusal !== null) return refusal
      await change.query(sql.unsafe`
        DELETE FROM project_members WHERE project_id = ${projectId} AND account_id = ${accountId}
      `)
      return 'done'
    })
  }

  async roles(projectId: string): Promise<readonly Role[]> {
    const own = await this.#database.repeatable(db =>
      db.any(sql.type(roleRow)`
        SELECT name, permissions FROM project_roles WHERE project_id = ${projectId} ORDER BY name
      `),
    )
    const builtIn = Object.entries(BUILT_IN_ROLES).map(
      ([name, permissions]): Role => ({ name, permissions, built_in: true }),
    )
    return [...builtIn, ...own]
  }

  async putRole(
    projectId: string,
    name: string,
    permissions: readonly Permission[],
    check?: Check<Pick<Role, 'permissions'> | null>,
  ): Promise<'done' | RoleRefusal> {
    if (isBuiltIn(name)) return 'built-in'
    await changing(this.#database, async change => {
      check?.(
        await change.maybeOne(sql.type(roleRow)`
          SELECT name, permissions FROM project_roles
          WHERE project_id = ${projectId} AND name = ${name}
        `),
      )
      await change.query(sql.unsafe`
        INSERT INTO project_roles (project_id, name, permissions)
        VALUES (${projectId}, ${name}, ${permissionsOf(permissions).join(',')})
        ON CONFLICT (project_id, name) DO UPDATE SET permissions = excluded.permissions
      `)
    })
    return 'done'
  }

  async removeRole(projectId: string, name: string): Promise<'done' | RoleRefusal> {
    if (isBuiltIn(name)) return 'built-in'
    return changing(this.#database, async change => {
      const isUsed = await change.exists(sql.unsafe`
        SELECT FROM project_members WHERE project_id = ${projectId} AND role = ${name}
      `)
      if (isUsed) return 'in-use'
      const { rowCount } = await change.query(sql.unsafe`
        DELETE FROM project_roles WHERE project_id = ${projectId} AND name = ${name}
      `)
      return rowCount === 1 ? 'done' : 'unknown-role'
    })
  }
}

/** Within a transaction that raises the version; false = is a member already. */
export async function insertMember(
  change: CommonQueryMethods,
  { projectId, accountId, role, sinceUs }: NewMember,
): Promise<boolean> {
  const { rowCount } = await change.query(sql.unsafe`
    INSERT INTO project_members (project_id, account_id, role, since_us)
    VALUES (${projectId}, ${accountId}, ${role}, ${sinceUs})
    ON CONFLICT (project_id, account_id) DO NOTHING
  `)
  return rowCount === 1
}

export async function isRole(
  db: CommonQueryMethods,
  projectId: string,
  name: string,
): Promise<boolean> {
  if (isBuiltIn(name)) return true
  return await db.exists(sql.unsafe`
    SELECT FROM project_roles WHERE project_id = ${projectId} AND name = ${name}
  `)
}

interface Leaving {
  readonly projectId: string
  readonly accountId: string
  /** null = none any more. */
  readonly role: string | null
}

async function whyNotLeave(
  db: CommonQueryMethods,
  { projectId, accountId, role }: Leaving,
): Promise<'unknown-member' | 'last-owner' | null> {
  const found = await db.maybeOneFirst(sql.type(z.object({ role: z.string() }))`
    SELECT role FROM project_members WHERE project_id = ${projectId} AND account_id = ${accountId}
  `)
  if (found === null) return 'unknown-member'
  if (found !== 'owner' || role === 'owner') return null
  const hasOther = await db.exists(sql.unsafe`
    SELECT FROM project_members m JOIN accounts a ON a.id = m.account_id
    WHERE m.project_id = ${projectId} AND m.role = 'owner' AND a.disabled_at_us IS NULL
      AND a.id <> ${accountId}
  `)
  return hasOther ? null : 'last-owner'
}

function permissionsIn(role: string, own: string | null): readonly Permission[] {
  return isBuiltIn(role) ? BUILT_IN_ROLES[role] : permissionsOf((own ?? '').split(','))
}

function isBuiltIn(name: string): name is keyof typeof BUILT_IN_ROLES {
  return Object.hasOwn(BUILT_IN_ROLES, name)
}
