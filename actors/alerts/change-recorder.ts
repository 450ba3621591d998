/** Writes changes of a project down, one after the other, for as long as nobody else does. */
import type { AlertStates, NewStateChange } from '#actors/catalog/alert-states.ts'

export interface ChangeRecorderDeps {
  readonly states: Pick<AlertStates, 'record'>
  /** Of whoever evaluates the project. */
  readonly fence: number
  /** A change was written that was not known: who tells it need not wait. */
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
      for (let [change] = this.#waiting; change !== undefined; [change] = this.#waiting) {
        const outcome = await states.record(change, fence)
        if (outcome === 'fenced') return 'fenced'
        this.#waiting.shift()
        if (outcome === 'told') onTold()
      }
      return 'recorded'
    } finally {
      this.#isRecording = false
    }
  }
}
