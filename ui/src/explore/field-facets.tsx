import { createMemo, createSignal, For, type JSX, onMount, Show } from 'solid-js'
import { type FieldFact, readFacets } from '../api/facts.ts'
import { searchLogs } from '../api/logs.ts'
import { createAsked } from '../kit/asked.ts'
import { Icon } from '../kit/icon.tsx'
import { numberText } from '../kit/number-text.ts'
import { createStoredList } from '../kit/reactive.ts'
import { hasColumn, withColumn, withoutColumn } from './columns-model.ts'
import { facetValues } from './counts-model.ts'
import type { Explorer } from './explorer.ts'
import { FacetItem } from './facet-item.tsx'
import { scopeFilter } from './field-facts.ts'
import {
  choiceOf,
  isChosen,
  toggleExcluded,
  toggleIncluded,
  withNumberRange,
  withoutField,
} from './field-terms-model.ts'
import { rangeRequest } from './search-model.ts'

/** Facets of their own, or nothing to count. */
const OTHERS = ['level', 'service', 'message', 'trace_id', 'span_id']
const VALUES_SHOWN = 10
/** A field of numbers with more different ones is asked for by its ends. */
const SINGLE_NUMBERS_MAX = 12

/** Every other field: pinned ones first, then those in use, then by how many logs have them. */
export function FieldFacets(props: { readonly explorer: Explorer }): JSX.Element {
  const { state, facts } = props.explorer
  const [part, setPart] = createSignal('')
  const [pinned, setPinned] = createStoredList(() => `pinned.${props.explorer.project().id}`)
  onMount(() => facts.want())
  const fields = createMemo(() => {
    const wanted = part().trim().toLowerCase()
    const rank = (name: string): number =>
      pinned().includes(name) ? 0 : isChosen(state().query, name) ? 1 : 2
    return facts
      .fields()
      .filter(({ name }) => !OTHERS.includes(name) && name.toLowerCase().includes(wanted))
      .toSorted((a, b) => rank(a.name) - rank(b.name))
  })
  const byName = createMemo(() => new Map(fields().map(field => [field.name, field])))
  const pin = (name: string): void => {
    const others = pinned().filter(other => other !== name)
    setPinned(others.length < pinned().length ? others : [...pinned(), name])
  }
  return (
    <section class="facet" aria-label="Other fields">
      <header class="facet-head">
        <h2>Fields</h2>
        <Show when={facts.busy()}>
          <span class="spinner" />
        </Show>
      </header>
      <Show when={facts.fields().length > 0}>
        <input
          class="field field-small"
          placeholder="Find a field"
          aria-label="Find a field"
          value={part()}
          onInput={event => setPart(event.currentTarget.value)}
        />
      </Show>
      <For each={fields().map(({ name }) => name)}>
        {name => (
          <Show when={byName().get(name)}>
            {field => (
              <FieldFacet
                explorer={props.explorer}
                field={field()}
                pinned={pinned().includes(name)}
                onPin={() => pin(name)}
              />
            )}
          </Show>
        )}
      </For>
      <Show when={part() !== '' && fields().length === 0}>
        <p class="facet-none">No field is called so</p>
      </Show>
    </section>
  )
}

interface FieldFacetProps {
  readonly explorer: Explorer
  readonly field: FieldFact
}

