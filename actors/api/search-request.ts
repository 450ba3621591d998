/** What a search asks for: JSON as people send it → a checked plan in numbers. */
import { z } from 'zod/v4'
import { HttpProblem } from '#actors/http/problem.ts'
import { ANY_TIME, type RowFilter } from '#actors/processing/matcher.ts'
import type { SearchPlanInput } from '#actors/store/store.ts'
import { LEVELS, SEARCH_PARTS } from '#proto/api.ts'
import { SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX, SEARCH_OFFSET_MAX } from '#proto/limits.ts'
import { isTableStage, type Search, type Stage } from '#proto/query/analysis.ts'
import type { QueryFault } from '#proto/query/fault.ts'
import { fixTimes, hoistTimes } from '#proto/query/times.ts'
import type { Query } from '#proto/query/tree.ts'
import { parseQuery, parseSearch } from '#proto/query.ts'
import { parseDuration, parseTimeAround } from '#proto/time.ts'
import { timeZone } from '#proto/time-zone.ts'
import type { CallersProject } from './caller.ts'
import { openPage } from './page-cursor.ts'

const NAMES_MAX = 100
/** Kafka's cursors name a position for each partition. */
const CURSOR_CHARS_MAX = 16_384
export const time = z.union([z.string(), z.number()])
const names = z.array(z.string().max(1_024)).max(NAMES_MAX).default([])
const level = z.string().refine(text => LEVELS.some(known => known === text.toUpperCase()), {
  error: issue => `unknown level ${String(issue.input)}, expected some of ${LEVELS.join(', ')}`,
})

/** Which rows are meant: what every question about logs begins with. */
export const filterBody = z.strictObject({
  query: z.string().default('').describe('the query language; empty = everything'),
  services: names.describe('all unless given'),
  levels: z.array(level).max(LEVELS.length).default([]).describe('in any case; all unless given'),
  start_time: time.optional().describe('event time: RFC 3339, an epoch, or now-15m'),
  end_time: time.optional().describe('not included'),
  ingested_start: time.optional().describe('the same in time of receipt'),
  ingested_end: time.optional(),
  project: z.string().optional().describe('needed with a session; a key knows its own'),
})

export type FilterBody = z.output<typeof filterBody>

const interval = z
  .union([z.string(), z.number()])
  .optional()
  .describe('width of a bar, 60 or 1m; about 60 bars unless given')

export const histogramBody = filterBody.extend({ interval })

export const searchBody = filterBody.extend({
  limit: z.number().int().min(0).max(SEARCH_LIMIT_MAX).default(SEARCH_LIMIT_DEFAULT),
  offset: z.number().int().min(0).max(SEARCH_OFFSET_MAX).default(0),
  cursor: z.string().max(CURSOR_CHARS_MAX).optional().describe('next_cursor of the page before'),
  order: z.enum(['desc', 'asc']).default('desc').describe('newest first, or oldest'),
  include: z
    .array(z.enum(SEARCH_PARTS))
    .default([...SEARCH_PARTS])
    .describe('what to compute'),
  interval,
  aggregate: z
    .strictObject({
      fn: z.enum(['count', 'p50', 'p95', 'p99', 'avg', 'min', 'max']),
      field: z.string().min(1).max(1_024).optional(),
      by: z.string().min(1).max(1_024).optional(),
    })
    .refine(({ fn, field }) => fn === 'count' || field !== undefined, {
      error: 'a field is needed for everything but count',
    })
    .optional(),
})

export type SearchBody = z.output<typeof searchBody>

/** Bars that a histogram aims at where no interval is given. */
const BARS_WANTED = 60
const BARS_MAX = 20_000
const DAY_US = 86_400_000_000
const SECOND_US = 1_000_000
/** Widths that people read easily, in seconds. */
const NICE_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
  604_800, 2_592_000, 31_536_000,
] as const

export interface SearchPlan {
  readonly input: SearchPlanInput
  /** What stands behind the bars of the query. */
  readonly stages: readonly Stage[]
}

/** Turns the body into what the store takes; throws a 400 that names what is wrong. */
export function planSearch(body: SearchBody, project: CallersProject, nowUs: number): SearchPlan {
  const parsed = parseSearch(body.query)
  const search = parsed.type === 'search' ? parsed.search : refuseQuery(parsed.fault)
  if (search.stages.some(isTableStage)) demandNoPage(body)
  return { input: planInput(search, body, { project, nowUs }), stages: search.stages }
}

/** A table is whole: it has no pages and nothing beside it. */
function demandNoPage({ cursor, offset, aggregate }: SearchBody): void {
  if (cursor === undefined && offset === 0 && aggregate === undefined) return
  const detail = 'a query with stages behind a | takes neither cursor, offset nor aggregate'
  throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
}

type BoundName = 'start_time' | 'end_time' | 'ingested_start' | 'ingested_end'

