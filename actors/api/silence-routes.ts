/** Silences: for a time nobody is told of certain alerts of a project. */
import { z } from 'zod/v4'
import type { SilenceRefusal, Silences, StoredSilence } from '#actors/catalog/silences.ts'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { matchersFault } from '#actors/notifications/silencing.ts'
import {
  SILENCE_DAYS_MAX,
  SILENCE_LABEL_CHARS_MAX,
  SILENCE_MATCHERS_MAX,
  SILENCE_VALUE_CHARS_MAX,
  SILENCES_MAX,
} from '#proto/limits.ts'
import { SILENCE_OPERATORS, SILENCE_STATES, type Silence } from '#proto/silence.ts'
import { formatTime } from '#proto/time.ts'
import type { Clock, Random } from '#runtime/index.ts'
import { sortableId } from '#runtime/sortable-id.ts'
import { nameOfCaller } from './alert-rule-routes.ts'
import {
  answerOf,
  type EndpointDeps,
  endpoint,
  NO_CONTENT,
  projectInBody,
  projectQuery,
} from './endpoint.ts'
import { changedMeanwhile, versionRead } from './expected.ts'
import { instantUs, time as timeOf } from './search-request.ts'
import { time } from './shapes.ts'

export interface SilenceDeps extends EndpointDeps {
  readonly silences: Silences
  /** Whoever tells of alerts has something to look at. */
  readonly alertsChanged: () => void
  readonly clock: Clock
  readonly random: Random
}

const PATH = '/api/v1/silences'
const DAY_US = 86_400_000_000

const matcher = z.strictObject({
  label: z
    .string()
    .min(1)
    .max(SILENCE_LABEL_CHARS_MAX)
    .describe('`alertname`, `severity`, a label of the rule or a field of the group'),
  op: z.enum(SILENCE_OPERATORS).describe('`=~` and `!~`: an expression for the whole value'),
  value: z.string().max(SILENCE_VALUE_CHARS_MAX),
})
const wish = z.strictObject({
  project: projectInBody,
  matchers: z.array(matcher).min(1).max(SILENCE_MATCHERS_MAX).describe('an alert must fit all'),
  starts_at: timeOf.optional().describe('now unless given'),
  ends_at: timeOf.describe('`now+2h` is one'),
  comment: z.string().trim().max(1_000).default(''),
})
const changedWish = wish.extend({ version: versionRead })
const silence = z
  .strictObject({
    id: z.string(),
    matchers: z.array(matcher),
    starts_at: time,
    ends_at: time,
    comment: z.string(),
    created_by: z.string().describe('account id, `key <id>` or administrator'),
    created_at: time,
    state: z.enum(SILENCE_STATES),
    version: z.number().int().describe('rises with every change'),
  })
  .meta({ id: 'Silence', description: 'Nobody is told of what fits; see docs/alerts.md.' })

export function silenceRoutes(deps: SilenceDeps): Route[] {
  const { silences, clock, random } = deps
  const shared = { tag: 'alerts', who: 'member' } as const
  const changing = { ...shared, needs: 'alerts' } as const
  const ofSilence = { path: `${PATH}/:silence`, parts: { silence: 'id of the silence' } } as const
  const answers = { 200: answerOf('The silence.', silence) }
  const told = (stored: StoredSilence) => toldSilence(stored, clock.nowUs())
  const find = async (projectId: string, id: string): Promise<StoredSilence> => {
    const found = await silences.find(projectId, id)
    if (found === null) throw unknownSilence(id)
    return found
  }
  return [
    endpoint(deps, {
      ...shared,
      needs: 'logs.read',
      method: 'GET',
      path: PATH,
      summary: 'Silences of a project, ended ones last.',
      query: projectQuery,
      answers: {
        200: answerOf('Silences.', z.strictObject({ silences: z.array(silence) })),
      },
      handle: async ({ project: { id } }) =>
        json(200, { silences: (await silences.list(id, clock.nowUs())).map(told) }),
    }),
    endpoint(deps, {
      ...changing,
      method: 'POST',
      path: PATH,
      summary: 'Silences alerts: what still fires at its end is told then.',
      body: wish,
      answers: { 201: answerOf('The silence.', silence) },
      problems: ['LOGBOY_CONFLICT', 'LOGBOY_PROJECT_UNKNOWN'],
      async handle({ body, project, caller }) {
        const nowUs = clock.nowUs()
        const made: StoredSilence = {
          ...readWish(body, { nowUs, timeZone: project.timeZone }),
          id: sortableId(nowUs, random.bytes(6)),
          projectId: project.id,
          createdBy: nameOfCaller(caller),
          createdAtUs: nowUs,
          version: 1,
        }
        done(await silences.create(made), made.id)
        deps.alertsChanged()
        return json(201, told(made))
      },
    }),
    endpoint(deps, {
      ...shared,
      ...ofSilence,
      needs: 'logs.read',
      method: 'GET',
      summary: 'One silence.',
      query: projectQuery,
      answers,
      problems: ['LOGBOY_NOT_FOUND'],
      handle: async ({ project: { id }, part }) => json(200, told(await find(id, part('silence')))),
    }),
    endpoint(deps, {
      ...changing,
      ...ofSilence,
      method: 'PUT',
      summary: 'Changes a silence that has not ended.',
      body: changedWish,
      answers,
      problems: ['LOGBOY_NOT_FOUND', 'LOGBOY_CONFLICT'],
      async handle({ body, part, project }) {
        const nowUs = clock.nowUs()
        const before = await find(project.id, part('silence'))
        const changed = { ...before, ...readWish(body, { nowUs, timeZone: project.timeZone }) }
        done(await silences.update(changed, nowUs, body.version), before.id)
        deps.alertsChanged()
        return json(200, told(await find(project.id, before.id)))
      },
    }),
    endpoint(deps, {
      ...changing,
      ...ofSilence,
      method: 'DELETE',
      summary: 'Ends a silence; it stays in the list.',
      query: projectQuery,
      answers: { 204: NO_CONTENT },
      problems: ['LOGBOY_NOT_FOUND'],
      async handle({ part, project: { id } }) {
        if (!(await silences.end(id, part('silence'), clock.nowUs()))) {
          throw unknownSilence(part('silence'))
        }
        deps.alertsChanged()
        return { status: 204 }
      },
    }),
  ]
}

