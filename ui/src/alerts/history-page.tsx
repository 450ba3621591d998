import { createMemo, For, type JSX, Show } from 'solid-js'
import { type AlertChange, listAlertRules, readHistory, type StoredRule } from '../api/alerts.ts'
import { Icon } from '../kit/icon.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { numberText } from '../kit/number-text.ts'
import { Pager } from '../kit/pager.tsx'
import { Section } from '../kit/section.tsx'
import { clockText, timeMs } from '../kit/wall-time.ts'
import type { ProjectPageProps } from '../projects/project-page.ts'
import { address, changeSearch } from '../shell/address.ts'
import { Link } from '../shell/link.tsx'
import { EXPLORE_PATH } from '../shell/pages.ts'
import { GroupTags, SeverityTag, StatusTag } from './alert-marks.tsx'
import { logsSearch } from './alert-model.ts'
import { rulePath } from './alert-paths.ts'
import {
  changeText,
  daysOf,
  HISTORY_FILTERS,
  type HistoryFilter,
  isShown,
} from './history-model.ts'
import { createPeopleNames } from './people-names.ts'

type Parameter = 'rule' | 'to' | 'before'

/** Every change of a state, newest first, and who did what about it. */
export function HistoryPage(props: ProjectPageProps): JSX.Element {
  const params = createMemo(() => new URLSearchParams(address().search))
  const filter = (name: Parameter): string => params().get(name) ?? ''
  const question = createMemo(
    () => ({ project: props.project.id, rule: filter('rule'), before: filter('before') }),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  )
  const page = createLoad(question, readHistory)
  const rules = createLoad(() => props.project.id, listAlertRules)
  const nameOf = createPeopleNames(() => props.project.id)
  const kind = (): HistoryFilter =>
    HISTORY_FILTERS.find(([name]) => name === filter('to'))?.[0] ?? ''
  const change = (patch: Partial<Record<Parameter, string>>): void => {
    // Another question begins at its newest answer.
    changeSearch(patch, { forget: 'before', replace: patch.before === undefined })
  }
  return (
    <Section title="History" about="Every change, newest first, for 400 days.">
      <HistoryFilters
        rules={rules.value() ?? []}
        rule={filter('rule')}
        kind={kind()}
        onChange={change}
      />
      <Loaded load={page} what="The history">
        {found => (
          <>
            <Timeline
              {...props}
              changes={found().changes.filter(each => isShown(each, kind()))}
              rules={rules.value() ?? []}
              nameOf={nameOf}
              hasMore={found().next !== null}
            />
            <Pager
              isOlder={filter('before') !== ''}
              next={found().next}
              onNewest={() => change({})}
              onOlder={before => change({ before })}
            />
          </>
        )}
      </Loaded>
    </Section>
  )
}

function HistoryFilters(props: {
  readonly rules: readonly StoredRule[]
  readonly rule: string
  readonly kind: HistoryFilter
  readonly onChange: (patch: Partial<Record<Parameter, string>>) => void
}): JSX.Element {
  return (
    <div class="filters">
      <label class="labelled">
        <span>Rule</span>
        <select
          class="field"
          onChange={event => props.onChange({ rule: event.currentTarget.value })}
        >
          <option value="" selected={props.rule === ''}>
            All
          </option>
          <For each={props.rules}>
            {({ id, rule }) => (
              <option value={id} selected={props.rule === id}>
                {rule.name}
              </option>
            )}
          </For>
        </select>
      </label>
      <label class="labelled">
        <span>What happened</span>
        <select class="field" onChange={event => props.onChange({ to: event.currentTarget.value })}>
          <For each={HISTORY_FILTERS}>
            {([name, words]) => (
              <option value={name} selected={props.kind === name}>
                {words}
              </option>
            )}
          </For>
        </select>
      </label>
    </div>
  )
}

interface TimelineProps extends ProjectPageProps {
  readonly changes: readonly AlertChange[]
  readonly rules: readonly StoredRule[]
  readonly nameOf: (id: string) => string
  readonly hasMore: boolean
}

function Timeline(props: TimelineProps): JSX.Element {
  return (
    <Show
      when={props.changes.length > 0}
      fallback={
        <p class="timeline-none">
          {props.hasMore ? 'None of that kind on this page: look at older ones.' : 'Nothing yet.'}
        </p>
      }
    >
      <For each={daysOf(props.changes)}>
        {({ day, changes }) => (
          <section class="timeline-day" aria-label={day}>
            <h3>{day}</h3>
            <ol class="timeline">
              <For each={changes}>{change => <TimelineEntry {...props} change={change} />}</For>
            </ol>
          </section>
        )}
      </For>
    </Show>
  )
}

function TimelineEntry(props: TimelineProps & { readonly change: AlertChange }): JSX.Element {
  const { change } = props
  const known = (): StoredRule | undefined => props.rules.find(({ id }) => id === change.rule_id)
  const logs = { group: change.group, since: change.window_end, window_end: change.window_end }
  return (
    <li class={`timeline-entry alert-is-${change.to}`}>
      <time class="number faint" datetime={change.at} title={change.at}>
        {clockText(timeMs(change.at), 'local').slice(0, 8)}
      </time>
      <span class="timeline-dot" aria-hidden="true" />
      <div class="timeline-words">
        <StatusTag status={change.to} />
        <Show when={known()} fallback={<b>{change.rule}</b>}>
          <Link class="alert-title" href={rulePath(props.project.id, change.rule_id)}>
            {change.rule}
          </Link>
        </Show>
        <SeverityTag severity={change.severity} />
        <GroupTags group={change.group} />
        <span class="soft">
          {changeText(change, props.nameOf)}
          <Show when={change.value !== null}>
            {' '}
            at <b class="number">{numberText(change.value ?? 0)}</b>
          </Show>
        </span>
        <code class="faint">{change.condition}</code>
        <Show when={change.note}>{note => <q class="soft">{note()}</q>}</Show>
      </div>
      <Link
        class="button button-small button-quiet timeline-logs"
        title="The logs of that window"
        href={`${EXPLORE_PATH}${logsSearch(props.project.id, logs, known()?.rule)}`}
      >
        <Icon name="search" />
        Logs
      </Link>
    </li>
  )
}
