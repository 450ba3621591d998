import { createMemo, For, type JSX, Show } from 'solid-js'
import { activeAlertsLoad } from '../alerts/active-alerts.ts'
import { alertsText, groupText, logsOf, orderAlerts, STATUS_NAMES } from '../alerts/alert-model.ts'
import { type ActiveAlert, acknowledgeAlert, listAlertRules } from '../api/alerts.ts'
import { createLoad, type Load } from '../kit/load.tsx'
import { numberText } from '../kit/number-text.ts'
import { watch } from '../kit/reactive.ts'
import { toast } from '../kit/toast.tsx'
import { agoText, timeMs } from '../kit/wall-time.ts'
import { may } from '../projects/permissions-model.ts'
import type { Dashboard } from './dashboard-session.ts'
import type { PanelProps } from './log-panels.tsx'
import { Panel } from './panel.tsx'

export type AlertsLoad = Load<readonly ActiveAlert[]>

/** Of the rows that alerts write into their project. */
const ALERT_SERVICE = 'logboy-alerts'
const SHOWN = 12

/** What fires; read anew as soon as the stream brings the row of a change. */
export function createAlerts({ project, view }: Dashboard): AlertsLoad {
  const load = activeAlertsLoad(() => project().id)
  const newest = createMemo(() => view().rows.head.find(row => row.service === ALERT_SERVICE)?.id)
  watch(newest, (id, before) => {
    if (id !== undefined && id !== before) load.reload()
  })
  return load
}

/** Nothing at all where nothing is wrong. */
export function AlertsPanel(props: PanelProps & { readonly alerts: AlertsLoad }): JSX.Element {
  const active = createMemo(() => orderAlerts(props.alerts.value() ?? []))
  const hasSome = createMemo(() => active().length > 0)
  const rules = createLoad(() => (hasSome() ? props.dashboard.project().id : null), listAlertRules)
  const ruleOf = ({ rule_id }: ActiveAlert) => rules.value()?.find(({ id }) => id === rule_id)?.rule
  const acknowledge = async ({ id }: ActiveAlert): Promise<void> => {
    try {
      await acknowledgeAlert(props.dashboard.project().id, id)
    } catch (error) {
      toast((error as Error).message)
    }
    props.alerts.reload()
  }
  return (
    <Show when={hasSome()}>
      <Panel
        class="panel-wide"
        title="Active alerts"
        note={alertsText(active())}
        busy={props.alerts.busy()}
      >
        <ul class="alerts" aria-label="Active alerts">
          <For each={active().slice(0, SHOWN)}>
            {alert => (
              <li class={`alert alert-${alert.severity}`}>
                <span class="alert-severity">{alert.severity}</span>
                <button
                  type="button"
                  class="link alert-name"
                  title="The logs that it is about"
                  onClick={() => props.dashboard.look(logsOf(alert, ruleOf(alert)))}
                >
                  {alert.rule}
                </button>
                <span class="alert-group">{groupText(alert)}</span>
                <span class="alert-value">
                  {STATUS_NAMES[alert.status]}
                  <Show when={alert.value !== null}>
                    : <b>{numberText(alert.value ?? 0)}</b> {ruleOf(alert)?.condition ?? ''}
                  </Show>
                </span>
                <span class="faint">{agoText(timeMs(alert.since), props.nowMs)}</span>
                <Acknowledgement
                  alert={alert}
                  allowed={may(props.dashboard.project(), 'alerts')}
                  onAcknowledge={() => void acknowledge(alert)}
                />
              </li>
            )}
          </For>
        </ul>
        <Show when={active().length > SHOWN}>
          <p class="panel-empty">and {active().length - SHOWN} more</p>
        </Show>
      </Panel>
    </Show>
  )
}

function Acknowledgement(props: {
  readonly alert: ActiveAlert
  readonly allowed: boolean
  readonly onAcknowledge: () => void
}): JSX.Element {
  return (
    <Show
      when={props.alert.acknowledged_by}
      fallback={
        <Show when={props.allowed && props.alert.status === 'firing'}>
          <button type="button" class="button button-small" onClick={() => props.onAcknowledge()}>
            Acknowledge
          </button>
        </Show>
      }
    >
      {person => <span class="faint">seen by {person()}</span>}
    </Show>
  )
}
