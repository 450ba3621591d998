/** How many rows rules did not count, noted for people who look; nobody waits for it. */
import type { AlertRules, UncountedNote } from '#actors/catalog/alert-rules.ts'
import type { RuleCounters } from './rule-evaluator.ts'

/** A rule that is evaluated. */
interface Counted {
  readonly stored: Pick<UncountedNote, 'id' | 'version'>
  readonly evaluator: { readonly counters: RuleCounters }
}

/** While a clock is behind, numbers of all rules rise with every batch. */
const AGAIN_MS = 15_000

export class UncountedNotes {
  readonly #rules: Pick<AlertRules, 'noteUncounted'>
  readonly #onFault: (error: Error) => void
  /** As they were noted, by rule and version. */
  #noted: ReadonlyMap<string, string> = new Map()
  #againAtMs = Number.NEGATIVE_INFINITY

  constructor(rules: Pick<AlertRules, 'noteUncounted'>, onFault: (error: Error) => void) {
    this.#rules = rules
    this.#onFault = onFault
  }

  /** Those that are others than before; what fails is noted with a later call. */
  note(rules: Iterable<Counted>, nowMs: number): void {
    if (nowMs < this.#againAtMs) return
    const now = new Map<string, string>()
    const notes: UncountedNote[] = []
    for (const { stored, evaluator } of rules) {
      const { late, leftOut } = evaluator.counters
      if (late === 0 && leftOut === 0) continue
      const [key, text] = [`${stored.id}@${stored.version}`, `${late} ${leftOut}`]
      now.set(key, text)
      if (this.#noted.get(key) === text) continue
      notes.push({ id: stored.id, version: stored.version, uncounted: { late, leftOut } })
    }
    if (notes.length === 0) return
    this.#againAtMs = nowMs + AGAIN_MS
    this.#rules.noteUncounted(notes).then(() => {
      this.#noted = now
    }, this.#onFault)
  }
}
