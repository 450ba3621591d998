/** Searches made from a seed over the vocabulary of random-logs.ts. */
import { LEVELS, SEARCH_PARTS } from '#proto/api.ts'
import type { Random } from '#runtime/random.ts'
import type { AnalysisInput, SearchPlanInput } from '../store.ts'
import { randomStages } from './random-analyses.ts'
import { type LogRange, SERVICES } from './random-logs.ts'
import { randomQuery } from './random-queries.ts'

const MINUTE_US = 60_000_000

/** A search for everything of a project; tests change what they ask. */
export function searchAll(
  projectId: string,
  change: Partial<SearchPlanInput> = {},
): SearchPlanInput {
  return {
    projectId,
    query: { terms: [] },
    services: [],
    levels: [],
    startUs: 0,
    endUs: Number.MAX_SAFE_INTEGER,
    ingestedStartUs: 0,
    ingestedEndUs: Number.MAX_SAFE_INTEGER,
    limit: 100,
    offset: 0,
    cursor: null,
    order: 'desc',
    include: new Set(SEARCH_PARTS),
    fields: null,
    intervalUs: MINUTE_US,
    ...change,
  }
}

export interface SearchRanges {
  readonly projectIds: readonly string[]
  readonly event: LogRange
  readonly received: LogRange
}

export function randomSearch(random: Random, ranges: SearchRanges): SearchPlanInput {
  const { projectIds, event, received } = ranges
  const pick = <Value>(values: readonly Value[]): Value =>
    values[random.below(values.length)] as Value
  const oneIn = (n: number): boolean => random.below(n) === 0
  const [startUs, endUs] = oneIn(2) ? [0, Number.MAX_SAFE_INTEGER] : randomRange(random, event)
  const [ingestedStartUs, ingestedEndUs] = oneIn(3)
    ? randomRange(random, received)
    : [0, Number.MAX_SAFE_INTEGER]
  return {
    projectId: pick(projectIds),
    query: randomQuery(random, event),
    services: oneIn(4) ? [pick(SERVICES).toUpperCase(), pick(SERVICES)] : [],
    levels: oneIn(4) ? [pick(LEVELS), pick(LEVELS)] : [],
    startUs,
    endUs,
    ingestedStartUs,
    ingestedEndUs,
    limit: pick([1, 3, 10, 1_000]),
    offset: oneIn(4) ? random.below(20) : 0,
    cursor: null,
    order: oneIn(3) ? 'asc' : 'desc',
    include: new Set(oneIn(3) ? SEARCH_PARTS.filter(() => oneIn(2)) : SEARCH_PARTS),
    fields: null,
    intervalUs: pick([1_000_000, MINUTE_US, 5 * MINUTE_US, 90_000_000]),
  }
}

/** The same rows, grouped and measured. */
export function randomAnalysis(random: Random, ranges: SearchRanges): AnalysisInput {
  return analysisOf(randomSearch(random, ranges), randomStages(random))
}

export function analysisOf(
  search: SearchPlanInput,
  stages: AnalysisInput['stages'],
): AnalysisInput {
  const { projectId, query, services, levels, startUs, endUs } = search
  const { ingestedStartUs, ingestedEndUs, intervalUs } = search
  const rows = {
    projectId,
    query,
    services,
    levels,
    startUs,
    endUs,
    ingestedStartUs,
    ingestedEndUs,
  }
  return { ...rows, stages, intervalUs }
}

/** Bounds on whole minutes, where logs are, and anywhere. */
function randomRange(random: Random, { fromUs, toUs }: LogRange): [number, number] {
  const bound = (): number => {
    const us = fromUs + Math.floor(random.unit() * (toUs - fromUs))
    return random.below(2) === 0 ? us - (us % MINUTE_US) : us
  }
  const [a, b] = [bound(), bound()]
  return [Math.min(a, b), Math.max(a, b)]
}
