/** How the value of what is active came about: the series that messages show, up to now. */
import { z } from 'zod/v4'
import { alertAbout } from '#actors/alerts/state-change.ts'
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import type { AlertStates, HistoryEntry, StoredState } from '#actors/catalog/alert-states.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import type { AlertSeries } from '#actors/notifications/findings.ts'
import { type RuleSeriesDeps, ruleSeries } from '#actors/notifications/rule-series.ts'
import { closesAfterUs } from '#actors/processing/windows/window-rules.ts'
import { type AlertRule, slideOf } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { formatTime } from '#proto/time.ts'
import type { Clock } from '#runtime/index.ts'
import { answerOf, type EndpointDeps, endpoint, projectQuery } from './endpoint.ts'
import { type QueryGate, STORE_PROBLEMS } from './query-gate.ts'
import { time } from './shapes.ts'

export interface AlertSeriesDeps extends EndpointDeps {
  readonly store: RuleSeriesDeps['store']
  readonly pool: RuleSeriesDeps['pool']
  readonly alertRules: Pick<AlertRules, 'find'>
  readonly alertStates: Pick<AlertStates, 'active'>
  readonly queries: QueryGate
  readonly clock: Clock
}

const SECOND_US = 1_000_000
const series = z.strictObject({
  of: z.string().nullable().describe('what the rule computes; null = how many logs match'),
  start: time.describe('end of the first window'),
  step_s: z.number(),
  values: z.array(z.number().nullable()).describe('null = there was nothing to be measured'),
  threshold: z.number().nullable().describe('what the values are held against'),
})

export function alertSeriesRoutes(deps: AlertSeriesDeps): Route[] {
  const { store, pool, alertRules: rules, queries } = deps
  return [
    endpoint(deps, {
      tag: 'alerts',
      who: 'member',
      needs: 'logs.read',
      method: 'GET',
      path: '/api/v1/alerts/:alert/series',
      parts: { alert: 'id of an active alert' },
      summary: 'What its rule said of the windows before, up to now.',
      query: projectQuery,
      answers: {
        200: answerOf('null = it has none.', z.strictObject({ series: series.nullable() })),
      },
      problems: [...STORE_PROBLEMS, 'LOGBOY_NOT_FOUND'],
      async handle({ project: { id }, part, request }) {
        const change = await presentOf(deps, id, part('alert'))
        const found = await queries.run(id, request.signal, signal =>
          ruleSeries(change, { store, rules, pool }, signal),
        )
        return json(200, { series: found === null ? null : told(found) })
      },
    }),
  ]
}

/** As if it changed now: windows end with the last that is over. */
async function presentOf(
  { alertStates, alertRules, clock }: AlertSeriesDeps,
  projectId: string,
  alert: string,
): Promise<HistoryEntry> {
  const state = (await alertStates.active(projectId)).find(({ id }) => String(id) === alert)
  const stored = state === undefined ? null : await alertRules.find(projectId, state.ruleId)
  const parsed = stored === null ? null : parseAlertRule(stored.rule)
  if (state === undefined || parsed?.type !== 'rule') {
    throw new HttpProblem('LOGBOY_NOT_FOUND', `nothing is active under ${alert}`)
  }
  const atUs = clock.nowUs()
  const about = alertAbout(parsed.rule, state.key)
  const { id, ruleId, key, status, value } = state
  const windowEndUs = lastEnd(parsed.rule, state, atUs)
  const who = { actor: null, note: null }
  return {
    id,
    projectId,
    ruleId,
    key,
    from: status,
    to: status,
    value,
    windowEndUs,
    atUs,
    about,
    ...who,
  }
}

function lastEnd(rule: AlertRule, { windowEndUs }: StoredState, nowUs: number): number {
  const slideUs = slideOf(rule.windowS) * SECOND_US
  const closedUs = Math.floor((nowUs - closesAfterUs(rule)) / slideUs) * slideUs
  return Math.max(windowEndUs, closedUs)
}

function told({ of, fromUs, stepUs, values, condition }: AlertSeries): z.infer<typeof series> {
  const threshold = condition?.threshold ?? null
  return {
    of,
    start: formatTime(fromUs, 0),
    step_s: stepUs / SECOND_US,
    values: [...values],
    threshold,
  }
}
