import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import type { DeadLetterSummary } from '#proto/people.ts'
import { deleteDeadLetters, listDeadLetters, replayDeadLetters } from '../api/dead-letters.ts'
import { byteText } from '../kit/byte-text.ts'
import { ConfirmDialog } from '../kit/confirm-dialog.tsx'
import { Icon } from '../kit/icon.tsx'
import { ListTable, wide } from '../kit/list-table.tsx'
import { createLoad, Loaded } from '../kit/load.tsx'
import { Ago } from '../kit/moment.tsx'
import { Pager } from '../kit/pager.tsx'
import { Section } from '../kit/section.tsx'
import { toast } from '../kit/toast.tsx'
import { address, changeSearch } from '../shell/address.ts'
import { DeadLetterDialog } from './dead-letter-dialog.tsx'
import { replayedText, SOURCE_WORDS } from './dead-letter-model.ts'
import { whyNot } from './permissions-model.ts'
import type { ProjectPageProps } from './project-page.ts'

const PAGE_LETTERS = 100

/** What was refused: to look at, repair and send again, or to throw away. */
export function DeadLettersPage(props: ProjectPageProps): JSX.Element {
  const box = createBox(() => props.project.id)
  const [deleting, setDeleting] = createSignal(false)
  const replay = async (): Promise<void> => {
    try {
      toast(replayedText(await replayDeadLetters(props.project.id, { ids: box.chosen() })))
    } catch (error) {
      toast((error as Error).message)
    }
    box.reload()
  }
  return (
    <Section
      page
      title="Dead letters"
      about="Records that were refused, as they came, with the reason. Repair and replay them, or delete them."
      tools={
        <button type="button" class="button" onClick={box.reload}>
          <Icon name="refresh" />
          Refresh
        </button>
      }
    >
      <Filters source={box.filter('source')} reason={box.filter('reason')} onFilter={box.change} />
      <Show when={box.chosen().length > 0}>
        <div class="chosen-bar" role="toolbar" aria-label="Chosen letters">
          <b class="number">{box.chosen().length} chosen</b>
          <button
            type="button"
            class="button button-small"
            disabled={whyNot(props.project, 'settings') !== undefined}
            title={whyNot(props.project, 'settings')}
            onClick={() => void replay()}
          >
            Replay as they are
          </button>
          <button
            type="button"
            class="button button-small button-warn"
            disabled={whyNot(props.project, 'settings') !== undefined}
            onClick={() => setDeleting(true)}
          >
            Delete
          </button>
        </div>
      </Show>
      <Loaded load={box.load} what="The dead letters">
        {page => (
          <>
            <LetterTable
              letters={page().letters}
              filtered={box.filter('source') !== '' || box.filter('reason') !== ''}
              chosen={box.chosen()}
              onChoose={box.choose}
              onOpen={id => box.change({ letter: id })}
            />
            <Pager
              isOlder={box.filter('after') !== ''}
              next={page().next}
              onNewest={() => box.change({ after: '' })}
              onOlder={after => box.change({ after })}
            />
          </>
        )}
      </Loaded>
      <Show when={box.filter('letter') || null} keyed>
        {id => (
          <DeadLetterDialog
            project={props.project}
            id={id}
            onDone={box.reload}
            onClose={() => box.change({ letter: '' })}
          />
        )}
      </Show>
      <Show when={deleting()}>
        <ConfirmDialog
          title={`Delete ${box.chosen().length} dead letters?`}
          action="Delete"
          onConfirm={async () => {
            await deleteDeadLetters(props.project.id, box.chosen())
            box.reload()
          }}
          onClose={() => setDeleting(false)}
        >
          What they hold is gone for good.
        </ConfirmDialog>
      </Show>
    </Section>
  )
}

type Parameter = 'source' | 'reason' | 'after' | 'letter'

