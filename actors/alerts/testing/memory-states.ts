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

  record(changes: readonly NewStateChange[], fence: number): number | 'fenced' {
    if (changes.some(({ projectId }) => this.#fenceOf(projectId) !== fence)) {
      this.fenced++
      return 'fenced'
    }
    const news = changes.filter(change => this.#isNews(change))
    this.told.push(...news)
    this.known += changes.length - news.length
    return news.length
  }

  #isNews(change: NewStateChange): boolean {
    const { projectId, ruleId, key, to, windowEndUs } = change
    const group = `${projectId} ${ruleId} ${key}`
    const last = this.#last.get(group)
    if ((last?.to ?? 'ok') === to || (last?.windowEndUs ?? 0) >= windowEndUs) return false
    this.#last.set(group, change)
    return true
  }
}
