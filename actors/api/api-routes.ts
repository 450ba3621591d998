/** The REST interface as one table. */
import type { Route, SocketRoute } from '#actors/http/http-server.ts'
import { type AccountDeps, accountRoutes } from './account-routes.ts'
import { type AlertBacktestDeps, alertBacktestRoutes } from './alert-backtest-routes.ts'
import { type AlertLinkDeps, alertLinkRoutes } from './alert-link-routes.ts'
import { type AlertRuleDeps, alertRuleRoutes } from './alert-rule-routes.ts'
import { type AlertSeriesDeps, alertSeriesRoutes } from './alert-series-route.ts'
import { type AlertStateDeps, alertStateRoutes } from './alert-state-routes.ts'
import { type AuditDeps, auditRoutes } from './audit-routes.ts'
import { type AuthDeps, authRoutes } from './auth-routes.ts'
import { tellingCatalog } from './catalog-problem.ts'
import { type ChannelPreviewDeps, channelPreviewRoutes } from './channel-preview-route.ts'
import { type ChannelDeps, channelRoutes } from './channel-routes.ts'
import { type DeadLetterDeps, deadLetterRoutes } from './dead-letter-routes.ts'
import { type DeleteDeps, deleteRoute } from './delete-route.ts'
import { exportRoute } from './export-route.ts'
import { factRoutes } from './fact-routes.ts'
import { type InvitationDeps, invitationRoutes } from './invitation-routes.ts'
import { keyRoutes } from './key-routes.ts'
import { memberRoutes } from './member-routes.ts'
import { type MetricDeps, metricRoutes } from './metric-routes.ts'
import { openApi } from './openapi.ts'
import { openApiRoute } from './openapi-route.ts'
import { type PasswordDeps, passwordRoutes } from './password-routes.ts'
import { patternRoutes } from './pattern-routes.ts'
import { type ProjectDeps, projectRoutes } from './project-routes.ts'
import { type QuotaDeps, quotaRoutes } from './quota-routes.ts'
import { type SavedViewDeps, savedViewRoutes } from './saved-view-routes.ts'
import { type SchemaDeps, schemaRoutes } from './schema-routes.ts'
import { sdkMetricRoutes } from './sdk-metric-routes.ts'
import { type SearchDeps, searchRoutes } from './search-routes.ts'
import { type SessionDeps, sessionRoutes } from './session-routes.ts'
import { type SilenceDeps, silenceRoutes } from './silence-routes.ts'
import { type SystemConfigDeps, systemConfigRoutes } from './system-config-routes.ts'
import { type SystemDeps, systemRoutes } from './system-routes.ts'
import { type TailDeps, tailSocket } from './tail-socket.ts'
import { type TokenDeps, tokenRoutes } from './token-routes.ts'

export type ApiDeps = AlertBacktestDeps &
  AccountDeps &
  AuditDeps &
  InvitationDeps &
  SavedViewDeps &
  SystemConfigDeps &
  ChannelDeps &
  ChannelPreviewDeps &
  SilenceDeps &
  AlertLinkDeps &
  AlertRuleDeps &
  AlertSeriesDeps &
  AlertStateDeps &
  AuthDeps &
  PasswordDeps &
  TokenDeps &
  DeadLetterDeps &
  DeleteDeps &
  ProjectDeps &
  QuotaDeps &
  MetricDeps &
  SchemaDeps &
  SearchDeps &
  SessionDeps &
  SystemDeps &
  TailDeps

/** `doors`: routes of others in the same process, for the document of all. */
export function apiRoutes(deps: ApiDeps, doors: readonly Route[] = []): Route[] {
  const routes = [
    ...searchRoutes(deps),
    ...patternRoutes(deps),
    ...factRoutes(deps),
    exportRoute(deps),
    deleteRoute(deps),
    ...metricRoutes(deps),
    ...sdkMetricRoutes(deps),
    ...alertRuleRoutes(deps),
    ...alertBacktestRoutes(deps),
    ...alertStateRoutes(deps),
    ...alertSeriesRoutes(deps),
    ...alertLinkRoutes(deps),
    ...channelRoutes(deps),
    ...channelPreviewRoutes(deps),
    ...silenceRoutes(deps),
    ...projectRoutes(deps),
    ...keyRoutes(deps),
    ...quotaRoutes(deps),
    ...memberRoutes(deps),
    ...invitationRoutes(deps),
    ...savedViewRoutes(deps),
    ...schemaRoutes(deps),
    ...deadLetterRoutes(deps),
    ...sessionRoutes(deps),
    ...authRoutes(deps),
    ...passwordRoutes(deps),
    ...tokenRoutes(deps),
    ...accountRoutes(deps),
    ...auditRoutes(deps),
    ...systemConfigRoutes(deps),
    ...systemRoutes(deps),
  ]
  const all = [...doors, ...routes]
  const document = openApiRoute(deps, () => openApi(all, apiSockets(deps), deps.version))
  all.push(document)
  return [...routes, document].map(route => ({ ...route, handle: tellingCatalog(route.handle) }))
}

export function apiSockets(deps: ApiDeps): SocketRoute[] {
  const tail = tailSocket(deps)
  return [{ ...tail, upgrade: tellingCatalog(tail.upgrade) }]
}
