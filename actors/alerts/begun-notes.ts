/** Tells the catalog which rules are evaluated, for whoever waits for one that was saved. */
import type { AlertRules, StoredAlertRule } from '#actors/catalog/alert-rules.ts'

type BegunRule = Pick<StoredAlertRule, 'id' | 'version'>

export class BegunNotes {
  readonly #rules: Pick<AlertRules, 'noteBegun'>
  readonly #onFault: (error: Error) => void
  #noted: readonly BegunRule[] = []
  #isNoting = false

  constructor(rules: Pick<AlertRules, 'noteBegun'>, onFault: (error: Error) => void) {
    this.#rules = rules
    this.#onFault = onFault
  }

  /** Those that were not noted; what fails is noted with the next call. */
  note(rules: readonly BegunRule[]): void {
    if (this.#isNoting || rules === this.#noted) return
    const known = new Set(this.#noted.map(keyOf))
    const fresh = rules.filter(rule => !known.has(keyOf(rule)))
    if (fresh.length === 0) {
      this.#noted = rules
      return
    }
    this.#isNoting = true
    this.#rules
      .noteBegun(fresh)
      .then(() => {
        this.#noted = rules
      }, this.#onFault)
      .finally(() => {
        this.#isNoting = false
      })
  }
}

function keyOf({ id, version }: BegunRule): string {
  return `${id}@${version}`
}