function FieldFacet(
  props: FieldFacetProps & { readonly pinned: boolean; readonly onPin: () => void },
): JSX.Element {
  const { state, change } = props.explorer
  const { name } = props.field
  const [open, setOpen] = createSignal(props.pinned || isChosen(state().query, name))
  const isColumn = (): boolean => hasColumn(state().columns, name)
  const isNumber = (): boolean =>
    props.field.types.some(type => type === 'integer' || type === 'number') &&
    props.field.distinct > SINGLE_NUMBERS_MAX
  return (
    <div class="field-facet" classList={{ 'field-facet-open': open() }}>
      <div class="field-facet-head">
        <button
          type="button"
          class="field-facet-name"
          aria-expanded={open()}
          title={`${name}: in ${Math.round(props.field.share * 100)} % of the newest logs`}
          onClick={() => setOpen(!open())}
        >
          <Icon name="chevron-down" />
          <span>{name}</span>
        </button>
        <Show when={isChosen(state().query, name)}>
          <button
            type="button"
            class="link"
            onClick={() => change({ query: withoutField(state().query, name) })}
          >
            Clear
          </button>
        </Show>
        <button
          type="button"
          class="button button-quiet field-facet-tool"
          aria-pressed={isColumn()}
          aria-label={`Column ${name}`}
          title={isColumn() ? 'Remove the column' : 'Add as a column'}
          onClick={() =>
            change({ columns: (isColumn() ? withoutColumn : withColumn)(state().columns, name) })
          }
        >
          <Icon name="columns" />
        </button>
        <button
          type="button"
          class="button button-quiet field-facet-tool"
          aria-pressed={props.pinned}
          aria-label={`Pin ${name}`}
          title={props.pinned ? 'Unpin' : 'Pin to the top'}
          onClick={() => props.onPin()}
        >
          <Icon name="pin" />
        </button>
      </div>
      <Show when={open()}>
        <Show when={isNumber()} fallback={<FieldValues {...props} />}>
          <NumberRange {...props} />
        </Show>
      </Show>
    </div>
  )
}

/** The values of the logs that match everything else that is asked. */
function FieldValues(props: FieldFacetProps): JSX.Element {
  const { state, scope, change } = props.explorer
  const { name } = props.field
  const question = createMemo(() => {
    const asked = scope()
    if (asked === null) return null
    const filter = scopeFilter({ ...asked, conditions: withoutField(asked.conditions, name) })
    return { ...filter, fields: [name], limit: VALUES_SHOWN }
  })
  const { answer, problem } = createAsked(question, readFacets)
  const choice = createMemo(() => choiceOf(state().query, name))
  const values = createMemo(() => {
    const { included, excluded } = choice()
    const counted = answer()?.facets[0]?.values ?? []
    const counts = Object.fromEntries(counted.map(({ value, count }) => [value, count]))
    return facetValues(counts, [...included, ...excluded])
  })
  const has = (list: readonly string[], value: string): boolean =>
    list.some(other => other.toLowerCase() === value.toLowerCase())
  return (
    <>
      <For each={values()}>
        {facet => (
          <FacetItem
            facet={{ ...facet, selected: has(choice().included, facet.value) }}
            known={answer() !== null}
            dim={choice().included.length > 0}
            excluded={has(choice().excluded, facet.value)}
            onToggle={() => change({ query: toggleIncluded(state().query, name, facet.value) })}
            onExclude={() => change({ query: toggleExcluded(state().query, name, facet.value) })}
          />
        )}
      </For>
      <Show when={answer()?.facets[0]?.has_more}>
        <p class="facet-none">the {VALUES_SHOWN} most frequent ones</p>
      </Show>
      <Show when={problem()}>{error => <p class="facet-none">{error().message}</p>}</Show>
      <Show when={answer() !== null && values().length === 0}>
        <p class="facet-none">no values here</p>
      </Show>
    </>
  )
}

/** From the smallest to the largest number, or what is typed. */
function NumberRange(props: FieldFacetProps): JSX.Element {
  const { state, scope, change } = props.explorer
  const { name } = props.field
  const question = createMemo(() => {
    const asked = scope()
    return asked === null
      ? null
      : rangeRequest({ ...asked, conditions: withoutField(asked.conditions, name) }, name)
  })
  const { answer } = createAsked(question, searchLogs)
  const ends = (): readonly (string | undefined)[] =>
    (answer()?.table?.rows[0] ?? []).map(each =>
      typeof each === 'number' ? numberText(each) : undefined,
    )
  const choice = createMemo(() => choiceOf(state().query, name))
  const apply = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const number = (key: string): number | null => {
      const text = data.get(key)
      const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN
      return Number.isFinite(value) ? value : null
    }
    change({ query: withNumberRange(state().query, name, number('from'), number('to')) })
  }
  const end = (key: 'from' | 'to', at: number): JSX.Element => (
    <input
      class="field field-small"
      name={key}
      type="number"
      step="any"
      aria-label={`${name} ${key}`}
      placeholder={ends()[at] ?? ''}
      value={choice()[key] ?? ''}
    />
  )
  return (
    <form class="number-range" onSubmit={apply}>
      {end('from', 0)}
      <span class="faint">to</span>
      {end('to', 1)}
      <button type="submit" class="button button-small">
        Apply
      </button>
    </form>
  )
}
