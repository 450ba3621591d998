/** Invitations into a project: a link, good once, for somebody or for whoever has it. */
import { z } from 'zod/v4'
import type { Invitations } from '#actors/catalog/invitations.ts'
import type { Members } from '#actors/catalog/members.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { mintId, sha256 } from '#actors/identity/project-key.ts'
import type { Mailer } from '#actors/mail/mailer.ts'
import { formatTime } from '#proto/time.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { answerOf, endpoint, NO_CONTENT } from './endpoint.ts'
import { existingProject } from './existing-project.ts'
import { type MemberDeps, requireRoles, roleName } from './member-routes.ts'
import { email } from './person-shapes.ts'
import { time } from './shapes.ts'
import type { SignUpInvitations } from './sign-up.ts'

export interface InvitationDeps extends MemberDeps {
  readonly members: Members
  readonly projectInvitations: Invitations
  readonly mailer: Pick<Mailer, 'type' | 'send'>
  readonly publicUrl: () => string
  readonly clock: Clock
  readonly random: Random
  readonly onFault: (error: Error, where: string) => void
}

const TOKEN_BYTES = 32
const ID_CHARS = 12
const WEEK_S = 7 * 86_400
const SECONDS_MAX = 90 * 86_400

const invitation = z
  .strictObject({
    id: z.string(),
    email: z.string().nullable().describe('null = for whoever has the link'),
    role: z.string(),
    created_at: time,
    expires_at: time,
    created_by: z.string().nullable(),
  })
  .meta({ id: 'Invitation' })
const created = invitation.extend({ url: z.string(), mailed: z.boolean() })
const createBody = z.strictObject({
  email: email.optional(),
  role: roleName,
  expires_in: z.number().int().min(60).max(SECONDS_MAX).default(WEEK_S).describe('seconds'),
})
const tokenBody = z.strictObject({ token: z.string().max(200) })
const look = z.strictObject({
  project: z.strictObject({ id: z.string(), name: z.string() }),
  role: z.string(),
  email: z.string().nullable(),
  expires_at: time,
})

export function invitationRoutes(deps: InvitationDeps): Route[] {
  const { projectInvitations: invitations, clock, catalog } = deps
  const shared = { tag: 'projects', who: 'member', needs: 'members' } as const
  const parts = { id: 'id of the project' }
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/projects/:id/invitations',
      parts,
      summary: 'Invitations that are open.',
      answers: {
        200: answerOf('Newest first.', z.strictObject({ invitations: z.array(invitation) })),
      },
      async handle({ project }) {
        return json(200, { invitations: await invitations.list(project.id, clock.nowUs()) })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'POST',
      path: '/api/v1/projects/:id/invitations',
      parts,
      problems: ['LOGBOY_NOT_FOUND'],
      summary: 'Invites somebody; the link is told this once.',
      description: 'It is mailed where an address is given and mail is set up.',
      body: createBody,
      answers: { 201: answerOf('The invitation.', created) },
      async handle({ project, body, caller }) {
        await requireRoles(project, [body.role], deps.members)
        const { name } = await existingProject(project.id, catalog)
        const createdBy = caller.type === 'person' ? caller.account.id : null
        return json(201, await invite({ id: project.id, name }, body, createdBy, deps))
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'DELETE',
      path: '/api/v1/projects/:id/invitations/:invitation',
      parts: { ...parts, invitation: 'id of the invitation' },
      problems: ['LOGBOY_NOT_FOUND'],
      summary: 'Withdraws an invitation.',
      answers: { 204: NO_CONTENT },
      async handle({ project, part }) {
        if (!(await invitations.remove(project.id, part('invitation')))) throw unknown()
        return { status: 204 }
      },
    }),
    endpoint(deps, {
      tag: 'projects',
      who: 'anyone',
      method: 'POST',
      path: '/api/v1/invitations/look',
      problems: ['LOGBOY_NOT_FOUND', 'LOGBOY_CATALOG_AWAY'],
      summary: 'Into which project a link leads.',
      body: tokenBody,
      answers: { 200: answerOf('The invitation.', look) },
      async handle({ body }) {
        const found = await invitations.look(sha256(body.token), clock.nowUs())
        if (found === null) throw unknown()
        return json(200, found)
      },
    }),
    endpoint(deps, {
      tag: 'projects',
      who: 'person',
      method: 'POST',
      path: '/api/v1/invitations/accept',
      problems: ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'],
      summary: 'Joins the project of a link.',
      body: tokenBody,
      answers: { 200: answerOf('The project.', z.looseObject({ id: z.string() })) },
      async handle({ body, caller }) {
        if (caller.type !== 'person') {
          throw new HttpProblem('LOGBOY_FORBIDDEN', 'only somebody with an account can join')
        }
        const { id } = caller.account
        const accepted = await invitations.accept(sha256(body.token), id, clock.nowUs())
        if (accepted.type === 'unknown') throw unknown()
        if (accepted.type === 'already') {
          throw new HttpProblem('LOGBOY_CONFLICT', 'you are a member of this project already')
        }
        await deps.keys.refresh()
        return json(200, await deps.members.access(id, accepted.projectId))
      },
    }),
  ]
}

/** Invitations as a sign-up knows them. */
export function signUpInvitations({
  projectInvitations,
  clock,
  keys,
}: Pick<InvitationDeps, 'projectInvitations' | 'clock' | 'keys'>): SignUpInvitations {
  return {
    find: token => projectInvitations.look(sha256(token), clock.nowUs()),
    async accept(token, { id }) {
      const { type } = await projectInvitations.accept(sha256(token), id, clock.nowUs())
      await keys.refresh()
      return type === 'joined'
    },
  }
}

async function invite(
  project: { readonly id: string; readonly name: string },
  { role, expires_in: seconds, ...wish }: z.output<typeof createBody>,
  createdBy: string | null,
  deps: InvitationDeps,
): Promise<z.output<typeof created>> {
  const { clock, random, publicUrl } = deps
  const address = wish.email ?? null
  const token = `lbi_${Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')}`
  const id = mintId(random, ID_CHARS)
  const createdAtUs = clock.nowUs()
  const expiresAtUs = createdAtUs + seconds * 1_000_000
  const whom = { id, projectId: project.id, email: address, role, createdBy }
  const times = { createdAtUs, expiresAtUs }
  await deps.projectInvitations.create({ ...whom, ...times, tokenSha256: sha256(token) })
  const url = `${publicUrl()}/invitation?token=${token}`
  const mailed = address !== null && (await mail(address, project.name, url, deps))
  return {
    id,
    email: address,
    role,
    created_at: formatTime(createdAtUs, 0),
    expires_at: formatTime(expiresAtUs, 0),
    created_by: createdBy,
    url,
    mailed,
  }
}

/** A mail that does not leave is no reason to make another link. */
async function mail(
  to: string,
  project: string,
  url: string,
  { mailer, onFault }: InvitationDeps,
): Promise<boolean> {
  if (mailer.type !== 'mail') return false
  const subject = 'An invitation to Logboy'
  const text = `You are invited to the logs of ${project}. This link lets you in, once:\n\n${url}\n`
  try {
    await mailer.send({ to, subject, text })
    return true
  } catch (error) {
    onFault(error as Error, 'mail')
    return false
  }
}

/** The same words for a link that is used, withdrawn or expired, and for one that never was. */
function unknown(): HttpProblem {
  return new HttpProblem('LOGBOY_NOT_FOUND', 'the invitation is unknown, was used or has expired')
}
