/**
 * The wordings of one project that are known, and what patterns they make. Bounded: of very many
 * wordings those with the smallest ids are kept, which does not depend on the order in which they
 * came; the others stand for themselves.
 */
import type { PatternGroup } from '#actors/processing/patterns/merge.ts'
import { PatternGroups } from '#actors/processing/patterns/pattern-groups.ts'
import type { Template } from '#actors/processing/patterns/template.ts'
import type { TaskPool } from '#runtime/threads.ts'

/** More wordings than this are not compared with each other. */
export const WORDINGS_MAX = 4_096

/** Templates by their ids, as they cross threads. */
export type Wordings = ReadonlyMap<number, Template>

export class KnownWordings {
  #templates = new Map<number, Template>()
  #groups: Promise<PatternGroups> | null = null

  /** Ids that need no template any more. */
  known(): KnownIds {
    return {
      ids: Float64Array.from(this.#templates.keys()),
      largest: this.#isFull() ? Math.max(...this.#templates.keys()) : Number.MAX_SAFE_INTEGER,
    }
  }

  learn(wordings: Wordings): void {
    const { size } = this.#templates
    for (const [id, template] of wordings) {
      if (this.#templates.has(id)) continue
      this.#templates.set(id, template)
      this.#groups = null
    }
    if (this.#templates.size <= WORDINGS_MAX || this.#templates.size === size) return
    const sorted = [...this.#templates].sort(([a], [b]) => a - b)
    this.#templates = new Map(sorted.slice(0, WORDINGS_MAX))
  }

  /** Made anew when something was learned. */
  groups(pool: TaskPool): Promise<PatternGroups> {
    this.#groups ??= this.#merge(pool)
    return this.#groups
  }

  async #merge(pool: TaskPool): Promise<PatternGroups> {
    try {
      return new PatternGroups(await pool.run<PatternGroup[]>('merge-wordings', this.#templates))
    } catch (error) {
      this.#groups = null
      throw error
    }
  }

  #isFull(): boolean {
    return this.#templates.size >= WORDINGS_MAX
  }
}

export interface KnownIds {
  readonly ids: Float64Array
  /** Larger ones are not wanted. */
  readonly largest: number
}

/**
 * Projects whose wordings are held, some hundred kilobytes each as a rule, 4,096 messages of 4 KiB
 * at worst; the one that was asked for the longest ago is forgotten.
 */
const PROJECTS_MAX = 64

export class ProjectWordings<Project> {
  readonly #projects = new Map<string, Project>()
  readonly #create: () => Project

  constructor(create: () => Project) {
    this.#create = create
  }

  entries(): Iterable<readonly [projectId: string, project: Project]> {
    return this.#projects
  }

  of(projectId: string): Project {
    const project = this.#projects.get(projectId) ?? this.#create()
    this.#projects.delete(projectId)
    this.#projects.set(projectId, project)
    const [oldest] = this.#projects.keys()
    if (this.#projects.size > PROJECTS_MAX && oldest !== undefined) this.#projects.delete(oldest)
    return project
  }
}