/** Throws 400 that names what is wrong with it. */
function readWish(
  body: z.output<typeof wish>,
  at: { readonly nowUs: number; readonly timeZone: string },
): Pick<StoredSilence, 'matchers' | 'startsAtUs' | 'endsAtUs' | 'comment'> {
  const { matchers, comment } = body
  const startsAtUs = instantUs(body.starts_at, 'starts_at', at) ?? at.nowUs
  const endsAtUs = instantUs(body.ends_at, 'ends_at', at) ?? at.nowUs
  const fault = matchersFault(matchers) ?? timesFault({ startsAtUs, endsAtUs, nowUs: at.nowUs })
  if (fault !== null) throw new HttpProblem('LOGBOY_BAD_REQUEST', fault)
  return { matchers, comment, startsAtUs, endsAtUs }
}

interface Times {
  readonly startsAtUs: number
  readonly endsAtUs: number
  readonly nowUs: number
}

function timesFault({ startsAtUs, endsAtUs, nowUs }: Times): string | null {
  if (endsAtUs <= startsAtUs) return 'ends_at: it is not after starts_at'
  if (endsAtUs <= nowUs) return 'ends_at: it is over; DELETE ends a silence'
  if (endsAtUs - Math.max(startsAtUs, nowUs) <= SILENCE_DAYS_MAX * DAY_US) return null
  return `ends_at: a silence lasts at most ${SILENCE_DAYS_MAX} days; disable the rule instead`
}

function toldSilence(stored: StoredSilence, nowUs: number): z.output<typeof silence> & Silence {
  const { id, matchers, comment, startsAtUs, endsAtUs } = stored
  const isBegun = startsAtUs <= nowUs
  return {
    id,
    matchers: [...matchers],
    starts_at: formatTime(startsAtUs, 0),
    ends_at: formatTime(endsAtUs, 0),
    comment,
    created_by: stored.createdBy,
    created_at: formatTime(stored.createdAtUs, 0),
    state: endsAtUs <= nowUs ? 'expired' : isBegun ? 'active' : 'pending',
    version: stored.version,
  }
}

function done(outcome: 'done' | SilenceRefusal, id: string): void {
  switch (outcome) {
    case 'done':
      return
    case 'too-many':
      throw new HttpProblem(
        'LOGBOY_CONFLICT',
        `a project has at most ${SILENCES_MAX} silences that have not ended`,
      )
    case 'ended':
      throw new HttpProblem('LOGBOY_CONFLICT', 'the silence has ended; make another one')
    case 'stale':
      throw changedMeanwhile('silence')
    case 'unknown-project':
      throw new HttpProblem('LOGBOY_PROJECT_UNKNOWN', 'the project is gone')
    case 'unknown':
      throw unknownSilence(id)
  }
}

function unknownSilence(id: string): HttpProblem {
  return new HttpProblem('LOGBOY_NOT_FOUND', `the project has no silence ${id}`)
}
