import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { AuditEntry } from '#proto/people.ts'
import { type AuditQuery, readAudit } from '../api/installation.ts'
import { ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Moment } from '../kit/moment.tsx'
import { Section } from '../kit/section.tsx'
import { projects } from '../projects/projects.ts'
import { address, moveTo } from '../shell/address.ts'
import { detailText } from './audit-model.ts'

const FILTERS = ['in', 'actor', 'action', 'from', 'to', 'cursor'] as const
type Filter = (typeof FILTERS)[number]

/** Who did what, when, from where. */
export function AuditPage(): JSX.Element {
  const params = createMemo(() => new URLSearchParams(address().search))
  const filter = (name: Filter): string => params().get(name) ?? ''
  const query = createMemo(() => queryOf(filter), undefined, {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  })
  const page = createLoad(query, readAudit)
  const change = (patch: Partial<Record<Filter, string>>): void => {
    const next = new URLSearchParams(params())
    // Another question begins at its newest answer.
    next.delete('cursor')
    for (const [name, value] of Object.entries(patch)) {
      if (value === '') next.delete(name)
      else next.set(name, value)
    }
    moveTo(address().path, `?${next}`, { replace: patch.cursor === undefined })
  }
  return (
    <Section
      page
      title="Audit log"
      about="Changes and searches, newest first. How long they are kept stands in the settings."
    >
      <AuditFilters filter={filter} onChange={change} />
      <Loaded load={page} what="The audit log">
        {found => (
          <>
            <AuditTable entries={found().entries} />
            <p class="pager">
              <Show when={filter('cursor') !== ''}>
                <button type="button" class="button" onClick={() => change({})}>
                  Newest
                </button>
              </Show>
              <Show when={found().next_cursor}>
                {cursor => (
                  <button type="button" class="button" onClick={() => change({ cursor: cursor() })}>
                    Older
                  </button>
                )}
              </Show>
            </p>
          </>
        )}
      </Loaded>
    </Section>
  )
}

function queryOf(filter: (name: Filter) => string): AuditQuery {
  const moment = (text: string): string => {
    const ms = Date.parse(text)
    return Number.isNaN(ms) ? '' : new Date(ms).toISOString()
  }
  return {
    project: filter('in'),
    actor: filter('actor'),
    action: filter('action'),
    start_time: moment(filter('from')),
    end_time: moment(filter('to')),
    cursor: filter('cursor'),
  }
}

function AuditFilters(props: {
  readonly filter: (name: Filter) => string
  readonly onChange: (patch: Partial<Record<Filter, string>>) => void
}): JSX.Element {
  const inputs: readonly (readonly [Filter, string, string, string])[] = [
    ['action', 'Action', 'search', 'project.update'],
    ['actor', 'Who', 'search', 'id of an account, or administrator'],
    ['from', 'From', 'datetime-local', ''],
    ['to', 'To', 'datetime-local', ''],
  ]
  return (
    <div class="filters">
      <label class="labelled">
        <span>Project</span>
        <select class="field" onChange={event => props.onChange({ in: event.currentTarget.value })}>
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

function AuditTable(props: { readonly entries: readonly AuditEntry[] }): JSX.Element {
  const names = createMemo(() => new Map((projects() ?? []).map(({ id, name }) => [id, name])))
  return (
    <ListTable
      columns={['When', 'Who', 'What', wide('Project'), wide('From')]}
      items={props.entries}
      none="Nothing of that kind."
    >
      {entry => <AuditRow entry={entry} project={names().get(entry.project ?? '')} />}
    </ListTable>
  )
}

function AuditRow(props: {
  readonly entry: AuditEntry
  readonly project: string | undefined
}): JSX.Element {
  const [open, setOpen] = createSignal(false)
  const detail = (): string => detailText(props.entry.detail)
  return (
    <tr>
      <td>
        <Moment at={props.entry.at} />
      </td>
      <td>
        <span class="cut" title={props.entry.actor}>
          {props.entry.actor_name || props.entry.actor}
        </span>
      </td>
      <td>
        <code>{props.entry.action}</code>
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
        <span class="cut">{props.project ?? props.entry.project ?? ''}</span>
      </td>
      <td class="wide-only">
        <code class="faint">{props.entry.peer}</code>
      </td>
    </tr>
  )
}
