/** The installation's settings as they are typed, and what of them has to be sent. */
import type { SystemConfig } from '#proto/people.ts'

/** Settings that are typed as texts. */
type Days = Readonly<Record<'retention_days_default' | 'audit_days', string>>
export type ConfigDraft = Omit<SystemConfig, keyof Days> & Days

export function daysOf({ retention_days_default, audit_days }: SystemConfig): Days {
  return {
    retention_days_default: String(retention_days_default),
    audit_days: String(audit_days),
  }
}

/** Only what differs: what somebody else changes beside it stays theirs. */
export function configChanges(config: SystemConfig, draft: ConfigDraft): Partial<SystemConfig> {
  const wanted: SystemConfig = {
    ...draft,
    retention_days_default: Number(draft.retention_days_default),
    audit_days: Number(draft.audit_days),
  }
  const names = Object.keys(config) as (keyof SystemConfig)[]
  return Object.fromEntries(
    names.filter(name => wanted[name] !== config[name]).map(name => [name, wanted[name]]),
  )
}
