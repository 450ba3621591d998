import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { AuditEntry } from '#proto/people.ts'
import { type AuditQuery, readAudit } from '../api/installation.ts'
import { ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Moment } from '../kit/moment.tsx'
import { Pager } from '../kit/pager.tsx'
import { Section } from '../kit/section.tsx'
import { projects } from '../projects/projects.ts'
import { address, changeSearch } from '../shell/address.ts'
import { detailText } from './audit-model.ts'

const FILTERS = ['in', 'actor', 'action', 'from', 'to', 'cursor'] as const
type Filter = (typeof FILTERS)[number]

/** Who did what, when, from where: in the whole installation, or in one project. */
export function AuditLog(props: {
  readonly about: string
  /** All of them unless given. */
  readonly project?: string
}): JSX.Element {
  const params = createMemo(() => new URLSearchParams(address().search))
  const filter = (name: Filter): string => params().get(name) ?? ''
  const query = createMemo(() => queryOf(filter, props.project), undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  })
  const page = createLoad(query, readAudit)
  const change = (patch: Partial<Record<Filter, string>>): void => {
    // Another question begins at its newest answer.
    changeSearch(patch, { forget: 'cursor', replace: patch.cursor === undefined })
  }
  return (
    <Section page title="Audit log" about={props.about}>
      <AuditFilters filter={filter} all={props.project === undefined} onChange={change} />
      <Loaded load={page} what="The audit log">
        {found => (
          <>
            <AuditTable entries={found().entries} onChange={change} />
            <Pager
              isOlder={filter('cursor') !== ''}
              next={found().next_cursor}
              onNewest={() => change({})}
              onOlder={cursor => change({ cursor })}
            />
          </>
        )}
      </Loaded>
    </Section>
  )
}

function queryOf(filter: (name: Filter) => string, project?: string): AuditQuery {
  const moment = (text: string): string => {
    const ms = Date.parse(text)
    return Number.isNaN(ms) ? '' : new Date(ms).toISOString()
  }
  return {
    project: project ?? filter('in'),
    actor: filter('actor'),
    action: filter('action'),
    start_time: moment(filter('from')),
    end_time: moment(filter('to')),
    cursor: filter('cursor'),
  }
}

function AuditFilters(props: {
  readonly filter: (name: Filter) => string
  /** Of all projects: one can be chosen. */
  readonly all: boolean
  readonly onChange: (patch: Partial<Record<Filter, string>>) => void
}): JSX.Element {
  const inputs: readonly (readonly [Filter, string, string, string])[] = [
    ['action', 'Action begins with', 'search', 'auth., project.'],
    ['actor', 'Who', 'search', 'id of an account, or administrator'],
    ['from', 'From', 'datetime-local', ''],
    ['to', 'To', 'datetime-local', ''],
  ]
  return (
    <div class="filters">
      <Show when={props.all}>
        <label class="labelled">
          <span>Project</span>
          <select
            class="field"
            onChange={event => props.onChange({ in: event.currentTarget.value })}
          >
            <option value="" selected={props.filter('in') === ''}>
              All
            </option>
            <For each={projects() ?? []}>
              {({ id, name }) => (
                <option value={id} selected={props.filter('in') === id}>
                  {name}
                </option>
              )}
            </For>
          </select>
        </label>
      </Show>
      <For each={inputs}>
        {([name, label, type, placeholder]) => (
          <label class="labelled">
            <span>{label}</span>
            <input
              class="field"
              type={type}
              placeholder={placeholder}
              value={props.filter(name)}
              onChange={event => props.onChange({ [name]: event.currentTarget.value.trim() })}
            />
          </label>
        )}
      </For>
    </div>
  )
}

type Change = (patch: Partial<Record<Filter, string>>) => void

function AuditTable(props: {
  readonly entries: readonly AuditEntry[]
  readonly onChange: Change
}): JSX.Element {
  const names = createMemo(() => new Map((projects() ?? []).map(({ id, name }) => [id, name])))
  return (
    <ListTable
      columns={['When', 'Who', 'What', wide('Project'), wide('From')]}
      items={props.entries}
      none="Nothing of that kind."
    >
      {entry => (
        <AuditRow
          entry={entry}
          project={names().get(entry.project ?? '')}
          onChange={props.onChange}
        />
      )}
    </ListTable>
  )
}

function AuditRow(props: {
  readonly entry: AuditEntry
  readonly project: string | undefined
  readonly onChange: Change
}): JSX.Element {
  const [open, setOpen] = createSignal(false)
  const detail = (): string => detailText(props.entry.detail)
  return (
    <tr>
      <td>
        <Moment at={props.entry.at} />
      </td>
      <td>
        <button
          type="button"
          class="link link-plain cut audit-who"
          title={`What else ${props.entry.actor} did`}
          onClick={() => props.onChange({ actor: props.entry.actor })}
        >
          {props.entry.actor_name || props.entry.actor}
        </button>
      </td>
      <td>
        <button
          type="button"
          class="link link-plain"
          title={`Only ${props.entry.action}`}
          onClick={() => props.onChange({ action: props.entry.action })}
        >
          <code>{props.entry.action}</code>
        </button>
        <Show when={detail() !== ''}>
          <button
            type="button"
            class="audit-detail faint"
            classList={{ cut: !open() }}
            aria-expanded={open()}
            onClick={() => setOpen(!open())}
          >
            {detail()}
          </button>
        </Show>
      </td>
      <td class="wide-only">
        <span class="cut audit-project" title={props.project}>
          {props.project ?? props.entry.project ?? ''}
        </span>
      </td>
      <td class="wide-only">
        <code class="faint audit-peer">{props.entry.peer}</code>
      </td>
    </tr>
  )
}
