/** Settings of the installation that administrators change while it runs. */
import { z } from 'zod/v4'
import type { Route } from '#actors/http/http-server.ts'
import { json } from '#actors/http/problem.ts'
import type { KeyCache } from '#actors/identity/key-cache.ts'
import type { LiveSystemConfig } from '#actors/identity/system-config.ts'
import { answerOf, type EndpointDeps, endpoint } from './endpoint.ts'
import { demandExpected } from './expected.ts'

export interface SystemConfigDeps extends EndpointDeps {
  readonly systemConfig: Pick<LiveSystemConfig, 'current' | 'change'>
  readonly keys: Pick<KeyCache, 'verify' | 'refresh'>
}

const days = z.number().int().min(0).max(36_500)
const settings = {
  sign_up: z.enum(['open', 'invitation']),
  projects_by_anyone: z.boolean().describe('whether people may make projects of their own'),
  retention_days_default: days.describe('of new projects; 0 = for ever'),
  audit_days: days.describe('how long the audit log is kept; 0 = for ever'),
  audit_searches: z.boolean().describe('whether searches, exports and tails are noted there'),
}
const config = z.strictObject(settings)

export function systemConfigRoutes(deps: SystemConfigDeps): Route[] {
  const shared = {
    tag: 'system',
    who: 'administrator',
    path: '/api/v1/system/config',
    answers: { 200: answerOf('All settings.', config) },
  } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      summary: "The installation's settings.",
      handle: () => json(200, deps.systemConfig.current),
    }),
    endpoint(deps, {
      ...shared,
      method: 'PATCH',
      summary: 'Changes what is named, in all processes within a second.',
      body: config.partial().extend({
        expected: config
          .partial()
          .optional()
          .describe('as the caller read it: where it is something else by now, nothing is changed'),
      }),
      problems: ['LOGBOY_CONFLICT'],
      async handle({ body: { expected, ...change } }) {
        const given = Object.entries(change).filter(([, value]) => value !== undefined)
        const changed = await deps.systemConfig.change(Object.fromEntries(given), now =>
          demandExpected(expected, now),
        )
        await deps.keys.refresh()
        return json(200, changed)
      },
    }),
  ]
}
