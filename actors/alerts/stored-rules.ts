/** Rules as the catalog has them, read again: what an older version took may be refused today. */
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import type { StoredRule } from './alert-engine.ts'

/** Those that can be evaluated. */
export async function loadRules(
  catalog: Pick<AlertRules, 'list'>,
  projectId: string,
): Promise<readonly StoredRule[]> {
  const stored = await catalog.list(projectId)
  return stored.flatMap(({ id, version, updatedAtUs, rule }): StoredRule[] => {
    const parsed = parseAlertRule(rule)
    return parsed.type === 'rule' ? [{ id, version, updatedAtUs, rule: parsed.rule }] : []
  })
}
