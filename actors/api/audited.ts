/** Notes in the audit log what a request did, once it was answered well. */
import type { HttpAnswer, HttpRequest } from '#actors/http/http-server.ts'
import { type AuditAction, auditAction } from './audit-actions.ts'
import { auditDetail } from './audit-detail.ts'
import type { AuditLog } from './audit-log.ts'
import type { Caller } from './caller.ts'

export interface Audited {
  readonly method: string
  /** As the route is declared. */
  readonly path: string
  readonly request: HttpRequest
  readonly caller: Caller | null
  readonly projectId: string | null
  readonly query: unknown
  readonly body: unknown
}

export async function noted(
  audit: Pick<AuditLog, 'changed' | 'searched'>,
  asked: Audited,
  answer: HttpAnswer,
): Promise<HttpAnswer> {
  const action = auditAction(asked.method, asked.path)
  if (action === null || answer.status >= 400) return answer
  const entry = () => entryOf(asked, action, answer)
  if (action.kind === 'search') audit.searched(entry)
  else await audit.changed(entry())
  return answer
}

/** Of what has no answer of its own. */
export function noteSearch(audit: Pick<AuditLog, 'searched'>, asked: Audited): void {
  const action = auditAction(asked.method, asked.path)
  if (action !== null) audit.searched(() => entryOf(asked, action, { status: 200 }))
}

function entryOf(asked: Audited, action: AuditAction, answer: HttpAnswer) {
  const { request, caller, projectId, query, body } = asked
  const made = action.name === 'project.create' ? memberOf(answer, 'id') : null
  return {
    ...actorOf(caller, body, answer),
    peer: request.peer,
    action: action.name,
    projectId: projectId ?? made,
    detail: auditDetail(body, query, request.parameters),
  }
}

/** Whoever signs in is known only afterwards. */
function actorOf(caller: Caller | null, body: unknown, answer: HttpAnswer) {
  switch (caller?.type) {
    case 'person':
      return { actor: caller.account.id, actorName: caller.account.name }
    case 'key':
      return { actor: `key ${caller.key.keyId}`, actorName: '' }
    case 'administrator':
      return { actor: 'administrator', actorName: 'administrator' }
    default: {
      const email = (body as { readonly email?: string } | undefined)?.email ?? ''
      return { actor: memberOf(answer, 'account', 'id') ?? 'nobody', actorName: email }
    }
  }
}

/** A text of an answer in JSON; null = it has none there. */
function memberOf({ body }: HttpAnswer, ...path: readonly string[]): string | null {
  if (typeof body !== 'string' || body === '') return null
  let at: unknown = JSON.parse(body)
  for (const name of path) at = (at as Readonly<Record<string, unknown>> | null)?.[name]
  return typeof at === 'string' ? at : null
}
