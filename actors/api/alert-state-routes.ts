/** What rules have said: now, and before; and that somebody looks at it. */
import { z } from 'zod/v4'
import type { AlertStates } from '#actors/catalog/alert-states.ts'
import type { Silences } from '#actors/catalog/silences.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { silencing } from '#actors/notifications/silencing.ts'
import type { Clock } from '#runtime/index.ts'
import { type ActiveAlertsDeps, activeAlerts } from './active-alerts.ts'
import { nameOfCaller } from './alert-rule-routes.ts'
import { activeAlert, alertChange, toldChange } from './alert-shapes.ts'
import {
  answerOf,
  type EndpointDeps,
  endpoint,
  NO_CONTENT,
  projectInBody,
  projectQuery,
} from './endpoint.ts'

export interface AlertStateDeps extends EndpointDeps, ActiveAlertsDeps {
  readonly alertStates: ActiveAlertsDeps['alertStates'] &
    Pick<AlertStates, 'history' | 'acknowledge'>
  readonly silences: Pick<Silences, 'active'>
  /** Whoever tells of alerts has something to look at. */
  readonly alertsChanged: () => void
  readonly clock: Clock
}

const HISTORY_DEFAULT = 100
const HISTORY_MAX = 1_000
const historyQuery = projectQuery.extend({
  rule: z.string().optional().describe('id of a rule; all unless given'),
  before: z.coerce.number().int().optional().describe('next of the page before'),
  limit: z.coerce.number().int().min(1).max(HISTORY_MAX).default(HISTORY_DEFAULT),
})
const acknowledgeBody = z.strictObject({
  project: projectInBody,
  note: z.string().max(1_000).optional(),
})

export function alertStateRoutes(deps: AlertStateDeps): Route[] {
  const { alertStates, silences, clock } = deps
  const shared = { tag: 'alerts', who: 'member', needs: 'logs.read' } as const
  return [
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/alerts/active',
      summary: 'What fires, waits to fire, or has no data.',
      query: projectQuery,
      answers: {
        200: answerOf('Longest first.', z.strictObject({ alerts: z.array(activeAlert) })),
      },
      async handle({ project: { id } }) {
        const [active, now] = await Promise.all([
          activeAlerts(deps, id),
          silences.active([id], clock.nowUs()),
        ])
        const silenceOf = silencing(now)
        const alerts = active.map(({ labels, ...alert }) => {
          return { ...alert, silenced_by: silenceOf({ ...alert, labels })?.id ?? null }
        })
        return json(200, { alerts })
      },
    }),
    endpoint(deps, {
      ...shared,
      method: 'GET',
      path: '/api/v1/alerts/history',
      summary: 'Every change of a state, newest first.',
      query: historyQuery,
      answers: {
        200: answerOf(
          'A page of changes.',
          z.strictObject({
            changes: z.array(alertChange),
            next: z.number().int().nullable().describe('`before` of the next page; null = the end'),
          }),
        ),
      },
      async handle({ project: { id }, query: { rule, before, limit } }) {
        const asked = { limit, before: before ?? null, ruleId: rule ?? null }
        const entries = await alertStates.history(id, asked)
        const next = entries.length < limit ? null : (entries.at(-1)?.id ?? null)
        return json(200, { changes: entries.map(toldChange), next })
      },
    }),
    endpoint(deps, {
      ...shared,
      needs: 'alerts',
      method: 'POST',
      path: '/api/v1/alerts/:alert/acknowledge',
      parts: { alert: 'id of an active alert' },
      summary: 'Says that somebody looks at a firing; stands in the history.',
      body: acknowledgeBody,
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ project: { id }, part, body: { note = null }, caller }) {
        const how = { by: nameOfCaller(caller), note, atUs: clock.nowUs() }
        const alertId = /^\d{1,15}$/.test(part('alert')) ? Number(part('alert')) : 0
        if (!(await alertStates.acknowledge(id, alertId, how))) {
          throw new HttpProblem('LOGBOY_NOT_FOUND', `nothing fires under ${part('alert')}`)
        }
        deps.alertsChanged()
        return { status: 204 }
      },
    }),
  ]
}
