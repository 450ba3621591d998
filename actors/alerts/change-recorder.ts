/**
 * Writes changes of a project down, in order, for as long as nobody else does: all that wait at
 * once, as they come in crowds when windows close.
 */
import type { AlertStates, NewStateChange } from '#actors/catalog/alert-states.ts'

/** Of one statement. */
const CHANGES_MAX = 200

export interface ChangeRecorderDeps {
  readonly states: Pick<AlertStates, 'record'>
  /** Of whoever evaluates the project. */
  readonly fence: number
  /** Changes were written that were not known: who tells them need not wait. */
  readonly onTold: () => void
}

export class ChangeRecorder {
  readonly #deps: ChangeRecorderDeps
  readonly #waiting: NewStateChange[] = []
  #isRecording = false

  constructor(deps: ChangeRecorderDeps) {
    this.#deps = deps
  }

  /** Changes of which nobody knows yet whether they are written down. */
  get waiting(): number {
    return this.#waiting.length
  }

  get isRecording(): boolean {
    return this.#isRecording
  }

  add(change: NewStateChange): void {
    this.#waiting.push(change)
  }

  /** Until none is left; 'fenced': somebody else evaluates the project. What fails stays. */
  async record(): Promise<'recorded' | 'fenced'> {
    const { states, fence, onTold } = this.#deps
    this.#isRecording = true
    try {
      while (this.#waiting.length > 0) {
        const changes = this.#next()
        const told = await states.record(changes, fence)
        if (told === 'fenced') return 'fenced'
        this.#waiting.splice(0, changes.length)
        if (told > 0) onTold()
      }
      return 'recorded'
    } finally {
      this.#isRecording = false
    }
  }

  /** Of each group at most one: the next one goes on from it. */
  #next(): readonly NewStateChange[] {
    const groups = new Set<string>()
    for (const { ruleId, key } of this.#waiting.slice(0, CHANGES_MAX)) {
      const group = `${ruleId} ${key}`
      if (groups.has(group)) break
      groups.add(group)
    }
    return this.#waiting.slice(0, groups.size)
  }
}
