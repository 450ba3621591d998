/** What rules said, in memory, as the catalog takes it: under a fence, in order, nothing twice. */
import type { NewStateChange } from '#actors/catalog/alert-states.ts'

export class MemoryStates {
  /** In the order in which they were told. */
  readonly told: NewStateChange[] = []
  known = 0
  fenced = 0
  readonly #last = new Map<string, NewStateChange>()
  readonly #fenceOf: (projectId: string) => number

  constructor(fenceOf: (projectId: string) => number) {
    this.#fenceOf = fenceOf
  }

  record(change: NewStateChange, fence: number): 'told' | 'known' | 'fenced' {
    const { projectId, ruleId, key, to, windowEndUs } = change
    if (this.#fenceOf(projectId) !== fence) {
      this.fenced++
      return 'fenced'
    }
    const group = `${projectId} ${ruleId} ${key}`
    const last = this.#last.get(group)
    if ((last?.to ?? 'ok') === to || (last?.windowEndUs ?? 0) >= windowEndUs) {
      this.known++
      return 'known'
    }
    this.#last.set(group, change)
    this.told.push(change)
    return 'told'
  }
}
