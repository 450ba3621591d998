/**
 * What the audit log calls a request. A change that is not named here is noted by its method and
 * path; a read is noted only where it is named.
 */

export interface AuditAction {
  readonly name: string
  /** `search`: noted where the settings ask for it, a moment later. */
  readonly kind: 'change' | 'search'
}

const NAMES: Readonly<Record<string, string>> = {
  'POST /api/v1/auth/sign-up': 'auth.sign-up',
  'POST /api/v1/auth/login': 'auth.login',
  'POST /api/v1/auth/logout': 'auth.logout',
  'POST /api/v1/auth/reset': 'auth.reset',
  'POST /api/v1/auth/password': 'auth.password',
  'POST /api/v1/auth/forgotten': 'auth.forgotten',
  'POST /api/v1/auth/confirm': 'auth.confirm',
  'POST /api/v1/sessions': 'auth.session',
  'DELETE /api/v1/session': 'auth.logout',
  'PATCH /api/v1/account': 'account.update-own',
  'POST /api/v1/sessions/tickets': 'auth.ticket',
  'POST /api/v1/tokens': 'token.create',
  'DELETE /api/v1/tokens/:id': 'token.delete',
  'POST /api/v1/accounts': 'account.create',
  'PATCH /api/v1/accounts/:id': 'account.update',
  'POST /api/v1/accounts/:id/reset': 'account.reset',
  'POST /api/v1/projects': 'project.create',
  'PATCH /api/v1/projects/:id': 'project.update',
  'DELETE /api/v1/projects/:id': 'project.delete',
  'POST /api/v1/projects/:id/keys': 'key.create',
  'PATCH /api/v1/projects/:id/keys/:key': 'key.update',
  'POST /api/v1/projects/:id/keys/:key/rotate': 'key.rotate',
  'DELETE /api/v1/projects/:id/keys/:key': 'key.revoke',
  'PATCH /api/v1/projects/:id/quotas': 'quota.update',
  'PUT /api/v1/projects/:id/schema': 'schema.update',
  'DELETE /api/v1/projects/:id/schema': 'schema.delete',
  'POST /api/v1/projects/:id/dead-letters/replay': 'dead-letter.replay',
  'POST /api/v1/projects/:id/dead-letters/delete': 'dead-letter.delete',
  'PATCH /api/v1/projects/:id/members/:account': 'member.update',
  'DELETE /api/v1/projects/:id/members/:account': 'member.remove',
  'POST /api/v1/projects/:id/roles': 'role.create',
  'PUT /api/v1/projects/:id/roles/:name': 'role.update',
  'DELETE /api/v1/projects/:id/roles/:name': 'role.delete',
  'POST /api/v1/projects/:id/invitations': 'invitation.create',
  'DELETE /api/v1/projects/:id/invitations/:invitation': 'invitation.withdraw',
  'POST /api/v1/invitations/accept': 'invitation.accept',
  'POST /api/v1/projects/:id/saved-views': 'view.create',
  'PUT /api/v1/projects/:id/saved-views/:view': 'view.update',
  'DELETE /api/v1/projects/:id/saved-views/:view': 'view.delete',
  'PATCH /api/v1/system/config': 'system.update',
  'POST /api/v1/system/flush': 'system.flush',
  // A copy of everything that people configured.
  'GET /api/v1/system/backup': 'system.backup',
  'POST /api/v1/alerts/rules': 'alert-rule.create',
  'POST /api/v1/alerts/rules/import': 'alert-rule.import',
  'PUT /api/v1/alerts/rules/:rule': 'alert-rule.update',
  'DELETE /api/v1/alerts/rules/:rule': 'alert-rule.delete',
  'POST /api/v1/alerts/:alert/acknowledge': 'alert.acknowledge',
  'POST /api/v1/channels': 'channel.create',
  'PUT /api/v1/channels/:channel': 'channel.update',
  'DELETE /api/v1/channels/:channel': 'channel.delete',
  'POST /api/v1/channels/:channel/test': 'channel.test',
  'POST /api/v1/silences': 'silence.create',
  'PUT /api/v1/silences/:silence': 'silence.update',
  'DELETE /api/v1/silences/:silence': 'silence.end',
  'POST /api/v1/logs/delete': 'logs.delete',
}

/** Whoever reads logs or numbers of them. */
const SEARCHES: Readonly<Record<string, string>> = {
  'POST /api/v1/logs/search': 'logs.search',
  'POST /api/v1/logs/histogram': 'logs.histogram',
  'POST /api/v1/logs/facets': 'logs.facets',
  'POST /api/v1/logs/fields': 'logs.fields',
  'POST /api/v1/alerts/rules/preview': 'alert-rule.preview',
  'POST /api/v1/alerts/rules/backtest': 'alert-rule.backtest',
  'POST /api/v1/channels/preview': 'channel.preview',
  'POST /api/v1/logs/patterns': 'logs.patterns',
  'GET /api/v1/logs/patterns': 'logs.patterns',
  'GET /api/v1/logs/recent': 'logs.recent',
  'GET /api/v1/logs/export': 'logs.export',
  'GET /api/v1/logs/:id': 'logs.read',
  'GET /api/v1/logs/:id/context': 'logs.context',
  'GET /api/v1/tail': 'logs.tail',
  'POST /api/v1/metrics/query': 'metrics.query',
}

/** Nothing that anybody would look for. */
const UNNOTED = new Set([
  'POST /api/v1/auth/refresh',
  'POST /api/v1/invitations/look',
  // It is secret, and noted by what it does.
  'POST /api/v1/alerts/links/:link',
])

export function auditAction(method: string, path: string): AuditAction | null {
  const route = `${method} ${path}`
  const search = SEARCHES[route]
  if (search !== undefined) return { name: search, kind: 'search' }
  const name = NAMES[route]
  if (name === undefined && (method === 'GET' || UNNOTED.has(route))) return null
  return { name: name ?? route, kind: 'change' }
}
