import type { HistoryEntry } from '#actors/catalog/alert-states.ts'

/** A firing of a rule that counts errors by host. */
export function historyEntry(id: number, change: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    id,
    projectId: 'project001',
    ruleId: 'rule01',
    key: '["web-1"]',
    from: 'ok',
    to: 'firing',
    value: 21,
    windowEndUs: 1_795_000_000_000_000,
    atUs: 1_795_000_000_000_000,
    actor: null,
    note: null,
    about: {
      rule: 'errors',
      severity: 'critical',
      condition: 'count > 20',
      labels: {},
      group: { host: 'web-1' },
      runbook: null,
      query: 'level:error',
      window_s: 300,
    },
    ...change,
  }
}
