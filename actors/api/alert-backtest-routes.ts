/** What a rule would have said: while it is written, and over a history. */
import { z } from 'zod/v4'
import { BACKTEST_ROWS_MAX, type BacktestResult, backtest } from '#actors/alerts/backtest.ts'
import type { ReplayPoint } from '#actors/alerts/replay.ts'
import { alertAbout, groupOf } from '#actors/alerts/state-change.ts'
import type { AlertChannels } from '#actors/catalog/alert-channels.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { countMessages, MESSAGES_COUNTED_MAX } from '#actors/notifications/message-count.ts'
import type { LogStore } from '#actors/store/store.ts'
import { hearsOf } from '#proto/alert-channel.ts'
import { type AlertRule, isMetricRule } from '#proto/alert-rule.ts'
import { type ChannelPacing, PACING_DEFAULTS } from '#proto/channel-pacing.ts'
import { formatTime, parseTimeAround } from '#proto/time.ts'
import { timeZone } from '#proto/time-zone.ts'
import type { Clock, TaskPool } from '#runtime/index.ts'
import { readRule } from './alert-rule-routes.ts'
import { toldWarmUp, warmUp } from './alert-shapes.ts'
import type { CallersProject } from './caller.ts'
import { answerOf, type EndpointDeps, endpoint, projectInBody } from './endpoint.ts'
import { type QueryGate, STORE_PROBLEMS } from './query-gate.ts'
import { ruleRows } from './rule-rows.ts'
import { time as timeAsked } from './search-request.ts'
import { time } from './shapes.ts'

export interface AlertBacktestDeps extends EndpointDeps {
  readonly store: Pick<LogStore, 'search'>
  readonly alertChannels: Pick<AlertChannels, 'find'>
  readonly pool: Pick<TaskPool, 'run'>
  readonly queries: QueryGate
  readonly clock: Clock
}

const POINTS = 120
const SECOND_US = 1_000_000
const CHANGES_TOLD_MAX = 10_000
const body = z.strictObject({
  project: projectInBody,
  rule: z.looseObject({}).describe('an AlertRule'),
  start_time: timeAsked.default('now-1h').describe('in time of receipt'),
  end_time: timeAsked.default('now'),
  channel: z
    .string()
    .optional()
    .describe('id of a channel whose messages are counted; as they come by default without one'),
})
const group = z.record(z.string(), z.string().nullable())
const replyMembers = {
  start_time: time,
  end_time: time.describe(`earlier than asked for if there are over ${BACKTEST_ROWS_MAX} rows`),
  rows: z.number().int().describe('that match the query'),
  late: z.number().int().describe('rows that came too late to count'),
  left_out: z.number().int().describe('rows of groups beyond groups_max'),
  firings: z.number().int(),
  notifications: z
    .number()
    .int()
    .describe(
      `messages by the pacing of the channel, until end_time and as if nobody acknowledged; 0 = it ` +
        `does not hear of the rule; at most ${MESSAGES_COUNTED_MAX}`,
    ),
  warm_up: warmUp.describe('as it is at the end'),
  changes: z.array(
    z.strictObject({
      at: time.describe('when it was known'),
      group,
      from: z.string(),
      to: z.string(),
      value: z.number().nullable(),
      window_end: time,
    }),
  ),
}
const series = z
  .array(
    z.strictObject({
      group,
      points: z.array(
        z.strictObject({
          time,
          value: z.number().nullable(),
          measured: z.number().nullable().optional(),
          usual: z.number().optional().describe('median of the baseline; absent = unknown'),
          spread: z.number().optional().describe('what counts as one standard deviation'),
        }),
      ),
    }),
  )
  .describe('the value of some groups at the end of windows')

export function alertBacktestRoutes(deps: AlertBacktestDeps): Route[] {
  const shared = {
    tag: 'alerts',
    who: 'member',
    needs: 'logs.read',
    method: 'POST',
    body,
    problems: [...STORE_PROBLEMS, 'LOGBOY_BAD_RULE', 'LOGBOY_NOT_FOUND'],
  } as const
  return [
    endpoint(deps, {
      ...shared,
      path: '/api/v1/alerts/rules/preview',
      summary: 'The values of a rule, and where it would have fired.',
      answers: {
        200: answerOf('Values and changes.', z.strictObject({ ...replyMembers, series })),
      },
      handle: async ({ body: asked, project, request }) =>
        json(200, await answer(asked, project, request.signal, deps, true)),
    }),
    endpoint(deps, {
      ...shared,
      path: '/api/v1/alerts/rules/backtest',
      summary: 'When a rule would have fired, by the code that runs live.',
      answers: { 200: answerOf('Changes, oldest first.', z.strictObject(replyMembers)) },
      handle: async ({ body: asked, project, request }) =>
        json(200, await answer(asked, project, request.signal, deps, false)),
    }),
  ]
}

