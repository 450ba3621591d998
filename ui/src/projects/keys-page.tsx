import { createSignal, For, type JSX, Show } from 'solid-js'
import type { ProjectKey } from '#proto/api.ts'
import { listKeys, revokeKey } from '../api/projects.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ACTIONS, ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { CreateKeyDialog, RotateKeyDialog } from './key-dialogs.tsx'
import { keyState } from './key-model.ts'
import type { ProjectPageProps } from './project-page.ts'

/** Keys of the project: what programs send and read with. */
export function KeysPage(props: ProjectPageProps): JSX.Element {
  const keys = createLoad(() => props.project.id, listKeys)
  const [making, setMaking] = createSignal(false)
  const [rotating, setRotating] = createSignal<ProjectKey | null>(null)
  const [revoking, setRevoking] = createSignal<ProjectKey | null>(null)
  return (
    <Section
      page
      title="API Keys"
      about="Programs send and read logs with a key. Give each program one of its own."
      tools={
        <button type="button" class="button button-primary" onClick={() => setMaking(true)}>
          <Icon name="plus" />
          Create key
        </button>
      }
    >
      <Loaded load={keys} what="The keys">
        {list => <KeyTable keys={list()} onRotate={setRotating} onRevoke={setRevoking} />}
      </Loaded>
      <Show when={making()}>
        <CreateKeyDialog
          project={props.project}
          onMade={keys.reload}
          onClose={() => setMaking(false)}
        />
      </Show>
      <Show when={rotating()} keyed>
        {key => (
          <RotateKeyDialog
            project={props.project}
            old={key}
            onMade={keys.reload}
            onClose={() => setRotating(null)}
          />
        )}
      </Show>
      <Show when={revoking()} keyed>
        {key => (
          <ConfirmDialog
            title={`Revoke ${key.name}?`}
            action="Revoke key"
            onConfirm={async () => {
              await revokeKey(props.project.id, key.id)
              toast('Key revoked')
              keys.reload()
            }}
            onClose={() => setRevoking(null)}
          >
            Programs that use it are refused within a second, also on streams and tails that are
            open. This cannot be undone.
          </ConfirmDialog>
        )}
      </Show>
    </Section>
  )
}

function KeyTable(props: {
  readonly keys: readonly ProjectKey[]
  readonly onRotate: (key: ProjectKey) => void
  readonly onRevoke: (key: ProjectKey) => void
}): JSX.Element {
  return (
    <ListTable
      columns={['Name', 'May', wide('Created'), 'Last used', wide('Expires'), ACTIONS]}
      items={props.keys}
      none="No keys yet."
    >
      {key => (
        <tr classList={{ 'list-off': keyState(key) !== 'active' }}>
          <td>
            <b class="cut">{key.name}</b>
            <code class="faint cut">{key.id}</code>
          </td>
          <td>
            <For each={key.scopes}>{scope => <span class="tag">{scope}</span>}</For>
            <Show when={key.kind === 'signing'}>
              <span class="tag tag-accent">signed</span>
            </Show>
          </td>
          <td class="wide-only">
            <Ago at={key.created_at} />
          </td>
          <td>
            <Ago at={key.last_used_at} />
          </td>
          <td class="wide-only">
            <Ago at={key.expires_at} />
          </td>
          <td class="list-actions">
            <Show
              when={keyState(key) === 'active'}
              fallback={<span class="tag tag-off">{keyState(key)}</span>}
            >
              <button
                type="button"
                class="button button-small"
                title="A new key beside it; revoke the old one when nobody uses it any more"
                onClick={() => props.onRotate(key)}
              >
                Rotate
              </button>
              <button
                type="button"
                class="button button-small button-warn"
                onClick={() => props.onRevoke(key)}
              >
                Revoke
              </button>
            </Show>
          </td>
        </tr>
      )}
    </ListTable>
  )
}