function planInput(
  search: Search,
  body: SearchBody,
  { project, nowUs }: { readonly project: CallersProject; readonly nowUs: number },
): SearchPlanInput {
  const pageStages = search.stages.some(isTableStage) ? [] : search.stages
  const zone = timeZone(project.timeZone)
  const clock = { nowUs, timeZone: project.timeZone }
  const at = (value: string | number | undefined, name: string, otherwise: number): number =>
    instantUs(value, name, clock) ?? otherwise
  const span = (start: BoundName, end: BoundName): readonly [startUs: number, endUs: number] => {
    const startUs = at(body[start], start, 0)
    const endUs = at(body[end], end, Number.MAX_SAFE_INTEGER)
    if (startUs <= endUs) return [startUs, endUs]
    const detail = `${start}: ${body[start]} lies behind ${end}: ${body[end]}`
    throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
  }
  const [startUs, endUs] = span('start_time', 'end_time')
  const [ingestedStartUs, ingestedEndUs] = span('ingested_start', 'ingested_end')
  if (body.cursor !== undefined && body.offset > 0) {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', 'give an offset or a cursor, not both')
  }
  return hoistTimes({
    projectId: project.id,
    query: fixTimes(search.query, nowUs, zone),
    services: body.services,
    levels: body.levels.map(name => name.toUpperCase()),
    startUs,
    endUs,
    ingestedStartUs,
    ingestedEndUs,
    limit: pageLimit(pageStages, body.limit),
    offset: body.offset,
    cursor: body.cursor === undefined ? null : openPage(body.cursor, body, project.id),
    order: body.order,
    include: new Set(body.include),
    fields: pageStages.findLast(stage => stage.type === 'fields')?.fields ?? null,
    intervalUs: intervalOf(body.interval, startUs, Math.min(endUs, nowUs)),
  })
}

/** A time as people write it; undefined = none was given. */
export function instantUs(
  value: string | number | undefined,
  name: string,
  at: { readonly nowUs: number; readonly timeZone: string },
): number | undefined {
  if (value === undefined) return undefined
  const parsed = parseTimeAround(value, at.nowUs, timeZone(at.timeZone))
  if (parsed !== null) return parsed
  const detail = `${name}: ${JSON.stringify(value)} is no time; use RFC 3339, an epoch, or now-15m`
  throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
}

/** `limit` in a query is the whole page, whatever else is asked for. */
function pageLimit(stages: readonly Stage[], limit: number): number {
  const limits = stages.flatMap(stage => (stage.type === 'limit' ? [stage.count] : []))
  return limits.length === 0 ? limit : Math.min(...limits)
}

/** A plan for what is asked about rows, not for the rows themselves. */
export function planQuestion(
  body: FilterBody & Partial<SearchBody>,
  project: CallersProject,
  nowUs: number,
): SearchPlanInput {
  const search = { query: queryOf(body.query), stages: [] }
  const asked: SearchBody = { limit: 0, offset: 0, order: 'desc', include: [], ...body }
  return planInput(search, asked, { project, nowUs })
}

/** Conditions alone, or a 400 that tells what cannot be read and where. */
function queryOf(text: string): Query {
  const parsed = parseQuery(text)
  return parsed.type === 'query' ? parsed.query : refuseQuery(parsed.fault)
}

function refuseQuery({ message, ...members }: QueryFault): never {
  const { position, expected, suggestion } = members
  const hint = suggestion === null || suggestion === '' ? '' : `; did you mean ${suggestion}`
  const detail = `query, position ${position}: ${message}; expected ${expected}${hint}`
  throw new HttpProblem('LOGBOY_BAD_QUERY', detail, { members })
}

/** What a live tail is asked for; its times mean the moment of asking. */
export function tailFilter(
  asked: Pick<SearchBody, 'query' | 'services' | 'levels'>,
  project: CallersProject,
  nowUs: number,
): RowFilter {
  const query = fixTimes(queryOf(asked.query), nowUs, timeZone(project.timeZone))
  return hoistTimes({ query, services: asked.services, levels: asked.levels, ...ANY_TIME })
}

/** Levels as they come in a URL: with commas, in any case. */
export function levelsOf(text: string | null): string[] {
  const levels = (text ?? '').split(',').filter(part => part !== '')
  const result = z.array(level).safeParse(levels)
  if (!result.success) {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', result.error.issues[0]?.message ?? 'unknown level')
  }
  return levels.map(name => name.toUpperCase())
}

/** Microseconds per bar: as asked for, or the narrowest nice width with about 60 bars. */
export function intervalOf(
  asked: string | number | undefined,
  startUs: number,
  endUs: number,
): number {
  const spanUs = Math.max(
    SECOND_US,
    endUs - Math.max(startUs, startUs === 0 ? endUs - DAY_US : startUs),
  )
  if (asked !== undefined) {
    const seconds = parseDuration(asked)
    if (seconds === null || seconds < 1) {
      throw new HttpProblem('LOGBOY_BAD_REQUEST', `interval: ${asked} is no width such as 60 or 1m`)
    }
    if (spanUs / (seconds * SECOND_US) > BARS_MAX) {
      throw new HttpProblem(
        'LOGBOY_BAD_REQUEST',
        `interval: more than ${BARS_MAX} bars in this range`,
      )
    }
    return Math.round(seconds) * SECOND_US
  }
  const wanted = spanUs / BARS_WANTED / SECOND_US
  const nice = NICE_SECONDS.find(seconds => seconds >= wanted)
  return (nice ?? NICE_SECONDS[NICE_SECONDS.length - 1] ?? 1) * SECOND_US
}
