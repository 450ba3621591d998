/** Settings as they are typed, and what of them has to be sent. */
import type { ProjectSettings } from '#proto/api.ts'

export type SettingsDraft = Readonly<Record<'name' | 'retention_days' | 'time_zone', string>>
export type SettingsChange = Partial<Pick<ProjectSettings, keyof SettingsDraft>>

/** Only what differs: what somebody else changes beside it stays theirs. */
export function changesOf(read: ProjectSettings, draft: SettingsDraft): SettingsChange {
  const name = draft.name.trim()
  const days = Number(draft.retention_days)
  const zone = draft.time_zone.trim()
  return {
    ...(name === read.name ? {} : { name }),
    ...(days === read.retention_days ? {} : { retention_days: days }),
    ...(zone === read.time_zone ? {} : { time_zone: zone }),
  }
}

/** What is another's since it was read, of that which is about to be replaced; null = nothing. */
export function theirChange(
  read: ProjectSettings,
  now: ProjectSettings,
  wanted: SettingsChange,
): string | null {
  const names = (Object.keys(wanted) as (keyof SettingsChange)[]).filter(
    name => now[name] !== read[name] && now[name] !== wanted[name],
  )
  if (names.length === 0) return null
  return names.map(name => `${WORDS[name]} is now ${now[name]}`).join(', ')
}

/** What of a draft is not about to be replaced. */
export function untouched(draft: SettingsDraft, wanted: SettingsChange): Partial<SettingsDraft> {
  return Object.fromEntries(Object.entries(draft).filter(([name]) => !(name in wanted)))
}

const WORDS: Readonly<Record<keyof SettingsDraft, string>> = {
  name: 'the name',
  retention_days: 'the retention',
  time_zone: 'the time zone',
}
