/** How much anomaly rules know of what is usual, noted for people who look; nobody waits for it. */
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import type { AlertEngine } from './alert-engine.ts'

export class WarmUpNotes {
  readonly #rules: Pick<AlertRules, 'noteWarmUp'>
  readonly #onFault: (error: Error) => void
  /** As they were noted, by rule and version. */
  #noted: ReadonlyMap<string, string> = new Map()

  constructor(rules: Pick<AlertRules, 'noteWarmUp'>, onFault: (error: Error) => void) {
    this.#rules = rules
    this.#onFault = onFault
  }

  /** Those that are others than before. */
  note({ evaluators }: Pick<AlertEngine, 'evaluators'>): void {
    const now = new Map<string, string>()
    for (const { stored, evaluator } of evaluators.values()) {
      const { warmUp } = evaluator
      if (warmUp === null) continue
      const [key, text] = [`${stored.id}@${stored.version}`, JSON.stringify(warmUp)]
      now.set(key, text)
      if (this.#noted.get(key) === text) continue
      this.#rules.noteWarmUp(stored.id, stored.version, warmUp).catch(this.#onFault)
    }
    this.#noted = now
  }
}
