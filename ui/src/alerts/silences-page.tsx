import { createSignal, For, type JSX, Show } from 'solid-js'
import type { Silence } from '#proto/silence.ts'
import { listAlertRules } from '../api/alerts.ts'
import { endSilence, listSilences } from '../api/silences.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { whyNot } from '../projects/permissions-model.ts'
import type { ProjectPageProps } from '../projects/project-page.ts'
import { activeAlertsLoad } from './active-alerts.ts'
import { createPeopleNames } from './people-names.ts'
import { SilenceDialog } from './silence-dialog.tsx'

const FIRST_MATCHERS = [{ label: 'alertname', op: '=', value: '' }] as const

/** Times in which nobody is told of certain alerts. */
export function SilencesPage(props: ProjectPageProps): JSX.Element {
  const silences = createLoad(() => props.project.id, listSilences)
  const rules = createLoad(() => props.project.id, listAlertRules)
  const active = activeAlertsLoad(() => props.project.id)
  const nameOf = createPeopleNames(() => props.project.id)
  const [editing, setEditing] = createSignal<Silence | 'new' | null>(null)
  const [ending, setEnding] = createSignal<Silence | null>(null)
  const denied = (): string | undefined => whyNot(props.project, 'alerts')
  return (
    <Section
      title="Silences"
      about="While people work on something nobody has to be told of it."
      tools={
        <button
          type="button"
          class="button button-primary"
          disabled={denied() !== undefined}
          title={denied()}
          onClick={() => setEditing('new')}
        >
          <Icon name="plus" />
          New silence
        </button>
      }
    >
      <Loaded load={silences} what="The silences">
        {list => (
          <SilenceTable
            silences={list()}
            nameOf={nameOf}
            denied={denied()}
            onEdit={setEditing}
            onEnd={setEnding}
          />
        )}
      </Loaded>
      <Show when={editing()} keyed>
        {silence => (
          <SilenceDialog
            project={props.project.id}
            silence={silence === 'new' ? null : silence}
            matchers={silence === 'new' ? FIRST_MATCHERS : silence.matchers}
            active={active.value() ?? []}
            rules={rules.value() ?? []}
            onDone={() => {
              silences.reload()
              active.reload()
            }}
            onClose={() => setEditing(null)}
          />
        )}
      </Show>
      <Show when={ending()} keyed>
        {silence => (
          <ConfirmDialog
            title="End this silence?"
            action="End silence"
            onConfirm={async () => {
              await endSilence(props.project.id, silence.id)
              toast('Silence ended')
              silences.reload()
              active.reload()
            }}
            onClose={() => setEnding(null)}
          >
            What it kept quiet and still fires is told at once.
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

function SilenceTable(props: {
  readonly silences: readonly Silence[]
  readonly nameOf: (id: string) => string
  readonly denied: string | undefined
  readonly onEdit: (silence: Silence) => void
  readonly onEnd: (silence: Silence) => void
}): JSX.Element {
  return (
    <ListTable
      columns={['What', 'State', wide('By'), ACTIONS]}
      items={props.silences}
      none="No silences. Make one here, or press “Silence” beside what is active."
    >
      {silence => (
        <tr classList={{ 'list-off': silence.state === 'expired' }}>
          <td class="rule-cell">
            <p class="matcher-tags">
              <For each={silence.matchers}>
                {({ label, op, value }) => (
                  <span class="alert-tag">
                    <span class="faint">
                      {label} {op}
                    </span>{' '}
                    {value === '' ? '(none)' : value}
                  </span>
                )}
              </For>
            </p>
            <Show when={silence.comment !== ''}>
              <span class="soft">{silence.comment}</span>
            </Show>
          </td>
          <td>
            <span class={`silence-state silence-${silence.state}`}>{silence.state}</span>
            <span class="faint rule-groups">
              {silence.state === 'pending' ? 'begins ' : silence.state === 'active' ? 'ends ' : ''}
              <Ago at={silence.state === 'pending' ? silence.starts_at : silence.ends_at} />
            </span>
          </td>
          <td class="wide-only">
            <span class="cut">{props.nameOf(silence.created_by)}</span>
          </td>
          <td class="list-actions">
            <Show when={silence.state !== 'expired'}>
              <button
                type="button"
                class="button button-small"
                disabled={props.denied !== undefined}
                title={props.denied}
                onClick={() => props.onEdit(silence)}
              >
                Change
              </button>
              <button
                type="button"
                class="button button-small button-warn"
                disabled={props.denied !== undefined}
                title={props.denied}
                onClick={() => props.onEnd(silence)}
              >
                End
              </button>
            </Show>
          </td>
        </tr>
      )}
    </ListTable>
  )
}
