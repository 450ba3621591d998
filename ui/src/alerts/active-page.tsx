import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { type ActiveAlert, listAlertRules, type StoredRule } from '../api/alerts.ts'
import { Icon } from '../kit/icon.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { numberText } from '../kit/number-text.ts'
import { Section } from '../kit/section.tsx'
import { whyNot } from '../projects/permissions-model.ts'
import type { ProjectPageProps } from '../projects/project-page.ts'
import { address } from '../shell/address.ts'
import { Link } from '../shell/link.tsx'
import { EXPLORE_PATH } from '../shell/pages.ts'
import { AcknowledgeDialog } from './acknowledge-dialog.tsx'
import { activeAlertsLoad } from './active-alerts.ts'
import { GroupTags, SeverityTag, StatusTag } from './alert-marks.tsx'
import { alertsText, logsSearch, orderAlerts } from './alert-model.ts'
import { NEW_RULE_PATH, RULES_PATH, rulePath, SILENCES_PATH, soughtAlert } from './alert-paths.ts'
import { AlertSeriesChart } from './alert-series.tsx'
import { createPeopleNames } from './people-names.ts'
import { SilenceDialog } from './silence-dialog.tsx'
import { matchersOf } from './silence-form.ts'

const SHOWN = 200

/** What is pending, fires, or has no data, the worst first. */
export function ActivePage(props: ProjectPageProps): JSX.Element {
  const load = activeAlertsLoad(() => props.project.id)
  const rules = createLoad(() => props.project.id, listAlertRules)
  const nameOf = createPeopleNames(() => props.project.id)
  const [acknowledging, setAcknowledging] = createSignal<ActiveAlert | null>(null)
  const [silencing, setSilencing] = createSignal<ActiveAlert | null>(null)
  const ordered = createMemo(() => orderAlerts(load.value() ?? []))
  load.reload()
  return (
    <Section
      title="Active"
      about={
        ordered().length === 0 ? 'What is anything but well stands here.' : alertsText(ordered())
      }
    >
      <Loaded load={load} what="Active alerts">
        {() => (
          <Show
            when={ordered().length > 0}
            fallback={<AllWell project={props.project.id} rules={rules.value()} />}
          >
            <ul class="alert-list" aria-label="Active alerts">
              <For each={ordered().slice(0, SHOWN)}>
                {alert => (
                  <AlertCard
                    {...props}
                    alert={alert}
                    rule={rules.value()?.find(({ id }) => id === alert.rule_id)}
                    nameOf={nameOf}
                    onAcknowledge={() => setAcknowledging(alert)}
                    onSilence={() => setSilencing(alert)}
                  />
                )}
              </For>
            </ul>
            <Show when={ordered().length > SHOWN}>
              <p class="faint alert-more">and {ordered().length - SHOWN} more</p>
            </Show>
          </Show>
        )}
      </Loaded>
      <Show when={acknowledging()} keyed>
        {alert => (
          <AcknowledgeDialog
            project={props.project.id}
            alert={alert}
            onDone={load.reload}
            onClose={() => setAcknowledging(null)}
          />
        )}
      </Show>
      <Show when={silencing()} keyed>
        {alert => (
          <SilenceDialog
            project={props.project.id}
            silence={null}
            matchers={matchersOf(alert)}
            active={ordered()}
            rules={rules.value() ?? []}
            onDone={load.reload}
            onClose={() => setSilencing(null)}
          />
        )}
      </Show>
    </Section>
  )
}

interface CardProps extends ProjectPageProps {
  readonly alert: ActiveAlert
  readonly rule: StoredRule | undefined
  readonly nameOf: (id: string) => string
  readonly onAcknowledge: () => void
  readonly onSilence: () => void
}

