/**
 * Patterns in Elasticsearch: wordings are counted by their ids, and those of the largest patterns
 * are then asked for bars and examples.
 */
import { ANY_TIME } from '#actors/processing/matcher.ts'
import type { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import { type Template, templateOf, templateOfText } from '#actors/processing/patterns/template.ts'
import { EVERYTHING } from '#proto/query/tree.ts'
import { parseTime } from '#proto/time.ts'
import type { Clock } from '#runtime/clock.ts'
import type { TaskPool } from '#runtime/threads.ts'
import { KnownWordings, ProjectWordings, WORDINGS_MAX } from '../known-wordings.ts'
import { bothDone } from '../lanes.ts'
import { type OpenSummary, summarizePatterns, withExamples } from '../pattern-summaries.ts'
import type { PatternsInput, PatternsResult, RowsAsked } from '../store.ts'
import { StoreError } from '../store-error.ts'
import { EXAMPLES_MAX, type WordingCount } from '../wording-counts.ts'
import { Asking, asking, NO_ROWS, type Scope, type SearchTools } from './asking.ts'
import { FIELDS } from './field-names.ts'
import type { Clause } from './query/clause.ts'
import { documentJson, type Hit, SOURCE_FIELDS } from './row-document.ts'

/** null = there is nothing to ask. */
type AskRows = (question: {
  readonly clauses: readonly Clause[]
  readonly aggs: Readonly<Record<string, unknown>>
}) => Promise<Readonly<Record<string, unknown>> | null>

export interface ElasticPatternsOptions {
  readonly pool: TaskPool
  readonly clock: Clock
  readonly toolsOf: (signal: AbortSignal) => SearchTools
  readonly onFault: (error: Error) => void
}

/** Wordings are asked for again after so long by searches, and at once by `patterns`. */
const FRESH_MS = 5_000
/** Ids whose messages are asked for at once. */
const TEMPLATES_ASKED = 512

class Known {
  readonly wordings = new KnownWordings()
  askedMs = Number.NEGATIVE_INFINITY
  asking: Promise<void> | null = null
}

export class ElasticPatterns {
  readonly #options: ElasticPatternsOptions
  readonly #projects = new ProjectWordings(() => new Known())
  readonly #closing = new AbortController()

  constructor(options: ElasticPatternsOptions) {
    this.#options = options
  }

  async groups(projectId: string, whole: boolean): Promise<PatternGroups> {
    const { pool, clock, onFault } = this.#options
    const known = this.#projects.of(projectId)
    // What is under way may have begun before the newest rows came, and may fail.
    if (whole) await Promise.allSettled([known.asking])
    const isFirst = known.askedMs === Number.NEGATIVE_INFINITY
    if (whole || clock.monotonicMs() - known.askedMs > FRESH_MS) {
      known.asking ??= this.#learn(projectId, known)
      if (whole || isFirst) await known.asking
      else {
        // What Elasticsearch cannot do, the search that asks meanwhile tells.
        known.asking.catch((error: unknown) => {
          if (error instanceof StoreError || this.#closing.signal.aborted) return
          onFault(error as Error)
        })
      }
    }
    return await known.wordings.groups(pool)
  }

  close(): void {
    this.#closing.abort()
  }

  async #learn(projectId: string, known: Known): Promise<void> {
    try {
      const tools = this.#options.toolsOf(this.#closing.signal)
      const ask = await askRows({ ...EVERY_ROW, projectId }, tools)
      const { ids, largest } = known.wordings.known()
      const seen = new Set(ids)
      const fresh = (await wordingIds(ask)).filter(id => id <= largest && !seen.has(id))
      for (let at = 0; at < fresh.length; at += TEMPLATES_ASKED) {
        known.wordings.learn(await templatesOf(ask, fresh.slice(at, at + TEMPLATES_ASKED)))
      }
      known.askedMs = this.#options.clock.monotonicMs()
    } finally {
      known.asking = null
    }
  }
}

const EVERY_ROW = { query: EVERYTHING, services: [], levels: [], ...ANY_TIME } as const

/** Of the rows that match and may be seen. */
async function askRows(asked: RowsAsked, tools: SearchTools): Promise<AskRows> {
  const rows = new Asking(asked, tools)
  return await askScope(rows, await asking(() => rows.scope(null)))
}

/** Questions that are answered by aggregations alone. */
async function askScope(rows: Asking, scope: Scope): Promise<AskRows> {
  const { indices } = scope
  if (indices.length === 0) return async () => null
  const { question } = await asking(() => rows.question(scope))
  const { query, runtime_mappings } = question
  return ({ clauses, aggs }) =>
    asking(async () => {
      const { aggregations } = await rows.search(indices, NO_ROWS, {
        query: { bool: { filter: [query, ...clauses] } },
        runtime_mappings,
        aggs,
        size: 0,
        track_total_hits: false,
      })
      return aggregations as Readonly<Record<string, unknown>>
    })
}

/** `groupsOf`: all that is stored; learnt while the wordings are counted, for both take a while. */
export async function elasticPatterns(
  input: PatternsInput,
  groupsOf: () => Promise<PatternGroups>,
  tools: SearchTools,
): Promise<PatternsResult> {
  const { limit, barUsOf, examples } = input
  const rows = new Asking(input, tools)
  const scope = await asking(() => rows.scope(null))
  const { indices, positions, newestUs } = scope
  const ask = await askScope(rows, scope)
  const [counts, groups] = await bothDone(countWordings(ask), groupsOf())
  const { patterns, ...numbers } = summarizePatterns(counts, groups, limit)
  const times = [...counts.values()]
  const barUs = barUsOf(
    times.reduce((first, { firstUs }) => Math.min(first, firstUs), Number.MAX_SAFE_INTEGER),
    times.reduce((last, { lastUs }) => Math.max(last, lastUs), 0),
  )
  const [details, receivedAtUs] = await bothDone(
    examples ? detailsOf(ask, patterns, barUs) : Promise.resolve([]),
    indices.length === 0 ? Promise.resolve(0) : asking(newestUs),
  )
  return {
    ...numbers,
    barUs,
    positions,
    receivedAtUs,
    explain: { indices: indices.length },
    patterns: patterns.map((pattern, i) => {
      const { bars, hits } = details[i] ?? { bars: [], hits: [] }
      const open = { ...pattern, summary: { ...pattern.summary, bars } }
      return withExamples(open, hits.map(documentJson), () => {
        return templateOfText(messageOf(hits[0]))
      })
    }),
  }
}

interface WordingBucket {
  readonly key: number
  readonly doc_count: number
  readonly first: { readonly value_as_string: string }
  readonly last: { readonly value_as_string: string }
}

const WORDINGS = {
  field: FIELDS.pattern,
  size: WORDINGS_MAX,
  shard_size: WORDINGS_MAX * 2,
} as const

async function wordingIds(ask: AskRows): Promise<number[]> {
  const answer = await ask({ clauses: [], aggs: { wordings: { terms: WORDINGS } } })
  if (answer === null) return []
  const { buckets } = answer['wordings'] as {
    readonly buckets: readonly { readonly key: number }[]
  }
  return buckets.map(({ key }) => key)
}

async function countWordings(ask: AskRows): Promise<Map<number, WordingCount>> {
  const time = { field: FIELDS.time, format: 'strict_date_optional_time_nanos' }
  const answer = await ask({
    clauses: [],
    aggs: {
      wordings: {
        terms: WORDINGS,
        aggs: { first: { min: time }, last: { max: time } },
      },
    },
  })
  if (answer === null) return new Map()
  const { buckets } = answer['wordings'] as { readonly buckets: readonly WordingBucket[] }
  return new Map(
    buckets.map(({ key, doc_count: count, first, last }) => {
      const [firstUs, lastUs] = [timeOf(first), timeOf(last)]
      return [
        key,
        {
          count,
          firstUs,
          lastUs,
          bars: new Map<number, number>(),
          examples: { unit: 0, rows: [] },
        },
      ]
    }),
  )
}

function timeOf({ value_as_string: text }: { readonly value_as_string: string }): number {
  return parseTime(text)?.timeUs ?? 0
}

/**
 * One message of each. Ids are picked by the aggregation: the column has no index, and a query for
 * 357 of them took 53 s over two million rows, where this takes 0.6.
 */
async function templatesOf(ask: AskRows, ids: readonly number[]): Promise<Map<number, Template>> {
  const answer = await ask({
    clauses: [],
    aggs: {
      wordings: {
        terms: { field: FIELDS.pattern, size: ids.length, include: ids },
        aggs: { rows: { top_hits: { size: 1, sort: ['_doc'], _source: [FIELDS.message] } } },
      },
    },
  })
  if (answer === null) return new Map()
  const { buckets } = answer['wordings'] as {
    readonly buckets: readonly { readonly key: number; readonly rows: TopHits }[]
  }
  return new Map(
    buckets.map(({ key, rows }) => {
      const bytes = Buffer.from(messageOf(rows.hits.hits[0]))
      return [key, templateOf(bytes, 0, bytes.length)]
    }),
  )
}

interface TopHits {
  readonly hits: { readonly hits: readonly Hit[] }
}

interface DetailBucket {
  readonly key: number
  readonly rows: TopHits
  readonly bars: {
    readonly buckets: readonly { readonly key: number; readonly doc_count: number }[]
  }
}

interface Detail {
  readonly bars: readonly (readonly [startUs: number, count: number])[]
  readonly hits: readonly Hit[]
}

async function detailsOf(
  ask: AskRows,
  patterns: readonly OpenSummary[],
  barUs: number,
): Promise<readonly Detail[]> {
  if (patterns.length === 0) return []
  const idsOf = ({ summary, group }: OpenSummary): number[] => [
    ...new Set([summary.id, ...(group?.members ?? [])]),
  ]
  const ids = patterns.flatMap(idsOf)
  const fixed_interval = `${Math.max(1, Math.round(barUs / 1_000))}ms`
  const answer = await ask({
    clauses: [],
    aggs: {
      wordings: {
        terms: { field: FIELDS.pattern, size: ids.length, include: ids },
        aggs: {
          bars: { date_histogram: { field: FIELDS.time, fixed_interval, min_doc_count: 1 } },
          rows: {
            top_hits: {
              size: EXAMPLES_MAX,
              // Any will do: to find the newest takes twice as long.
              sort: ['_doc'],
              _source: SOURCE_FIELDS,
            },
          },
        },
      },
    },
  })
  if (answer === null) return []
  const { buckets } = answer['wordings'] as { readonly buckets: readonly DetailBucket[] }
  const byId = new Map(buckets.map(bucket => [bucket.key, bucket]))
  return patterns.map(pattern => detailOf(idsOf(pattern).flatMap(id => byId.get(id) ?? [])))
}

/** Of all wordings of a pattern. */
function detailOf(wordings: readonly DetailBucket[]): Detail {
  const bars = new Map<number, number>()
  for (const { key, doc_count: count } of wordings.flatMap(({ bars: own }) => own.buckets)) {
    bars.set(key * 1_000, (bars.get(key * 1_000) ?? 0) + count)
  }
  return {
    bars: [...bars].sort(([a], [b]) => a - b),
    hits: wordings.flatMap(({ rows }) => rows.hits.hits).slice(0, EXAMPLES_MAX),
  }
}

function messageOf(hit: Hit | undefined): string {
  const message = hit?._source[FIELDS.message]
  return typeof message === 'string' ? message : ''
}
