/** Where the pages of alerts are. */
import { ALERTS_PATH } from '../shell/pages.ts'

export const ACTIVE_PATH = `${ALERTS_PATH}/active`
export const RULES_PATH = `${ALERTS_PATH}/rules`
export const HISTORY_PATH = `${ALERTS_PATH}/history`
export const CHANNELS_PATH = `${ALERTS_PATH}/channels`
export const SILENCES_PATH = `${ALERTS_PATH}/silences`
/** Its parameters fill the form: see rule-url.ts. */
export const NEW_RULE_PATH = `${RULES_PATH}/new`

export function rulePath(project: string, id: string): string {
  return `${RULES_PATH}/${encodeURIComponent(id)}?${new URLSearchParams({ project })}`
}

/** What became of a rule. */
export function historyOf(project: string, rule: string): string {
  return `${HISTORY_PATH}?${new URLSearchParams({ project, rule })}`
}

/** What is active in a project, with one of it marked. */
export function activePath(projectId: string, alertId?: number): string {
  const search = new URLSearchParams({ project: projectId })
  if (alertId !== undefined) search.set('alert', String(alertId))
  return `${ACTIVE_PATH}?${search}`
}

/** null = none is marked. */
export function soughtAlert(search: string): number | null {
  const id = new URLSearchParams(search).get('alert')
  return id === null ? null : Number(id)
}