function AlertCard(props: CardProps): JSX.Element {
  const alert = (): ActiveAlert => props.alert
  const project = (): string => props.project.id
  const isSought = (): boolean => soughtAlert(address().search) === alert().id
  return (
    <li
      ref={card => queueMicrotask(() => isSought() && card.scrollIntoView({ block: 'center' }))}
      class={`alert-card alert-${alert().severity}`}
      classList={{ 'alert-sought': isSought() }}
    >
      <div class="alert-what">
        <SeverityTag severity={alert().severity} />
        <Link class="alert-title" href={rulePath(project(), alert().rule_id)}>
          {alert().rule}
        </Link>
        <GroupTags group={alert().group} />
      </div>
      <p class="alert-state">
        <StatusTag status={alert().status} />
        <Show when={alert().value !== null}>
          <span class="alert-number">
            <b>{numberText(alert().value ?? 0)}</b> {props.rule?.rule.condition ?? ''}
          </span>
        </Show>
        <span class="soft">
          since <Ago at={alert().since} />
        </span>
        <Show when={alert().silenced_by}>
          <Link
            class="alert-silenced"
            title="Nobody is told of it"
            href={`${SILENCES_PATH}?${new URLSearchParams({ project: project() })}`}
          >
            <Icon name="bell-off" />
            silenced
          </Link>
        </Show>
      </p>
      <div class="alert-actions">
        <Show when={props.rule?.rule.runbook}>
          {runbook => (
            <a class="button button-small" href={runbook()} target="_blank" rel="noreferrer">
              Runbook
            </a>
          )}
        </Show>
        <Link
          class="button button-small"
          title="The logs that it is about, at that time"
          href={`${EXPLORE_PATH}${logsSearch(project(), alert(), props.rule?.rule)}`}
        >
          <Icon name="search" />
          Logs
        </Link>
        <Show when={alert().status === 'firing' && alert().acknowledged_by === null}>
          <button
            type="button"
            class="button button-small"
            disabled={whyNot(props.project, 'alerts') !== undefined}
            title={whyNot(props.project, 'alerts') ?? 'Tell the others that you look at it'}
            onClick={() => props.onAcknowledge()}
          >
            <Icon name="check" />
            Acknowledge
          </button>
        </Show>
        <Show when={alert().silenced_by === null}>
          <button
            type="button"
            class="button button-small"
            disabled={whyNot(props.project, 'alerts') !== undefined}
            title={whyNot(props.project, 'alerts') ?? 'Nobody is told of it for a while'}
            onClick={() => props.onSilence()}
          >
            <Icon name="bell-off" />
            Silence
          </button>
        </Show>
      </div>
      <Show when={alert().status === 'firing' || alert().status === 'pending'}>
        <AlertSeriesChart projectId={project()} alert={alert()} />
      </Show>
      <Show when={alert().acknowledged_by}>
        {person => (
          <p class="alert-seen">
            <Icon name="check" />
            <span>
              <b>{props.nameOf(person())}</b> looks at it since <Ago at={alert().acknowledged_at} />
              <Show when={alert().note}>{note => <q>{note()}</q>}</Show>
            </span>
          </p>
        )}
      </Show>
    </li>
  )
}

function AllWell(props: {
  readonly project: string
  readonly rules: readonly StoredRule[] | null
}): JSX.Element {
  const search = (): string => `?project=${encodeURIComponent(props.project)}`
  const watching = (): number | undefined =>
    props.rules?.filter(({ rule }) => rule.enabled !== false).length
  return (
    <Show
      when={props.rules?.length !== 0}
      fallback={
        <div class="empty">
          <Icon name="bell" />
          <h2>Nothing is watched yet</h2>
          <p>
            A rule says which logs are meant, what is computed of them, and when to tell people.
          </p>
          <Link class="button button-primary" href={`${NEW_RULE_PATH}${search()}`}>
            <Icon name="plus" />
            Make the first rule
          </Link>
        </div>
      }
    >
      <Show
        when={watching() !== 0}
        fallback={
          <div class="empty">
            <Icon name="bell" />
            <h2>Every rule is paused</h2>
            <p>
              Nothing is watched before one of them{' '}
              <Link class="link" href={`${RULES_PATH}${search()}`}>
                is resumed
              </Link>
              .
            </p>
          </div>
        }
      >
        <div class="empty empty-good">
          <Icon name="check" />
          <h2>All is well</h2>
          <p>
            Nothing fires and nothing waits to.{' '}
            <Link class="link" href={`${RULES_PATH}${search()}`}>
              {watching() ?? ''} {watching() === 1 ? 'rule watches' : 'rules watch'}
            </Link>
          </p>
        </div>
      </Show>
    </Show>
  )
}
