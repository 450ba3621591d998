/** One analysis: groups page by page, put into the same table as the embedded store makes. */
import type { Measure } from '#proto/query/analysis.ts'
import { groupingStage } from '../analysis/grouping-stage.ts'
import { type GroupsWanted, groupsWanted } from '../analysis/groups-wanted.ts'
import { measuresOf } from '../analysis/measured.ts'
import { bothDone } from '../lanes.ts'
import type { HeldMemory } from '../query-memory.ts'
import type { AnalysisInput, AnalysisResult } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { Asking, asking, type HoldingTools, NO_ROWS, type Question, type Scope } from './asking.ts'
import { GroupSum } from './group-sum.ts'
import {
  GROUPS_OF_PAGE,
  type GroupPage,
  groupQuestion,
  numbersIn,
  readGroups,
} from './query/group-pages.ts'

export async function analyseElastic(
  input: AnalysisInput,
  tools: HoldingTools,
): Promise<AnalysisResult> {
  return await asking(() => new Analysis(input, tools).run())
}

class Analysis {
  readonly #input: AnalysisInput
  readonly #asking: Asking
  readonly #numbersMax: number
  readonly #wanted: GroupsWanted
  readonly #memory: HeldMemory
  readonly #measures: readonly Measure[]
  #shards = 0
  #pages = 0

  constructor(input: AnalysisInput, tools: HoldingTools) {
    this.#input = input
    this.#asking = new Asking(input, tools)
    this.#numbersMax = tools.quantileNumbersMax
    const stage = groupingStage(input.stages)
    this.#memory = tools.memory
    const { perQueryBytes: bytesMax } = tools.memory.limits
    this.#wanted = groupsWanted(stage, { intervalUs: input.intervalUs, bytesMax })
    this.#measures = measuresOf(stage)
  }

  async run(): Promise<AnalysisResult> {
    const scope = await this.#asking.scope(null)
    const { indices, positions } = scope
    const nothing = new GroupSum(this.#input.stages, this.#wanted, this.#memory)
    const [sum, receivedAtUs] =
      indices.length === 0 ? [nothing, 0] : await bothDone(this.#groups(scope), scope.newestUs())
    return {
      total: sum.total,
      table: sum.table(this.#input.rowsMax),
      positions,
      receivedAtUs,
      explain: { indices: indices.length, shards: this.#shards, pages: this.#pages },
    }
  }

  async #groups(scope: Scope): Promise<GroupSum> {
    const question = await this.#asking.question(scope)
    if (this.#wanted.numbers.some(({ isEach }) => isEach)) await this.#demandFew(scope, question)
    const asked = groupQuestion(this.#wanted, this.#measures, false)
    const sum = new GroupSum(this.#input.stages, this.#wanted, this.#memory)
    for (let after: unknown = null; ; ) {
      const page = await this.#page(scope, question, {
        runtimeMappings: asked.runtimeMappings,
        groups: asked.page(after),
      })
      sum.add(readGroups(page, this.#wanted, this.#measures))
      if (page.buckets.length < GROUPS_OF_PAGE || page.after_key === undefined) return sum
      after = page.after_key
    }
  }

  /** Elasticsearch has to hold the different numbers of which a quantile is made. */
  async #demandFew(scope: Scope, question: Question): Promise<void> {
    const whole = { ...this.#wanted, barUs: null, by: [] }
    const { runtimeMappings, page } = groupQuestion(whole, [], true)
    const counted = await this.#page(scope, question, { runtimeMappings, groups: page(null) })
    const numbers = numbersIn(counted, whole)
    if (numbers <= this.#numbersMax) return
    const message =
      `exact percentiles of about ${numbers} different numbers are too much for Elasticsearch, ` +
      `which has to hold them all: at most ${this.#numbersMax}; ` +
      'ask about less time or fewer logs, or for avg, min, max and sum'
    throw new StoreError('LOGBOY_QUERY_TOO_DEAR', message)
  }

  async #page(
    { indices }: Scope,
    { query, runtime_mappings }: Question,
    asked: {
      readonly runtimeMappings: Readonly<Record<string, unknown>>
      readonly groups: Readonly<Record<string, unknown>>
    },
  ): Promise<GroupPage> {
    this.#pages++
    const { aggregations, shards } = await this.#asking.search(indices, NO_ROWS, {
      query,
      runtime_mappings: { ...runtime_mappings, ...asked.runtimeMappings },
      aggs: { groups: asked.groups },
      size: 0,
      track_total_hits: false,
    })
    this.#shards = shards
    return aggregations.groups ?? { buckets: [] }
  }
}
