/** Rules as the catalog has them, read again: what an older version took may be refused today. */
import type { RuleFault } from '#actors/catalog/alert-faults.ts'
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import type { StoredRule } from './alert-engine.ts'

export interface LoadedRules {
  /** Enabled, and such as can be evaluated. */
  readonly rules: readonly StoredRule[]
  /** Of the other enabled ones. */
  readonly faults: readonly RuleFault[]
  /** All enabled ones. */
  readonly taken: readonly Pick<StoredRule, 'id' | 'version'>[]
}

/** Those that are `known` in their present version are not parsed again. */
export async function loadRules(
  catalog: Pick<AlertRules, 'list'>,
  projectId: string,
  known: readonly StoredRule[],
): Promise<LoadedRules> {
  const before = new Map(known.map(rule => [rule.id, rule]))
  const rules: StoredRule[] = []
  const faults: RuleFault[] = []
  const taken = (await catalog.list(projectId)).filter(({ rule }) => rule.enabled !== false)
  for (const { id, version, updatedAtUs, rule } of taken) {
    const same = before.get(id)
    if (same?.version === version) {
      rules.push(same)
      continue
    }
    const parsed = parseAlertRule(rule)
    if (parsed.type === 'rule') rules.push({ id, version, updatedAtUs, rule: parsed.rule })
    else faults.push({ ruleId: id, version, message: faultText(parsed) })
  }
  return { rules, faults, taken }
}

/** The first thing that is wrong. */
export function faultText({ faults: [first] }: ParsedFaults): string {
  return first === undefined ? 'it is no rule' : `${first.path.join('.')}: ${first.message}`
}

type ParsedFaults = Extract<ReturnType<typeof parseAlertRule>, { readonly type: 'faults' }>
