/** The contract of alert rules: what people wrote, as they wrote it. */
import type { AlertRuleText } from '#proto/alert-rule.ts'

export interface StoredAlertRule {
  readonly id: string
  readonly projectId: string
  readonly rule: AlertRuleText
  /** Rises with every change. */
  readonly version: number
  readonly createdAtUs: number
  readonly updatedAtUs: number
  readonly updatedBy: string
  /** Why it could not be evaluated; null = nothing is known. */
  readonly fault: string | null
  /** Of an anomaly; null = nothing is known. */
  readonly warmUp: WarmUp | null
  /** Of the version that is evaluated; null = every row was counted, as far as is known. */
  readonly uncounted: Uncounted | null
}

/** Rows that a rule did not count. */
export interface Uncounted {
  /** They came after their window and the lateness allowance. */
  readonly late: number
  /** Of groups beyond the cap. */
  readonly leftOut: number
}

export interface UncountedNote extends Pick<StoredAlertRule, 'id' | 'version'> {
  readonly uncounted: Uncounted
}

/** Groups of an anomaly of which is not known yet what is usual: these never fire. */
export interface WarmUp {
  /** Values that the group has which has most of those that warm up. */
  readonly samples: number
  readonly needed: number
  readonly groups: number
  readonly warming: number
}

export interface NewAlertRule {
  readonly id: string
  readonly rule: AlertRuleText
}

/** Who changes rules, and when. */
export interface AlertEdit {
  readonly projectId: string
  readonly by: string
  readonly atUs: number
}

export type AlertRuleRefusal =
  | 'unknown'
  | 'name-taken'
  | 'too-many'
  | 'unknown-project'
  /** It has another version than the one that is to be changed. */
  | 'stale'

export interface AlertRules {
  /** By name. */
  list(projectId: string): Promise<readonly StoredAlertRule[]>
  find(projectId: string, id: string): Promise<StoredAlertRule | null>
  /** Projects with rules that are enabled, each with a text that changes with these. */
  stamps(): Promise<ReadonlyMap<string, string>>
  /** With `replace` those that have the name of one become it; else all or none. */
  create(
    edit: AlertEdit,
    rules: readonly NewAlertRule[],
    replace: boolean,
  ): Promise<'done' | AlertRuleRefusal>
  /** What its groups are is over, and begins anew. Without `version` whatever it is by now. */
  update(edit: AlertEdit, rule: NewAlertRule, version?: number): Promise<'done' | AlertRuleRefusal>
  delete(edit: AlertEdit, id: string): Promise<boolean>
  /** They are evaluated in these versions: what is received from now on counts. */
  noteBegun(rules: readonly Pick<StoredAlertRule, 'id' | 'version'>[]): Promise<void>
  /** Whether all enabled rules of the project are evaluated as they are. */
  hasBegun(projectId: string): Promise<boolean>
  /** Of the version that is evaluated; nothing happens if that has changed. */
  noteWarmUp(id: string, version: number, warmUp: WarmUp): Promise<void>
  /** The same of several rules. */
  noteUncounted(notes: readonly UncountedNote[]): Promise<void>
}
