import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { Icon } from '../kit/icon.tsx'
import { IconButton } from '../kit/icon-button.tsx'
import { Popover } from '../kit/popover.tsx'
import { hasColumn, movedColumn, withColumn, withoutColumn } from './columns-model.ts'
import type { Explorer } from './explorer.ts'
import { DENSITIES, type Density } from './row-layout-model.ts'

const DENSITY_NAMES: Readonly<Record<Density, string>> = {
  compact: 'Compact',
  normal: 'Normal',
  roomy: 'Roomy',
}
/** Fields of a row that are no attributes, beside those that the newest rows have. */
const OWN_FIELDS = ['service', 'host', 'file', 'trace_id', 'span_id', 'pattern_id', 'ingested_at']
const OFFERED_MAX = 8

/** How rows are shown: columns, their order, density, wrapping. */
export function DisplayMenu(props: { readonly explorer: Explorer }): JSX.Element {
  return (
    <Popover
      class="button button-quiet button-icon display-button"
      label="Columns and density"
      title="Columns and density (c)"
      align="end"
      panelClass="display-panel"
      button={<Icon name="columns" />}
    >
      {() => <DisplayPanel explorer={props.explorer} />}
    </Popover>
  )
}

function DisplayPanel(props: { readonly explorer: Explorer }): JSX.Element {
  const { state, setDisplay } = props.explorer
  return (
    <>
      <div class="segments" role="group" aria-label="Density">
        <For each={DENSITIES}>
          {density => (
            <button
              type="button"
              class="segment"
              aria-pressed={state().density === density}
              onClick={() => setDisplay({ density })}
            >
              {DENSITY_NAMES[density]}
            </button>
          )}
        </For>
      </div>
      <label class="display-wrap">
        <input
          type="checkbox"
          checked={state().wrap}
          onChange={event => setDisplay({ wrap: event.currentTarget.checked })}
        />
        Wrap messages <kbd>w</kbd>
      </label>
      <h3>Columns</h3>
      <ChosenColumns {...props} />
      <AddColumn {...props} />
    </>
  )
}

function ChosenColumns(props: { readonly explorer: Explorer }): JSX.Element {
  const { state, change } = props.explorer
  const columns = (): readonly string[] => state().columns.map(({ name }) => name)
  return (
    <ul class="chosen-columns" aria-label="Columns">
      <For each={columns()}>
        {(name, index) => (
          <li>
            <span class="chosen-name">{name}</span>
            <IconButton
              icon="chevron-up"
              label={`Move ${name} left`}
              onPress={() => change({ columns: movedColumn(state().columns, name, index() - 1) })}
            />
            <IconButton
              icon="chevron-down"
              label={`Move ${name} right`}
              onPress={() => change({ columns: movedColumn(state().columns, name, index() + 1) })}
            />
            <IconButton
              icon="close"
              label={`Remove ${name}`}
              onPress={() => change({ columns: withoutColumn(state().columns, name) })}
            />
          </li>
        )}
      </For>
    </ul>
  )
}

function AddColumn(props: { readonly explorer: Explorer }): JSX.Element {
  const { state, change, facts } = props.explorer
  const [part, setPart] = createSignal('')
  facts.want()
  const offered = createMemo(() => {
    const wanted = part().trim().toLowerCase()
    const names = new Set([...facts.fields().map(({ name }) => name), ...OWN_FIELDS])
    return [...names]
      .filter(name => !['level', 'message'].includes(name) && !hasColumn(state().columns, name))
      .filter(name => name.toLowerCase().includes(wanted))
      .slice(0, OFFERED_MAX)
  })
  const add = (name: string): void => {
    change({ columns: withColumn(state().columns, name) })
    setPart('')
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        const name = offered()[0] ?? part().trim()
        if (name !== '') add(name)
      }}
    >
      <input
        class="field field-small"
        data-autofocus=""
        placeholder="Add a column"
        aria-label="Add a column"
        value={part()}
        onInput={event => setPart(event.currentTarget.value)}
      />
      <div class="offered-columns">
        <For each={offered()}>
          {name => (
            <button type="button" class="chip" onClick={() => add(name)}>
              <Icon name="plus" />
              {name}
            </button>
          )}
        </For>
        <Show when={offered().length === 0 && part() !== ''}>
          <p class="facet-none">Enter adds it all the same</p>
        </Show>
      </div>
    </form>
  )
}
