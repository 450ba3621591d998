import { createSignal, For, type JSX, Show } from 'solid-js'
import type { SavedView } from '#proto/people.ts'
import { ApiError } from '../api/client.ts'
import { changeView, createView, deleteView, listViews } from '../api/saved-views.ts'
import { Icon } from '../kit/icon.tsx'
import { IconButton } from '../kit/icon-button.tsx'
import { Popover } from '../kit/popover.tsx'
import { toast } from '../kit/toast.tsx'
import { moveTo } from '../shell/address.ts'
import { EXPLORE_PATH } from '../shell/pages.ts'
import type { Explorer } from './explorer.ts'
import { savedAddress, viewSearch } from './saved-view-model.ts'

/** What is looked at again and again, under a name: one's own, and those of the project. */
export function ViewsMenu(props: { readonly explorer: Explorer }): JSX.Element {
  return (
    <Popover
      class="button button-icon views-button"
      label="Saved views"
      title="Saved views (v)"
      align="end"
      panelClass="views-panel"
      button={<Icon name="star" />}
    >
      {close => <Views explorer={props.explorer} onClose={close} />}
    </Popover>
  )
}

function Views(props: { readonly explorer: Explorer; readonly onClose: () => void }): JSX.Element {
  const { state, project } = props.explorer
  const [views, setViews] = createSignal<readonly SavedView[] | null>(null)
  const [problem, setProblem] = createSignal<string | null>(null)
  const address = (): string => savedAddress(state())
  const attempt = async (run: () => Promise<unknown>, done: string): Promise<void> => {
    setProblem(null)
    try {
      await run()
      toast(done)
    } catch (error) {
      setProblem(explained(error as Error))
    }
    await load()
  }
  const load = async (): Promise<void> => {
    try {
      setViews(await listViews(project().id))
    } catch (error) {
      setProblem(explained(error as Error))
    }
  }
  void load()
  return (
    <>
      <SaveForm
        onSave={(name, shared) =>
          void attempt(
            () => createView(project().id, { name, shared, address: address() }),
            'View saved',
          )
        }
      />
      <Show when={problem()}>
        {text => (
          <p class="hint hint-wrong" role="alert">
            {text()}
          </p>
        )}
      </Show>
      <ul class="views" aria-label="Saved views">
        <For each={views() ?? []}>
          {view => (
            <ViewLine
              view={view}
              current={view.address === address()}
              onShow={() => {
                props.onClose()
                moveTo(EXPLORE_PATH, viewSearch(view.address, project().id))
              }}
              onReplace={() =>
                void attempt(
                  () => changeView(project().id, view, { ...view, address: address() }),
                  'View replaced',
                )
              }
              onDelete={() => void attempt(() => deleteView(project().id, view.id), 'View deleted')}
            />
          )}
        </For>
      </ul>
      <Show when={views()?.length === 0}>
        <p class="facet-none">Nothing saved yet: a name keeps what you see now.</p>
      </Show>
    </>
  )
}

function SaveForm(props: {
  readonly onSave: (name: string, shared: boolean) => void
}): JSX.Element {
  const [name, setName] = createSignal('')
  const [shared, setShared] = createSignal(true)
  return (
    <form
      class="view-save"
      onSubmit={event => {
        event.preventDefault()
        if (name().trim() === '') return
        props.onSave(name().trim(), shared())
        setName('')
      }}
    >
      <input
        class="field field-small"
        data-autofocus=""
        placeholder="Name of this view"
        aria-label="Name of this view"
        maxLength={100}
        value={name()}
        onInput={event => setName(event.currentTarget.value)}
      />
      <button
        type="submit"
        class="button button-small button-primary"
        disabled={name().trim() === ''}
      >
        Save
      </button>
      <label class="view-shared">
        <input
          type="checkbox"
          checked={shared()}
          onChange={event => setShared(event.currentTarget.checked)}
        />
        For everybody in the project
      </label>
    </form>
  )
}

function ViewLine(props: {
  readonly view: SavedView
  readonly current: boolean
  readonly onShow: () => void
  readonly onReplace: () => void
  readonly onDelete: () => void
}): JSX.Element {
  const [sure, setSure] = createSignal(false)
  return (
    <li class="view-line">
      <button
        type="button"
        class="menu-item"
        aria-current={props.current ? 'true' : undefined}
        onClick={() => props.onShow()}
      >
        <Icon name="star" />
        <span class="menu-text">{props.view.name}</span>
        <small class="faint">{props.view.shared ? '' : 'mine'}</small>
      </button>
      <IconButton
        icon="refresh"
        label={`Replace ${props.view.name} by what is shown`}
        title="Replace by what is shown"
        disabled={props.current}
        onPress={() => props.onReplace()}
      />
      <button
        type="button"
        class="button button-quiet button-icon"
        classList={{ 'button-sure': sure() }}
        aria-label={`${sure() ? 'Really delete' : 'Delete'} ${props.view.name}`}
        title={sure() ? 'Once more deletes it' : 'Delete'}
        onClick={() => (sure() ? props.onDelete() : setSure(true))}
        onBlur={() => setSure(false)}
      >
        <Icon name="trash" />
      </button>
    </li>
  )
}

function explained(error: Error): string {
  if (error instanceof ApiError && error.status === 409)
    return 'Somebody else changed this view meanwhile; here it is as it is now.'
  return error.message
}
