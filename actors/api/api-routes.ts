/** The REST interface as one table. */
import type { Route, SocketRoute } from '#actors/http/http-server.ts'
import { tellingCatalog } from './catalog-problem.ts'
import { type ProjectDeps, projectRoutes } from './project-routes.ts'
import { type SearchDeps, searchRoutes } from './search-routes.ts'
import { type SessionDeps, sessionRoutes } from './session-routes.ts'
import { type SystemDeps, systemRoutes } from './system-routes.ts'
import { type TailDeps, tailSocket } from './tail-socket.ts'

export type ApiDeps = ProjectDeps & SearchDeps & SessionDeps & SystemDeps & TailDeps

export function apiRoutes(deps: ApiDeps): Route[] {
  return [
    ...systemRoutes(deps),
    ...sessionRoutes(deps),
    ...projectRoutes(deps),
    ...searchRoutes(deps),
  ].map(route => ({ ...route, handle: tellingCatalog(route.handle) }))
}

export function apiSockets(deps: ApiDeps): SocketRoute[] {
  const tail = tailSocket(deps)
  return [{ ...tail, upgrade: tellingCatalog(tail.upgrade) }]
}
