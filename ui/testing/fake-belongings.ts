/** What belongs to the projects of the fake server: members, roles, keys, dead letters and more. */
import type { Project, ProjectKey, ProjectSettings } from '#proto/api.ts'
import type {
  Account,
  DeadLetterContents,
  Invitation,
  Member,
  ProjectAccess,
  Quotas,
  Role,
} from '#proto/people.ts'
import { BUILT_IN_ROLES, PERMISSIONS, type Permission } from '#proto/permissions.ts'
import {
  type Answer,
  type Call,
  DONE,
  type FakeRoute,
  meanwhile,
  notFound,
  ok,
  problem,
  remove,
  route,
} from './fake-answer.ts'

const AT = '2026-11-20T10:00:00Z'
const LATER = '2027-11-20T10:00:00Z'
const NO_USE = { records_per_second: 0, bytes_per_second: 0, refused_records: 0 }

/** What belongs to one project. */
export interface Belongings {
  readonly members: Member[]
  readonly roles: Role[]
  readonly invitations: Invitation[]
  readonly keys: ProjectKey[]
  readonly letters: DeadLetterContents[]
  schema: unknown
}

export class FakeBelongings {
  readonly #projects: Project[]
  readonly #belongings = new Map<string, Belongings>()
  readonly #id: (kind: string) => string

  constructor(projects: Project[], id: (kind: string) => string) {
    this.#projects = projects
    this.#id = id
  }

  addMember(projectId: string, person: Account, role: string): void {
    const { id, email, name } = person
    this.of(projectId).members.push({ account: { id, email, name }, role, since: AT })
  }

  of(projectId: string): Belongings {
    const known = this.#belongings.get(projectId)
    if (known !== undefined) return known
    const roles = Object.entries(BUILT_IN_ROLES).map(([name, permissions]) => ({
      name,
      permissions,
      built_in: true,
    }))
    const made = { members: [], roles, invitations: [], keys: [], letters: [], schema: null }
    this.#belongings.set(projectId, made)
    return made
  }

  join(person: Account, token: unknown): Project | null {
    const found = this.#findInvitation(token)
    if (found === null) return null
    this.addMember(found.project.id, person, found.invitation.role)
    remove(this.of(found.project.id).invitations, 'id', found.invitation.id)
    return found.project
  }

