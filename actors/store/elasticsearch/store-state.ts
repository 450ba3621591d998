/**
 * What writers and searches of all processes tell each other, in Elasticsearch itself: how far the
 * log is searchable, and what is hidden of a project. Two documents, read by id, so that nobody
 * waits for a refresh:
 *
 *   coverage           for each partition how far everything is written and visible to searches
 *   project-<id>       rows received before this are deleted; or: all of them are; or: what some
 *                      queries match is (deletions.ts)
 */
import { type Position, Positions } from '#actors/commit-log/positions.ts'
import type { ElasticServer } from './client.ts'
import { ElasticError } from './elastic-error.ts'
import type { IndexNames } from './index-names.ts'

/** How far searches see, and when the newest of that was received in each partition. */
export interface Coverage {
  readonly positions: Positions
  readonly receivedAtUs: ReadonlyMap<number, number>
}

export interface ProjectState {
  readonly isDropped: boolean
  /** Rows received before this are deleted. */
  readonly receivedFromUs: number
  /** Periods that ended before this were looked through for rows that are hidden. */
  readonly removedBeforeUs: number
  /** Notes of deletions.ts, as they were added. */
  readonly deletions: readonly string[]
}

const CONFLICT_RETRIES = 20
/** Only forward: a process that slept says nothing new, and nothing wrong. */
const ADVANCE = `boolean changed = false;
for (e in params.reached.entrySet()) {
  def known = ctx._source.reached[e.getKey()];
  if (known == null || known[0] < e.getValue()[0]) {
    ctx._source.reached[e.getKey()] = e.getValue();
    changed = true;
  }
}
if (!changed) ctx.op = 'none';`
const CHANGE_PROJECT = `if (params.dropped) ctx._source.dropped = true;
for (name in ['received_from_us', 'removed_before_us']) {
  if (ctx._source[name] < params[name]) ctx._source[name] = params[name];
}`

const ADD_DELETION = `if (ctx._source.deletions == null) ctx._source.deletions = [];
if (!ctx._source.deletions.contains(params.note)) ctx._source.deletions.add(params.note);`
const REMOVE_DELETION = `if (ctx._source.deletions != null)
  ctx._source.deletions.removeIf(each -> each.equals(params.note));`
const NEW_PROJECT = { dropped: false, received_from_us: 0, removed_before_us: 0 } as const

interface CoverageDocument {
  /** By partition. */
  readonly reached: Readonly<Record<string, readonly [position: Position, receivedAtUs: number]>>
}

interface ProjectDocument {
  readonly dropped?: boolean
  readonly received_from_us?: number
  readonly removed_before_us?: number
  readonly deletions?: readonly string[]
}

interface ManyAnswer {
  readonly docs: readonly { readonly found?: boolean; readonly _source?: unknown }[]
}

const COVERAGE = 'coverage'

export class StoreState {
  readonly #server: ElasticServer
  readonly #index: string

  constructor(server: ElasticServer, { state }: IndexNames) {
    this.#server = server
    this.#index = state
  }

  /** Makes the index if there is none. */
  async prepare(): Promise<void> {
    try {
      await this.#server.request({
        method: 'PUT',
        path: `/${this.#index}`,
        body: {
          settings: { 'index.number_of_shards': 1, 'index.auto_expand_replicas': '0-1' },
          mappings: { dynamic: false, enabled: false },
        },
      })
    } catch (error) {
      const isThere =
        error instanceof ElasticError && error.type === 'resource_already_exists_exception'
      if (!isThere) throw error
    }
  }

  /** The coverage first: what it covers was hidden, if at all, before the other was read. */
  async read(
    projectId: string,
    signal?: AbortSignal,
  ): Promise<{ readonly coverage: Coverage; readonly project: ProjectState }> {
    const [coverage, project] = await this.#many([COVERAGE, idOf(projectId)], signal)
    return { coverage: coverageOf(coverage), project: projectOf(project) }
  }

  async coverage(): Promise<Coverage> {
    const [coverage] = await this.#many([COVERAGE])
    return coverageOf(coverage)
  }

  async project(projectId: string): Promise<ProjectState> {
    const [project] = await this.#many([idOf(projectId)])
    return projectOf(project)
  }

  async projects(projectIds: readonly string[]): Promise<readonly ProjectState[]> {
    if (projectIds.length === 0) return []
    return (await this.#many(projectIds.map(idOf))).map(projectOf)
  }

  async advance({ positions, receivedAtUs }: Coverage): Promise<void> {
    const reached = Object.fromEntries(
      positions
        .pairs()
        .map(([partition, position]) => [partition, [position, receivedAtUs.get(partition) ?? 0]]),
    )
    await this.#update(COVERAGE, ADVANCE, { reached }, { reached })
  }

  /** Only forward: what is hidden stays hidden. */
  async change(projectId: string, change: Partial<Omit<ProjectState, 'deletions'>>): Promise<void> {
    const { isDropped = false, receivedFromUs = 0, removedBeforeUs = 0 } = change
    const document = {
      dropped: isDropped,
      received_from_us: receivedFromUs,
      removed_before_us: removedBeforeUs,
    }
    await this.#update(idOf(projectId), CHANGE_PROJECT, document, document)
  }

  async addDeletion(projectId: string, note: string): Promise<void> {
    const upsert = { ...NEW_PROJECT, deletions: [note] }
    await this.#update(idOf(projectId), ADD_DELETION, { note }, upsert)
  }

  async removeDeletion(projectId: string, note: string): Promise<void> {
    await this.#update(idOf(projectId), REMOVE_DELETION, { note }, NEW_PROJECT)
  }

  async #many(ids: readonly string[], signal?: AbortSignal): Promise<readonly unknown[]> {
    const { docs } = await this.#server.json<ManyAnswer>({
      method: 'POST',
      path: `/${this.#index}/_mget`,
      body: { ids },
      ...(signal === undefined ? {} : { signal }),
    })
    return docs.map(({ found, _source }) => (found === true ? _source : undefined))
  }

  async #update(
    id: string,
    source: string,
    params: Readonly<Record<string, unknown>>,
    upsert: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#server.request({
      method: 'POST',
      path: `/${this.#index}/_update/${id}`,
      query: { retry_on_conflict: CONFLICT_RETRIES },
      body: { script: { source, lang: 'painless', params }, upsert },
    })
  }
}

function idOf(projectId: string): string {
  return `project-${projectId}`
}

function coverageOf(document: unknown): Coverage {
  const reached = Object.entries((document as CoverageDocument | undefined)?.reached ?? {})
  return {
    positions: Positions.of(
      reached.map(([partition, [position]]) => [Number(partition), position]),
    ),
    receivedAtUs: new Map(reached.map(([partition, [, us]]) => [Number(partition), us])),
  }
}

function projectOf(document: unknown): ProjectState {
  const {
    dropped: isDropped = false,
    received_from_us: receivedFromUs = 0,
    removed_before_us: removedBeforeUs = 0,
    deletions = [],
  } = (document ?? {}) as ProjectDocument
  return { isDropped, receivedFromUs, removedBeforeUs, deletions }
}
