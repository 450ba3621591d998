/** The contract of rules that cannot be evaluated: each fault is told once to those who own it. */
import type { AlertRuleText } from '#proto/alert-rule.ts'

export interface RuleFault {
  readonly ruleId: string
  /** Of the rule. */
  readonly version: number
  readonly message: string
}

export interface UntoldFault extends RuleFault {
  readonly projectId: string
  readonly projectName: string
  readonly rule: AlertRuleText
}

export interface AlertFaults {
  /** A fault that is known of this version is none that would be told. */
  note(fault: RuleFault, atUs: number): Promise<void>
  /** What is due, oldest first; nobody else gets it before `againAtUs`. */
  take(asked: {
    readonly nowUs: number
    readonly againAtUs: number
    readonly limit: number
  }): Promise<readonly UntoldFault[]>
  told(fault: RuleFault): Promise<void>
}
