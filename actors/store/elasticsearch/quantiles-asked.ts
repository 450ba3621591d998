/** What is asked of groups whose quantiles are wanted, and the samples that tell where they are. */
import { ELASTIC_QUANTILE_NUMBERS_MAX } from '#proto/limits.ts'
import type { Measure } from '#proto/query/analysis.ts'
import type { GroupsWanted } from '../analysis/groups-wanted.ts'
import type { HeldMemory } from '../query-memory.ts'
import type { Clause } from './query/clause.ts'
import type { GroupFields } from './query/group-fields.ts'

export interface QuantilesAsked {
  readonly wanted: GroupsWanted
  readonly measures: readonly Measure[]
  readonly fields: GroupFields
  /** That match. */
  readonly rows: number
  /** Of which the clause holds, too. */
  readonly countRows: (clause: Clause) => Promise<number>
  readonly limits: QuantileLimits
  readonly memory: HeldMemory
}

export interface QuantileLimits {
  /** Rows that make the bounds of cells; of fewer all numbers are read. */
  readonly sampleRows: number
  /** Of one field; fewer where there are many groups. */
  readonly cellsMax: number
  /** Rows that make the bounds of windows. */
  readonly windowSampleRows: number
  /** Groups for each of which there are windows. */
  readonly windowGroupsMax: number
  /** Rows whose numbers are read in the end. */
  readonly readRowsMax: number
  /** Different numbers that a script may hold. */
  readonly scriptNumbersMax: number
}

export const QUANTILE_LIMITS: QuantileLimits = {
  sampleRows: 10_000,
  cellsMax: 1_024,
  windowSampleRows: 100_000,
  windowGroupsMax: 64,
  readRowsMax: 400_000,
  scriptNumbersMax: ELASTIC_QUANTILE_NUMBERS_MAX,
}

type Aggregations = Readonly<Record<string, unknown>>

/** Asks for aggregations of the rows that match, and of which the clauses hold. */
export type AskRows = (
  aggs: Aggregations,
  runtimeMappings: Readonly<Record<string, unknown>>,
  clauses?: readonly Clause[],
) => Promise<Aggregations>

/** The server's limit on a sample that is none. */
const PROBABILITY_MAX = 0.5
const SEED = 1

/** With which each row is in a sample of so many; null = they are too few for one. */
export function probabilityOf(sampleRows: number, rows: number): number | null {
  const probability = sampleRows / rows
  return probability > PROBABILITY_MAX ? null : probability
}

/** The same aggregations of a sample, under the name `sample`. */
export function ofSample(probability: number, aggs: Aggregations): Aggregations {
  return { sample: { random_sampler: { probability, seed: SEED }, aggs } }
}