/** What is listed, by the address; and what of it is chosen. */
function createBox(projectId: () => string) {
  const params = createMemo(() => new URLSearchParams(address().search))
  const filter = (name: Parameter): string => params().get(name) ?? ''
  const query = createMemo(
    () => ({
      id: projectId(),
      source: filter('source'),
      reason: filter('reason'),
      after: filter('after'),
    }),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  )
  const load = createLoad(query, ({ id, ...wanted }, signal) =>
    listDeadLetters(id, { ...wanted, limit: PAGE_LETTERS }, signal),
  )
  const [ids, setIds] = createSignal<readonly string[]>([])
  // What is no longer listed is no longer chosen.
  const chosen = createMemo(() => {
    const listed = new Set(load.value()?.letters.map(({ id }) => id))
    return ids().filter(id => listed.has(id))
  })
  return {
    load,
    filter,
    chosen,
    reload: load.reload,
    choose: (wanted: readonly string[], isChosen: boolean): void => {
      const others = ids().filter(id => !wanted.includes(id))
      setIds(isChosen ? [...others, ...wanted] : others)
    },
    change: (patch: Partial<Record<Parameter, string>>): void => {
      // Another filter begins at its newest.
      const isOther = patch.source !== undefined || patch.reason !== undefined
      changeSearch(patch, {
        forget: isOther ? 'after' : undefined,
        replace: patch.letter === undefined,
      })
    },
  }
}

function Filters(props: {
  readonly source: string
  readonly reason: string
  readonly onFilter: (patch: Partial<Record<Parameter, string>>) => void
}): JSX.Element {
  return (
    <div class="filters">
      <label class="labelled">
        <span>Reason</span>
        <input
          class="field"
          type="search"
          placeholder="not UTF-8, too large…"
          value={props.reason}
          onChange={event => props.onFilter({ reason: event.currentTarget.value.trim() })}
        />
      </label>
      <label class="labelled">
        <span>Source</span>
        <select
          class="field"
          onChange={event => props.onFilter({ source: event.currentTarget.value })}
        >
          <option value="" selected={props.source === ''}>
            All
          </option>
          <For each={Object.entries(SOURCE_WORDS)}>
            {([name, words]) => (
              <option value={name} selected={props.source === name}>
                {words}
              </option>
            )}
          </For>
        </select>
      </label>
    </div>
  )
}

function LetterTable(props: {
  readonly letters: readonly DeadLetterSummary[]
  readonly filtered: boolean
  readonly chosen: readonly string[]
  readonly onChoose: (ids: readonly string[], chosen: boolean) => void
  readonly onOpen: (id: string) => void
}): JSX.Element {
  const isAll = (): boolean =>
    props.letters.length > 0 && props.chosen.length === props.letters.length
  const chooseAll = (chosen: boolean): void => {
    props.onChoose(
      props.letters.map(({ id }) => id),
      chosen,
    )
  }
  const all = (
    <input
      type="checkbox"
      aria-label="Choose all"
      checked={isAll()}
      disabled={props.letters.length === 0}
      onChange={event => chooseAll(event.currentTarget.checked)}
    />
  )
  return (
    <ListTable
      columns={[
        { title: all, class: 'list-tick' },
        'Reason',
        'Came',
        wide('Source'),
        { title: 'Size', class: 'wide-only list-number' },
      ]}
      items={props.letters}
      none={props.filtered ? 'No dead letters match.' : 'Nothing was refused. Good.'}
    >
      {letter => (
        <tr>
          <td class="list-tick">
            <input
              type="checkbox"
              aria-label={`Choose ${letter.reason}`}
              checked={props.chosen.includes(letter.id)}
              onChange={event => props.onChoose([letter.id], event.currentTarget.checked)}
            />
          </td>
          <td>
            <button
              type="button"
              class="link cut list-main"
              onClick={() => props.onOpen(letter.id)}
            >
              {letter.reason}
            </button>
          </td>
          <td>
            <Ago at={letter.at} />
          </td>
          <td class="wide-only">
            <span class="cut">{SOURCE_WORDS[letter.source] ?? letter.source}</span>
          </td>
          <td class="wide-only list-number">{byteText(letter.bytes)}</td>
        </tr>
      )}
    </ListTable>
  )
}
