/** One analysis: groups page by page, put into the same table as the embedded store makes. */
import type { Measure } from '#proto/query/analysis.ts'
import { groupingStage } from '../analysis/grouping-stage.ts'
import { type GroupsWanted, groupsWanted } from '../analysis/groups-wanted.ts'
import { measuresOf } from '../analysis/measured.ts'
import { bothDone } from '../lanes.ts'
import type { HeldMemory } from '../query-memory.ts'
import type { AnalysisInput, AnalysisResult } from '../store.ts'
import { StoreError } from '../store-error.ts'
import {
  Asking,
  asking,
  type HoldingTools,
  NO_ROWS,
  type Question,
  type Scope,
  type TypedQuestion,
} from './asking.ts'
import { askCellQuantiles } from './cell-quantiles.ts'
import { GroupSum } from './group-sum.ts'
import type { AskRows, QuantileLimits } from './quantiles-asked.ts'
import type { Clause } from './query/clause.ts'
import { attributesOf, type GroupFields, groupFields, twinClauses } from './query/group-fields.ts'
import {
  type AskedOfGroups,
  differentNumbers,
  GROUPS_OF_PAGE,
  type GroupPage,
  groupQuestion,
  readGroups,
} from './query/group-pages.ts'
import type { SearchAnswer } from './tasks/read-answer.ts'
import { askWindowQuantiles } from './window-quantiles.ts'

export async function analyseElastic(
  input: AnalysisInput,
  tools: HoldingTools,
): Promise<AnalysisResult> {
  return await asking(() => new Analysis(input, tools).run())
}

/** The rows that match, and the fields in which what is wanted of them stands. */
interface Matching {
  readonly scope: Scope
  readonly question: Question
  readonly fields: GroupFields
}

class Analysis {
  readonly #input: AnalysisInput
  readonly #asking: Asking
  readonly #limits: QuantileLimits
  readonly #wanted: GroupsWanted
  readonly #memory: HeldMemory
  readonly #measures: readonly Measure[]
  #shards = 0
  #pages = 0

  constructor(input: AnalysisInput, tools: HoldingTools) {
    this.#input = input
    this.#asking = new Asking(input, tools)
    this.#limits = tools.quantileLimits
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
    const typed = await this.#asking.question(scope, attributesOf(this.#wanted))
    const { rows, fields } = await this.#look(scope, typed)
    const matching = { scope, question: typed.question, fields }
    const sum = new GroupSum(this.#input.stages, this.#wanted, this.#memory)
    if (this.#wanted.numbers.some(({ isEach }) => isEach)) {
      const page = await this.#quantiles(matching, rows)
      if (page !== null) {
        sum.add(readGroups(page, this.#wanted, this.#measures))
        return sum
      }
      await this.#demandFew(matching)
    }
    for (let after: unknown = null; ; ) {
      const asked = { type: 'measures', quantiles: 'script' } as const
      const page = await this.#page(matching, this.#wanted, asked, after)
      sum.add(readGroups(page, this.#wanted, this.#measures))
      if (page.buckets.length < GROUPS_OF_PAGE || page.after_key === undefined) return sum
      after = page.after_key
    }
  }

  /** How many rows match, and which columns hold all that they have of an attribute. */
  async #look(
    scope: Scope,
    { question, types }: TypedQuestion,
  ): Promise<{ readonly rows: number; readonly fields: GroupFields }> {
    const filters = twinClauses(this.#wanted, types)
    const names = Object.keys(filters)
    const isEach = this.#wanted.numbers.some(({ isEach: is }) => is)
    if (names.length === 0 && !isEach) {
      return { rows: 0, fields: groupFields(this.#wanted, new Set()) }
    }
    const aggs = names.length === 0 ? {} : { twins: { filters: { filters } } }
    const { total, aggregations } = await this.#ask(scope, question, {
      aggs,
      track_total_hits: isEach,
    })
    const { twins } = aggregations as { readonly twins?: TwinsAnswer }
    const inColumns = names.filter(name => twins?.buckets[name]?.doc_count === 0)
    return { rows: total ?? 0, fields: groupFields(this.#wanted, new Set(inColumns)) }
  }

  async #quantiles({ scope, question, fields }: Matching, rows: number): Promise<GroupPage | null> {
    const countRows = async (clause: Clause): Promise<number> => {
      const body = { track_total_hits: true }
      const { total } = await this.#ask(scope, question, body, { clauses: [clause] })
      return total ?? 0
    }
    const ask: AskRows = async (aggs, runtimeMappings, clauses = []) => {
      const body = { aggs, track_total_hits: false }
      const more = { runtimeMappings, clauses }
      const { aggregations } = await this.#ask(scope, question, body, more)
      return aggregations as Readonly<Record<string, unknown>>
    }
    const asked = {
      wanted: this.#wanted,
      measures: this.#measures,
      fields,
      rows,
      countRows,
      limits: this.#limits,
      memory: this.#memory,
    }
    return (await askWindowQuantiles(asked, ask)) ?? (await askCellQuantiles(asked, ask))
  }

  /** The script has to hold the different numbers of which a quantile is made. */
  async #demandFew(matching: Matching): Promise<void> {
    const whole = { ...this.#wanted, barUs: null, by: [] }
    const counted = await this.#page(matching, whole, { type: 'different-numbers' }, null)
    const numbers = differentNumbers(counted, whole)
    const { scriptNumbersMax } = this.#limits
    if (numbers <= scriptNumbersMax) return
    const message =
      `exact percentiles of about ${numbers} different numbers in so many groups are too much for ` +
      `Elasticsearch, which has to hold them all: at most ${scriptNumbersMax}; ` +
      'ask about less time, fewer logs or fewer groups, or for avg, min, max and sum'
    throw new StoreError('LOGBOY_QUERY_TOO_DEAR', message)
  }

  async #page(
    { scope, question, fields }: Matching,
    wanted: GroupsWanted,
    asked: AskedOfGroups,
    after: unknown,
  ): Promise<GroupPage> {
    const { runtimeMappings, page } = groupQuestion(wanted, this.#measures, fields, asked)
    const body = { aggs: { groups: page(after) }, track_total_hits: false }
    const { aggregations } = await this.#ask(scope, question, body, { runtimeMappings })
    return aggregations.groups ?? { buckets: [] }
  }

  async #ask(
    { indices }: Scope,
    { query, runtime_mappings }: Question,
    body: Readonly<Record<string, unknown>>,
    {
      runtimeMappings = {},
      clauses = [],
    }: {
      readonly runtimeMappings?: Readonly<Record<string, unknown>>
      readonly clauses?: readonly Clause[]
    } = {},
  ): Promise<SearchAnswer> {
    this.#pages++
    const answer = await this.#asking.search(indices, NO_ROWS, {
      query: clauses.length === 0 ? query : { bool: { filter: [query, ...clauses] } },
      runtime_mappings: { ...runtime_mappings, ...runtimeMappings },
      size: 0,
      ...body,
    })
    this.#shards = answer.shards
    return answer
  }
}

interface TwinsAnswer {
  readonly buckets: Readonly<Record<string, { readonly doc_count: number }>>
}
