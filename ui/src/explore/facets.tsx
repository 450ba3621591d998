import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { LEVELS, type Level } from '#proto/api.ts'
import { Icon } from '../kit/icon.tsx'
import { countText, shortCount } from '../kit/number-text.ts'
import { type Counts, type FacetValue, facetValues } from './counts-model.ts'

export interface FacetsProps {
  readonly counts: Counts | null
  readonly levels: readonly Level[]
  readonly services: readonly string[]
  readonly onLevels: (levels: readonly Level[]) => void
  readonly onServices: (services: readonly string[]) => void
}

const SERVICES_SHOWN = 12

/** Filters by level and service, with how many rows each would leave. */
export function Facets(props: FacetsProps): JSX.Element {
  return (
    <div class="facets">
      <LevelFacet {...props} />
      <ServiceFacet {...props} />
    </div>
  )
}

function LevelFacet(props: FacetsProps): JSX.Element {
  const values = createMemo(() => {
    const byLevel = props.counts?.byLevel ?? {}
    const largest = Math.max(1, ...LEVELS.map(level => byLevel[level] ?? 0))
    return [...LEVELS].reverse().map(level => ({
      value: level,
      count: byLevel[level] ?? 0,
      share: (byLevel[level] ?? 0) / largest,
      selected: props.levels.includes(level),
    }))
  })
  const toggle = (level: Level): void => {
    const has = props.levels.includes(level)
    props.onLevels(LEVELS.filter(other => (other === level ? !has : props.levels.includes(other))))
  }
  return (
    <FacetGroup title="Level" active={props.levels.length} onClear={() => props.onLevels([])}>
      <For each={values().map(({ value }) => value)}>
        {(level, index) => (
          <FacetItem
            facet={values()[index()] as FacetValue}
            known={props.counts !== null}
            dim={props.levels.length > 0}
            level={level}
            onToggle={() => toggle(level)}
            onOnly={() => props.onLevels([level])}
          />
        )}
      </For>
    </FacetGroup>
  )
}

function ServiceFacet(props: FacetsProps): JSX.Element {
  const [part, setPart] = createSignal('')
  const [all, setAll] = createSignal(false)
  const values = createMemo(() => facetValues(props.counts?.byService ?? {}, props.services))
  const matching = createMemo(() => {
    const wanted = part().trim().toLowerCase()
    return values().filter(({ value }) => value.toLowerCase().includes(wanted))
  })
  const shown = createMemo(() => (all() ? matching() : matching().slice(0, SERVICES_SHOWN)))
  const byName = createMemo(() => new Map(shown().map(facet => [facet.value, facet])))
  const toggle = (service: string): void => {
    const has = props.services.includes(service)
    props.onServices(
      has ? props.services.filter(other => other !== service) : [...props.services, service].sort(),
    )
  }
  return (
    <FacetGroup title="Service" active={props.services.length} onClear={() => props.onServices([])}>
      <Show when={values().length > SERVICES_SHOWN}>
        <input
          class="field field-small"
          placeholder="Find a service"
          aria-label="Find a service"
          value={part()}
          onInput={event => setPart(event.currentTarget.value)}
        />
      </Show>
      <For each={shown().map(({ value }) => value)}>
        {service => (
          <Show when={byName().get(service)}>
            {facet => (
              <FacetItem
                facet={facet()}
                known={props.counts !== null}
                dim={props.services.length > 0}
                onToggle={() => toggle(service)}
                onOnly={() => props.onServices([service])}
              />
            )}
          </Show>
        )}
      </For>
      <Show when={props.counts !== null && values().length === 0}>
        <p class="facet-none">No services in this range</p>
      </Show>
      <Show when={matching().length > SERVICES_SHOWN}>
        <button type="button" class="link" onClick={() => setAll(!all())}>
          {all() ? 'Show fewer' : `Show all ${matching().length}`}
        </button>
      </Show>
    </FacetGroup>
  )
}

function FacetGroup(props: {
  readonly title: string
  readonly active: number
  readonly onClear: () => void
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <section class="facet" aria-label={`Filter by ${props.title.toLowerCase()}`}>
      <header class="facet-head">
        <h2>{props.title}</h2>
        <Show when={props.active > 0}>
          <button type="button" class="link" onClick={() => props.onClear()}>
            Clear
          </button>
        </Show>
      </header>
      {props.children}
    </section>
  )
}

function FacetItem(props: {
  readonly facet: FacetValue
  /** It was counted already. */
  readonly known: boolean
  /** Something of this facet is chosen, so that the others are left out. */
  readonly dim: boolean
  readonly level?: Level
  readonly onToggle: () => void
  readonly onOnly: () => void
}): JSX.Element {
  return (
    <div
      class="facet-item"
      classList={{
        'facet-chosen': props.facet.selected,
        'facet-dim': props.dim && !props.facet.selected,
        'facet-empty': props.known && props.facet.count === 0,
      }}
    >
      <button
        type="button"
        class="facet-toggle"
        aria-pressed={props.facet.selected}
        title={`${props.facet.value}: ${countText(props.facet.count)}`}
        onClick={() => props.onToggle()}
      >
        <span
          class={`facet-share ${props.level === undefined ? '' : `fill-${props.level.toLowerCase()}`}`}
          style={{ '--share': props.facet.share }}
        />
        <span class="facet-box">
          <Show when={props.facet.selected}>
            <Icon name="check" />
          </Show>
        </span>
        <Show when={props.level}>
          {level => <span class={`dot dot-${level().toLowerCase()}`} />}
        </Show>
        <span class="facet-value">{props.facet.value || '(none)'}</span>
        <span class="number">{props.known ? shortCount(props.facet.count) : ''}</span>
      </button>
      <button type="button" class="facet-only" onClick={() => props.onOnly()}>
        only
      </button>
    </div>
  )
}
