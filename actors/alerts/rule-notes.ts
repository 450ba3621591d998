/** What people are told of rules beside their states; nothing that is evaluated waits for it. */
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import type { AlertEngine } from './alert-engine.ts'
import { BegunNotes } from './begun-notes.ts'
import { UncountedNotes } from './uncounted-notes.ts'
import { WarmUpNotes } from './warm-up-notes.ts'

export type NotedRules = Pick<AlertRules, 'noteWarmUp' | 'noteBegun' | 'noteUncounted'>

export class RuleNotes {
  /** Rules that are evaluated. */
  readonly begun: BegunNotes
  readonly #warmUps: WarmUpNotes
  readonly #uncounted: UncountedNotes

  constructor(rules: NotedRules, onFault: (error: Error, where: string) => void) {
    this.begun = new BegunNotes(rules, error => onFault(error, 'noting rules'))
    this.#warmUps = new WarmUpNotes(rules, error => onFault(error, 'noting a warm-up'))
    this.#uncounted = new UncountedNotes(rules, error =>
      onFault(error, 'noting what was not counted'),
    )
  }

  /** What the engine knows was saved. */
  saved(engine: Pick<AlertEngine, 'evaluators'>, nowMs: number): void {
    this.#warmUps.note(engine)
    this.#uncounted.note(engine.evaluators.values(), nowMs)
  }
}
