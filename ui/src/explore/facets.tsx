import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { LEVELS, type Level } from '#proto/api.ts'
import { type Counts, type FacetValue, facetValues } from './counts-model.ts'
import type { Explorer } from './explorer.ts'
import { FacetGroup, FacetItem } from './facet-item.tsx'
import { FieldFacets } from './field-facets.tsx'
import { choiceOf, toggleExcluded } from './field-terms-model.ts'

const SERVICES_SHOWN = 12

/** Filters by level, service and every other field, with how many rows each would leave. */
export function Facets(props: { readonly explorer: Explorer }): JSX.Element {
  return (
    <div class="facets">
      <LevelFacet {...props} />
      <ServiceFacet {...props} />
      <FieldFacets {...props} />
    </div>
  )
}

function LevelFacet(props: { readonly explorer: Explorer }): JSX.Element {
  const { state, view, change } = props.explorer
  const counts = (): Counts | null => view().counts
  const chosen = (): readonly Level[] => state().levels
  const excluded = createMemo(() => choiceOf(state().query, 'level').excluded)
  const values = createMemo(() => {
    const byLevel = counts()?.byLevel ?? {}
    const largest = Math.max(1, ...LEVELS.map(level => byLevel[level] ?? 0))
    return [...LEVELS].reverse().map((level): FacetValue & { readonly value: Level } => ({
      value: level,
      count: byLevel[level] ?? 0,
      share: (byLevel[level] ?? 0) / largest,
      selected: chosen().includes(level),
    }))
  })
  const toggle = (level: Level): void => {
    const has = chosen().includes(level)
    change({ levels: LEVELS.filter(other => (other === level ? !has : chosen().includes(other))) })
  }
  return (
    <FacetGroup title="Level" active={chosen().length > 0} onClear={() => change({ levels: [] })}>
      <For each={values().map(({ value }) => value)}>
        {(level, index) => (
          <FacetItem
            facet={values()[index()] as FacetValue}
            known={counts() !== null}
            dim={chosen().length > 0}
            level={level}
            excluded={excluded().some(value => value.toUpperCase() === level)}
            onToggle={() => toggle(level)}
            onOnly={() => change({ levels: [level] })}
            onExclude={() => change({ query: toggleExcluded(state().query, 'level', level) })}
          />
        )}
      </For>
    </FacetGroup>
  )
}

function ServiceFacet(props: { readonly explorer: Explorer }): JSX.Element {
  const { state, view, change } = props.explorer
  const counts = (): Counts | null => view().counts
  const chosen = (): readonly string[] => state().services
  const excluded = createMemo(() => choiceOf(state().query, 'service').excluded)
  const [part, setPart] = createSignal('')
  const [all, setAll] = createSignal(false)
  const values = createMemo(() =>
    facetValues(counts()?.byService ?? {}, [...chosen(), ...excluded()]),
  )
  const matching = createMemo(() => {
    const wanted = part().trim().toLowerCase()
    return values().filter(({ value }) => value.toLowerCase().includes(wanted))
  })
  const shown = createMemo(() => (all() ? matching() : matching().slice(0, SERVICES_SHOWN)))
  const byName = createMemo(() => new Map(shown().map(facet => [facet.value, facet])))
  const toggle = (service: string): void => {
    const has = chosen().includes(service)
    change({
      services: has ? chosen().filter(other => other !== service) : [...chosen(), service].sort(),
    })
  }
  return (
    <FacetGroup
      title="Service"
      active={chosen().length > 0}
      onClear={() => change({ services: [] })}
    >
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
                facet={{ ...facet(), selected: chosen().includes(service) }}
                known={counts() !== null}
                dim={chosen().length > 0}
                excluded={excluded().includes(service)}
                onToggle={() => toggle(service)}
                onOnly={() => change({ services: [service] })}
                onExclude={() =>
                  change({ query: toggleExcluded(state().query, 'service', service) })
                }
              />
            )}
          </Show>
        )}
      </For>
      <Show when={counts() !== null && values().length === 0}>
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
