/**
 * What is active in a project, from the fast copy that all processes share where that has what the
 * catalog would answer: the catalog's stamp says so each time. So a copy that is old, lost or kept
 * too late costs a question, and is never shown.
 */
import { z } from 'zod/v4'
import { groupOf } from '#actors/alerts/state-change.ts'
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import type { AlertStates } from '#actors/catalog/alert-states.ts'
import type { Coordination } from '#actors/coordination/coordination.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { activeAlert, toldTimes } from './alert-shapes.ts'

export interface ActiveAlertsDeps {
  readonly alertRules: Pick<AlertRules, 'list'>
  readonly alertStates: Pick<AlertStates, 'active' | 'stamp'>
  readonly copies: Pick<Coordination, 'keep' | 'kept'>
}

/** Whether it is silenced is a question of the moment; `labels` are what silences go by. */
const unsilenced = activeAlert
  .omit({ silenced_by: true })
  .extend({ labels: z.record(z.string(), z.string()) })
export type UnsilencedAlert = z.infer<typeof unsilenced>

const copyShape = z.strictObject({ stamp: z.string(), alerts: z.array(unsilenced) })

/** Pages ask every ten seconds. */
const KEPT_MS = 60_000
const COPY_BYTES_MAX = 2 ** 20
/** Part of the key: what another version of this shape has kept is not found. */
const SHAPE_VERSION = 1

/** Longest first. */
export async function activeAlerts(
  deps: ActiveAlertsDeps,
  projectId: string,
): Promise<readonly UnsilencedAlert[]> {
  const { alertStates, copies } = deps
  const key = `active-alerts:${SHAPE_VERSION}:${projectId}`
  const [stamp, bytes] = await Promise.all([alertStates.stamp(projectId), copies.kept(key)])
  const copy = bytes === null ? null : copyOf(bytes)
  if (copy?.stamp === stamp) return copy.alerts
  // Read after its stamp: what is newer than that is only asked for once more.
  const alerts = await readActive(deps, projectId)
  const fresh = Buffer.from(JSON.stringify({ stamp, alerts }))
  if (fresh.length <= COPY_BYTES_MAX) copies.keep(key, fresh, KEPT_MS)
  return alerts
}

function copyOf(bytes: Uint8Array): z.infer<typeof copyShape> | null {
  try {
    return copyShape.parse(JSON.parse(Buffer.from(bytes).toString()))
  } catch {
    return null
  }
}

async function readActive(
  { alertRules, alertStates }: ActiveAlertsDeps,
  projectId: string,
): Promise<readonly UnsilencedAlert[]> {
  const stored = await alertRules.list(projectId)
  const rules = new Map(stored.map(({ id, rule }) => [id, parseAlertRule(rule)]))
  return (await alertStates.active(projectId)).flatMap(state => {
    const parsed = rules.get(state.ruleId)
    if (parsed?.type !== 'rule') return []
    const { name: rule, severity, labels } = parsed.rule
    const { id, ruleId: rule_id, status, value, key } = state
    const group = groupOf(parsed.rule, key)
    return [{ id, rule_id, rule, severity, labels, group, status, value, ...toldTimes(state) }]
  })
}
