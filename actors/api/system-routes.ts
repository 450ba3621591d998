/** For operators and their machines: is it alive, does it take data, what does every part do. */
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { TROUBLE_TEXTS, type Trouble } from '#proto/trouble.ts'
import { type CallerDeps, callerOf, requireAdministrator } from './caller.ts'
import { JSON_BODY_BYTES_MAX } from './json-body.ts'

export interface SystemDeps extends CallerDeps {
  readonly version: string
  /** null = it takes data; else why not. */
  readonly notReady: () => string | null
  /** What it does without at present, and goes on. */
  readonly troubles: () => readonly Trouble[]
  /** Everything that every part says of itself. */
  readonly observe: () => Record<string, unknown>
  /** Publishes everything that was received and compacts what is due. */
  readonly flush: () => Promise<void>
  /** The catalog as SQL text. */
  readonly backup: () => Promise<string>
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
}

export function systemRoutes(deps: SystemDeps): Route[] {
  return [
    {
      method: 'GET',
      path: '/health',
      handle: () => json(200, { status: 'ok', version: deps.version }),
    },
    {
      method: 'GET',
      path: '/ready',
      handle(request) {
        const reason = request.query.get('for') === 'query' ? null : deps.notReady()
        if (reason !== null) {
          throw new HttpProblem('LOGBOY_NOT_READY', reason, { retryAfterMs: 1_000 })
        }
        const degraded = deps.troubles().map(trouble => TROUBLE_TEXTS[trouble])
        return json(200, { ready: true, ...(degraded.length === 0 ? {} : { degraded }) })
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      async handle() {
        const body = await deps.metrics()
        return { status: 200, headers: [['content-type', 'text/plain; version=0.0.4']], body }
      },
    },
    {
      method: 'GET',
      path: '/api/v1/system/actors',
      async handle(request) {
        requireAdministrator(await callerOf(request, deps))
        return json(200, deps.observe())
      },
    },
    {
      method: 'GET',
      path: '/api/v1/system/backup',
      async handle(request) {
        requireAdministrator(await callerOf(request, deps))
        const body = await deps.backup()
        const headers = [
          ['content-type', 'application/sql; charset=utf-8'],
          ['cache-control', 'no-store'],
        ] as const
        return { status: 200, headers, body }
      },
    },
    {
      method: 'POST',
      path: '/api/v1/system/flush',
      bodyBytesMax: JSON_BODY_BYTES_MAX,
      async handle(request) {
        requireAdministrator(await callerOf(request, deps))
        await deps.flush()
        return { status: 204 }
      },
    },
  ]
}
