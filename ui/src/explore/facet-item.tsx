import { type JSX, Show } from 'solid-js'
import type { Level } from '#proto/api.ts'
import { Icon } from '../kit/icon.tsx'
import { countText, shortCount } from '../kit/number-text.ts'
import type { FacetValue } from './counts-model.ts'

export function FacetGroup(props: {
  readonly title: string
  readonly active: boolean
  readonly onClear: () => void
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <section class="facet" aria-label={`Filter by ${props.title.toLowerCase()}`}>
      <header class="facet-head">
        <h2>{props.title}</h2>
        <Show when={props.active}>
          <button type="button" class="link" onClick={() => props.onClear()}>
            Clear
          </button>
        </Show>
      </header>
      {props.children}
    </section>
  )
}

/** One value: chosen by a click, alone or left out by the buttons that appear beside it. */
export function FacetItem(props: {
  readonly facet: FacetValue
  /** It was counted already. */
  readonly known: boolean
  /** Something of this facet is chosen, so that the others are left out. */
  readonly dim: boolean
  readonly level?: Level
  readonly excluded: boolean
  readonly onToggle: () => void
  readonly onOnly?: () => void
  readonly onExclude: () => void
}): JSX.Element {
  const name = (): string => props.facet.value || '(none)'
  return (
    <div
      class="facet-item"
      classList={{
        'facet-chosen': props.facet.selected,
        'facet-excluded': props.excluded,
        'facet-dim': props.dim && !props.facet.selected,
        'facet-empty': props.known && props.facet.count === 0,
      }}
    >
      <button
        type="button"
        class="facet-toggle"
        aria-pressed={props.facet.selected}
        title={`${name()}: ${countText(props.facet.count)}`}
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
          <Show when={props.excluded}>
            <Icon name="minus" />
          </Show>
        </span>
        <Show when={props.level}>
          {level => <span class={`dot dot-${level().toLowerCase()}`} />}
        </Show>
        <span class="facet-value">{name()}</span>
        <span class="number">{props.known ? shortCount(props.facet.count) : ''}</span>
      </button>
      <span class="facet-tools">
        <Show when={props.onOnly}>
          {only => (
            <button
              type="button"
              class="facet-only"
              aria-label={`Only ${name()}`}
              onClick={() => only()()}
            >
              only
            </button>
          )}
        </Show>
        <button
          type="button"
          class="facet-only"
          aria-pressed={props.excluded}
          aria-label={`Without ${name()}`}
          title={props.excluded ? 'No longer leave it out' : 'Leave it out'}
          onClick={() => props.onExclude()}
        >
          not
        </button>
      </span>
    </div>
  )
}
