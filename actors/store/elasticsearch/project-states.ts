/** What is hidden of each project, as this process knows it. */
import type { ProjectState, StoreState } from './store-state.ts'

const PROJECTS_MAX = 10_000

/**
 * For writers, who need not be exact: what they write although another process has hidden it stays
 * hidden. Searches ask the state itself.
 */
export class ProjectStates {
  readonly #state: StoreState
  readonly #known = new Map<string, ProjectState>()

  constructor(state: StoreState) {
    this.#state = state
  }

  async of(projectId: string): Promise<ProjectState> {
    const known = this.#known.get(projectId)
    if (known !== undefined) return known
    const found = await this.#state.project(projectId)
    if (this.#known.size >= PROJECTS_MAX) this.#known.clear()
    this.#known.set(projectId, found)
    return found
  }

  /** Asked anew at the next batch. */
  forget(projectId: string): void {
    this.#known.delete(projectId)
  }
}