async function answer(
  asked: z.output<typeof body>,
  project: CallersProject,
  callerGone: AbortSignal,
  deps: AlertBacktestDeps,
  withSeries: boolean,
) {
  const { store, pool, queries, clock } = deps
  const rule = readRule(asked.rule)
  const pacing = await pacingOf(rule, project.id, asked.channel, deps)
  const nowUs = clock.nowUs()
  const zone = timeZone(project.timeZone)
  const startUs = parseTimeAround(asked.start_time, nowUs, zone)
  const endUs = parseTimeAround(asked.end_time, nowUs, zone)
  if (startUs === null || endUs === null || startUs >= endUs) {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', 'start_time is no time before end_time')
  }
  const isMetrics = isMetricRule(rule)
  const pointUs = withSeries ? pointWidth(endUs - startUs) : null
  const result = await queries.run(project.id, callerGone, signal =>
    backtest(
      { rule, isMetrics, startUs, endUs, pointUs },
      {
        pool,
        rowsOf: ruleRows(rule, { project, nowUs, store, signal }),
      },
    ),
  )
  const { changes, rows, late, leftOut } = result
  const warm = result.warmUp
  const told = {
    start_time: formatTime(startUs),
    end_time: formatTime(result.endUs),
    rows,
    late,
    left_out: leftOut,
    warm_up: warm === null ? null : toldWarmUp(warm),
    firings: changes.filter(({ to }) => to === 'firing').length,
    notifications: pacing === null ? 0 : messagesOf(rule, result, pacing),
    changes: changes.slice(0, CHANGES_TOLD_MAX).map(change => ({
      at: formatTime(change.atUs),
      group: groupOf(rule, change.key),
      from: change.from,
      to: change.to,
      value: change.value,
      window_end: formatTime(change.windowEndUs),
    })),
  }
  return withSeries ? { ...told, series: seriesOf(rule, result.points) } : told
}

/** null = the channel does not hear of the rule. */
async function pacingOf(
  rule: AlertRule,
  projectId: string,
  channelId: string | undefined,
  { alertChannels }: AlertBacktestDeps,
): Promise<ChannelPacing | null> {
  if (channelId === undefined) return PACING_DEFAULTS
  const channel = await alertChannels.find(projectId, channelId)
  if (channel === null) {
    throw new HttpProblem('LOGBOY_NOT_FOUND', `the project has no channel ${channelId}`)
  }
  return hearsOf(channel, rule) ? channel.pacing : null
}

function messagesOf(
  rule: AlertRule,
  { changes, endUs }: BacktestResult,
  pacing: ChannelPacing,
): number {
  const counted = changes.map(change => ({
    ...change,
    ruleId: '',
    about: alertAbout(rule, change.key),
  }))
  return countMessages(counted, pacing, endUs)
}

function seriesOf(rule: AlertRule, points: readonly ReplayPoint[]) {
  const byKey = new Map<string, ReturnType<typeof toldPoint>[]>()
  for (const point of points) {
    const own = byKey.get(point.key) ?? []
    byKey.set(point.key, own)
    own.push(toldPoint(point))
  }
  return [...byKey].map(([key, own]) => ({ group: groupOf(rule, key), points: own }))
}

function toldPoint({ windowEndUs, value, anomaly }: ReplayPoint) {
  const point = { time: formatTime(windowEndUs), value }
  if (anomaly === null) return point
  const { measured, usual, spread } = anomaly
  return { ...point, measured, ...(usual.isKnown ? { usual: usual.median, spread } : {}) }
}

/** Whole seconds, so that about POINTS are told. */
function pointWidth(spanUs: number): number {
  return Math.max(1, Math.ceil(spanUs / POINTS / SECOND_US)) * SECOND_US
}
