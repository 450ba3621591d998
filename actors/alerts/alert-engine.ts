/** All rules of a project over time: pure, so that live, replay and backtest are the same. */
import { ByteReader, ByteWriter } from '#actors/processing/windows/byte-stream.ts'
import { readDeltas } from '#actors/processing/windows/delta-reader.ts'
import { partKindOf, receivedWithinUs } from '#actors/processing/windows/window-rules.ts'
import type { AlertRule } from '#proto/alert-rule.ts'
import { toError } from '#runtime/index.ts'
import { type GroupChange, RuleEvaluator, type WindowObserver } from './rule-evaluator.ts'

/** A rule as the catalog has it. */
export interface StoredRule {
  readonly id: string
  /** Rises with every change; the windows of another version are not continued. */
  readonly version: number
  readonly updatedAtUs: number
  readonly rule: AlertRule
}

export interface AlertChange extends GroupChange {
  readonly ruleId: string
  readonly version: number
  /** Time of the clock, or of the receipt of the batch, that brought it. */
  readonly atUs: number
}

export interface RuleFailure {
  readonly stored: StoredRule
  readonly error: Error
}

const SNAPSHOT_VERSION = 1

export class AlertEngine {
  #rules = new Map<string, { readonly stored: StoredRule; readonly evaluator: RuleEvaluator }>()
  readonly #onWindow: WindowObserver | null
  /** Rules that failed since these were asked for: they are left out, the others go on. */
  #failed: RuleFailure[] = []
  /** Nothing that was received before is still to come. */
  #nowUs = 0
  /** End of a gap that time has not reached; null = there is none. */
  #resumedUs: number | null = null

  constructor(onWindow: WindowObserver | null = null) {
    this.#onWindow = onWindow
  }

  get nowUs(): number {
    return this.#nowUs
  }

  get evaluators(): ReadonlyMap<
    string,
    { readonly stored: StoredRule; readonly evaluator: RuleEvaluator }
  > {
    return this.#rules
  }

  /**
   * Rules that stay keep their windows. Others have not seen what was received up to `seenUs` and
   * before: windows that reach back so far are not whole.
   */
  setRules(rules: readonly StoredRule[], seenUs = 0): void {
    const before = this.#rules
    const beganUs = Math.max(seenUs, this.#nowUs)
    this.#rules = new Map(
      rules
        .filter(({ rule }) => rule.enabled)
        .map(stored => {
          const known = before.get(stored.id)
          const isSame = known?.stored.version === stored.version
          const evaluator = isSame ? known.evaluator : this.#begin(stored, beganUs)
          return [stored.id, { stored, evaluator }]
        }),
    )
  }

  /**
   * Nothing was received until this time but what is absorbed from before it: what would have
   * come between is not known.
   */
  resume(atUs: number): void {
    this.#resumedUs = atUs
  }

  /**
   * Adds one batch; `rules` are those for which its deltas were made, by their numbers. `clockUs` is
   * less than its receipt where batches that were received before it are still to come.
   */
  absorb(
    deltas: Uint8Array | null,
    rules: readonly StoredRule[],
    receivedAtUs: number,
    clockUs: number = receivedAtUs,
  ): AlertChange[] {
    const changes = this.advance(clockUs)
    if (deltas === null) return changes
    const touched = new Map<StoredRule, RuleEvaluator>()
    let evaluator: RuleEvaluator | undefined
    readDeltas(deltas, {
      rule: (number, late, leftOut) => {
        const stored = rules[number] as StoredRule
        const known = this.#rules.get(stored.id)
        const isSame = known?.stored.version === stored.version
        evaluator = isSame && known.evaluator.wants(receivedAtUs) ? known.evaluator : undefined
        if (evaluator !== undefined) {
          evaluator.counters.late += late
          evaluator.counters.leftOut += leftOut
          touched.set(stored, evaluator)
        }
        return partKindOf(stored.rule)
      },
      part: (key, pane, part) => evaluator?.add(key, pane, part),
    })
    for (const [stored, each] of touched) {
      this.#guarded(stored, () => each.decide(this.#teller(stored, changes)))
    }
    return changes
  }

  /** The clock says so, and every batch that was received before was absorbed. */
  advance(nowUs: number): AlertChange[] {
    const changes: AlertChange[] = []
    if (this.#resumedUs !== null && nowUs >= this.#resumedUs) this.#endGap(this.#resumedUs)
    this.#nowUs = Math.max(this.#nowUs, nowUs)
    for (const { stored, evaluator } of this.#rules.values()) {
      this.#guarded(stored, () => evaluator.close(this.#nowUs, this.#teller(stored, changes)))
    }
    return changes
  }

  snapshot(): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter()
    writer.u8(SNAPSHOT_VERSION)
    writer.f64(this.#nowUs)
    for (const { stored, evaluator } of this.#rules.values()) {
      writer.text(stored.id)
      writer.f64(stored.version)
      const own = new ByteWriter()
      evaluator.write(own)
      const bytes = own.finish()
      writer.u32(bytes.length)
      writer.bytes(bytes)
    }
    return writer.finish()
  }

  /** Goes on from a snapshot; what it has of rules that are no longer there is left out. */
  static restore(
    bytes: Uint8Array,
    rules: readonly StoredRule[],
    onWindow: WindowObserver | null = null,
  ): AlertEngine {
    const reader = new ByteReader(bytes)
    const engine = new AlertEngine(onWindow)
    engine.setRules(rules)
    if (reader.u8() !== SNAPSHOT_VERSION) return engine
    engine.#nowUs = reader.f64()
    const unseen = new Set(engine.#rules.keys())
    while (reader.hasMore) {
      const [id, version, length] = [reader.text(), reader.f64(), reader.u32()]
      const part = reader.bytes(length)
      const known = engine.#rules.get(id)
      if (known?.stored.version !== version) continue
      known.evaluator.read(new ByteReader(part))
      unseen.delete(id)
    }
    for (const id of unseen) engine.#rules.get(id)?.evaluator.resume(engine.#nowUs)
    return engine
  }

  /** Hands over which rules have failed. */
  takeFailed(): readonly RuleFailure[] {
    const failed = this.#failed
    if (failed.length > 0) this.#failed = []
    return failed
  }

  #begin({ rule, updatedAtUs }: StoredRule, beganUs: number): RuleEvaluator {
    const evaluator = new RuleEvaluator(rule, updatedAtUs, this.#onWindow)
    evaluator.resume(beganUs)
    return evaluator
  }

  #endGap(atUs: number): void {
    this.#resumedUs = null
    for (const { evaluator } of this.#rules.values()) {
      if (atUs - this.#nowUs > receivedWithinUs(evaluator.rule)) evaluator.resume(atUs)
    }
  }

  #guarded(stored: StoredRule, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#rules.delete(stored.id)
      this.#failed.push({ stored, error: toError(error) })
    }
  }

  #teller(
    { id: ruleId, version }: StoredRule,
    changes: AlertChange[],
  ): (change: GroupChange) => void {
    return change => changes.push({ ...change, ruleId, version, atUs: this.#nowUs })
  }
}