  readonly routes: readonly FakeRoute[] = [
    ['GET', route('projects'), call => ok({ projects: this.#visible(call.who) })],
    ['PATCH', route('projects/:'), call => this.#changeProject(call)],
    ['DELETE', route('projects/:'), ({ parts }) => remove(this.#projects, 'id', parts[0])],
    ['GET', route('projects/:/keys'), call => ok({ keys: this.#own(call).keys })],
    ['POST', route('projects/:/keys'), call => this.#createKey(call)],
    ['POST', route('projects/:/keys/:/rotate'), call => this.#rotateKey(call)],
    ['PATCH', route('projects/:/keys/:'), call => this.#changeKey(call)],
    ['DELETE', route('projects/:/keys/:'), call => this.#revokeKey(call)],
    ['GET', route('projects/:/members'), call => ok({ members: this.#own(call).members })],
    ['PATCH', route('projects/:/members/:'), call => this.#changeMember(call)],
    ['DELETE', route('projects/:/members/:'), call => this.#removeMember(call)],
    ['GET', route('projects/:/roles'), call => ok({ roles: this.#own(call).roles })],
    ['POST', route('projects/:/roles'), call => this.#createRole(call)],
    ['PUT', route('projects/:/roles/:'), call => this.#changeRole(call)],
    [
      'DELETE',
      route('projects/:/roles/:'),
      call => remove(this.#own(call).roles, 'name', call.parts[1]),
    ],
    [
      'GET',
      route('projects/:/invitations'),
      call => ok({ invitations: this.#own(call).invitations }),
    ],
    ['POST', route('projects/:/invitations'), call => this.#invite(call)],
    [
      'DELETE',
      route('projects/:/invitations/:'),
      call => remove(this.#own(call).invitations, 'id', call.parts[1]),
    ],
    ['POST', route('invitations/look'), call => this.#look(call), true],
    ['POST', route('invitations/accept'), call => this.#accept(call)],
    ['GET', route('projects/:/schema'), call => ok(this.#schema(call))],
    ['PUT', route('projects/:/schema'), call => this.#setSchema(call)],
    ['DELETE', route('projects/:/schema'), call => this.#setSchema({ ...call, body: null })],
    ['GET', route('projects/:/quotas'), call => ok(this.#quotas(call))],
    ['PATCH', route('projects/:/quotas'), call => this.#changeProject(call)],
    ['GET', route('projects/:/dead-letters'), call => ok(this.#letters(call))],
    ['GET', route('projects/:/dead-letters/:'), call => this.#letter(call)],
    ['POST', route('projects/:/dead-letters/replay'), call => this.#replay(call)],
    ['POST', route('projects/:/dead-letters/delete'), call => this.#deleteLetters(call)],
  ]

  #visible(who: Call['who']): ProjectAccess[] {
    return this.#projects.flatMap(project => {
      const access = this.#accessOf(who, project.id)
      return access === null ? [] : [{ ...project, ...access }]
    })
  }

  #accessOf(who: Call['who'], id: string): Pick<ProjectAccess, 'role' | 'permissions'> | null {
    if (who === 'administrator' || who?.administrator === true)
      return { role: 'administrator', permissions: PERMISSIONS }
    const role = this.of(id).members.find(({ account }) => account.id === who?.id)?.role
    const found = this.of(id).roles.find(({ name }) => name === role)
    return found === undefined ? null : { role: found.name, permissions: found.permissions }
  }

  #changeProject({ parts, body }: Call): Answer {
    const at = this.#projects.findIndex(({ id }) => id === parts[0])
    const old = this.#projects[at]
    if (old === undefined) return notFound()
    if (typeof body['time_zone'] === 'string' && body['time_zone'].includes('Nowhere'))
      return problem(400, 'LOGBOY_BAD_REQUEST', 'time_zone: unknown time zone')
    const refused = meanwhile(old, body)
    if (refused !== null) return refused
    const { expected: _, ...change } = body
    const changed = { ...old, ...(change as Partial<ProjectSettings>) }
    this.#projects[at] = changed
    return ok(changed)
  }

  #createKey(call: Call): Answer {
    const key: ProjectKey = {
      id: this.#id('key'),
      name: String(call.body['name']),
      kind: call.body['kind'] === 'signing' ? 'signing' : 'bearer',
      scopes: call.body['scopes'] as ProjectKey['scopes'],
      created_at: AT,
      expires_at: 'expires_in' in call.body ? LATER : null,
      last_used_at: null,
      revoked_at: null,
      records_per_second: 0,
      bytes_per_second: 0,
    }
    this.#own(call).keys.push(key)
    return { status: 201, body: { ...key, key: `lb_${key.id}_secret` } }
  }

  #rotateKey(call: Call): Answer {
    const { keys } = this.#own(call)
    const at = keys.findIndex(({ id }) => id === call.parts[1])
    const old = keys[at]
    if (old === undefined) return notFound()
    keys[at] = { ...old, expires_at: LATER }
    const made = { ...old, id: this.#id('key') }
    keys.push(made)
    return { status: 201, body: { ...made, key: `lb_${made.id}_secret` } }
  }

  #changeKey(call: Call): Answer {
    const { keys } = this.#own(call)
    const at = keys.findIndex(({ id }) => id === call.parts[1])
    const old = keys[at]
    if (old === undefined) return notFound()
    const { expected: _, ...change } = call.body
    const refused = meanwhile(old, call.body)
    if (refused === null) keys[at] = { ...old, ...(change as Partial<ProjectKey>) }
    return refused ?? ok(keys[at])
  }

  #revokeKey(call: Call): Answer {
    const { keys } = this.#own(call)
    const at = keys.findIndex(({ id }) => id === call.parts[1])
    const old = keys[at]
    if (old === undefined) return notFound()
    keys[at] = { ...old, revoked_at: AT }
    return DONE
  }

  #changeMember(call: Call): Answer {
    const { members } = this.#own(call)
    const at = members.findIndex(({ account }) => account.id === call.parts[1])
    const old = members[at]
    if (old === undefined) return notFound()
    if (this.#isLastOwner(call)) return lastOwner()
    const changed = { ...old, role: String(call.body['role']) }
    members[at] = changed
    return ok(changed)
  }

  #removeMember(call: Call): Answer {
    if (this.#isLastOwner(call)) return lastOwner()
    const { members } = this.#own(call)
    members.splice(
      members.findIndex(({ account }) => account.id === call.parts[1]),
      1,
    )
    return DONE
  }

  #isLastOwner(call: Call): boolean {
    const owners = this.#own(call).members.filter(({ role }) => role === 'owner')
    return owners.length === 1 && owners[0]?.account.id === call.parts[1]
  }

  #createRole(call: Call): Answer {
    const { roles } = this.#own(call)
    const name = String(call.body['name'])
    if (roles.some(role => role.name === name))
      return problem(409, 'LOGBOY_NAME_TAKEN', 'there is a role of this name')
    const permissions = call.body['permissions'] as Permission[]
    roles.push({ name, permissions, built_in: false })
    return { status: 201, body: roles.at(-1) }
  }

  #changeRole(call: Call): Answer {
    const { roles } = this.#own(call)
    const at = roles.findIndex(({ name }) => name === call.parts[1])
    const { expected, name, permissions } = call.body as {
      readonly name: string
      readonly permissions: Permission[]
      readonly expected: Permission[]
    }
    const refused = meanwhile(roles[at] ?? {}, { expected: { permissions: expected } })
    if (refused !== null) return refused
    roles[at] = { name, permissions, built_in: false }
    return ok(roles[at])
  }

  #invite(call: Call): Answer {
    const { email, role } = call.body as { email?: string; role: string }
    if (email !== undefined && !email.includes('@'))
      return problem(400, 'LOGBOY_BAD_REQUEST', 'email: expected an address')
    const made: Invitation = {
      id: this.#id('invitation'),
      email: email ?? null,
      role,
      created_at: AT,
      expires_at: LATER,
      created_by: null,
    }
    this.#own(call).invitations.push(made)
    const url = `http://logs.example/invitation?token=${made.id}`
    return { status: 201, body: { ...made, url, mailed: false } }
  }

  #findInvitation(token: unknown): { project: Project; invitation: Invitation } | null {
    for (const project of this.#projects) {
      const invitation = this.of(project.id).invitations.find(({ id }) => id === token)
      if (invitation !== undefined) return { project, invitation }
    }
    return null
  }

  #look({ body }: Call): Answer {
    const found = this.#findInvitation(body['token'])
    if (found === null) return problem(404, 'LOGBOY_NOT_FOUND', 'the invitation was used or ended')
    const { project, invitation } = found
    const { role, email, expires_at } = invitation
    return ok({ project: { id: project.id, name: project.name }, role, email, expires_at })
  }

  #accept({ who, body }: Call): Answer {
    if (who === null || who === 'administrator')
      return problem(403, 'LOGBOY_FORBIDDEN', 'sign in with an account')
    const project = this.join(who, body['token'])
    return project === null ? notFound() : ok({ ...project, ...this.#accessOf(who, project.id) })
  }

  #schema(call: Pick<Call, 'parts'>): { readonly schema: unknown; readonly version: string } {
    const { schema } = this.#own(call)
    return { schema, version: `version of ${JSON.stringify(schema)}` }
  }

  #setSchema(call: Omit<Call, 'body'> & { body: Call['body'] | null }): Answer {
    if (call.query.get('version') !== this.#schema(call).version)
      return problem(409, 'LOGBOY_CONFLICT', 'somebody else changed the schema meanwhile')
    this.#own(call).schema = call.body
    return call.body === null ? DONE : ok(this.#schema(call))
  }

  #quotas(call: Call): Quotas {
    const { records_per_second = 0, bytes_per_second = 0 } =
      this.#projects.find(({ id }) => id === call.parts[0]) ?? {}
    const use = { records_per_second: 84, bytes_per_second: 41_000, refused_records: 12 }
    const keys = this.#own(call).keys.map(({ id, name, ...limits }) => ({
      id,
      name,
      records_per_second: limits.records_per_second,
      bytes_per_second: limits.bytes_per_second,
      use: NO_USE,
    }))
    return { records_per_second, bytes_per_second, use, keys }
  }

  #letters(call: Call): unknown {
    const wanted = (name: string): string => call.query.get(name) ?? ''
    const letters = this.#own(call).letters.filter(
      ({ source, reason }) =>
        source.includes(wanted('source')) && reason.includes(wanted('reason')),
    )
    return {
      letters: letters.map(({ id, at, source, reason, bytes }) => ({
        id,
        at,
        source,
        reason,
        bytes,
      })),
      next: null,
    }
  }

  #letter(call: Call): Answer {
    const letter = this.#own(call).letters.find(({ id }) => id === call.parts[1])
    return letter === undefined ? notFound() : ok(letter)
  }

  #replay(call: Call): Answer {
    const { ids, id, records } = call.body as { ids?: string[]; id?: string; records?: string }
    if (records?.includes('still wrong') === true)
      return ok({ accepted: 0, rejected: [{ letter: id, index: 0, reason: 'still wrong' }] })
    const done = ids ?? (id === undefined ? [] : [id])
    for (const letter of done) remove(this.#own(call).letters, 'id', letter)
    return ok({ accepted: done.length, rejected: [] })
  }

  #deleteLetters(call: Call): Answer {
    for (const id of call.body['ids'] as string[]) remove(this.#own(call).letters, 'id', id)
    return DONE
  }

  #own({ parts }: Pick<Call, 'parts'>): Belongings {
    return this.of(parts[0] ?? '')
  }
}

function lastOwner(): Answer {
  return problem(409, 'LOGBOY_CONFLICT', 'the last owner stays: make somebody else one first')
}
