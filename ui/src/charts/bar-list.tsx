import { For, type JSX, Show } from 'solid-js'
import { LEVELS, type Level } from '#proto/api.ts'
import { shortCount } from '../kit/number-text.ts'

export interface BarListItem {
  readonly name: string
  readonly count: number
  /** How much of it is of each level; without it the bar has one colour. */
  readonly byLevel?: Readonly<Partial<Record<Level, number>>>
  readonly note?: string
}

/** Names with bars to compare, each a button. */
export function BarList(props: {
  readonly items: readonly BarListItem[]
  readonly label: string
  readonly empty: string
  readonly text?: (value: number) => string
  /** The names are texts of machines. */
  readonly isCode?: boolean
  readonly onChoose: (name: string) => void
}): JSX.Element {
  const largest = (): number => Math.max(1, ...props.items.map(({ count }) => count))
  const byName = (): ReadonlyMap<string, BarListItem> =>
    new Map(props.items.map(item => [item.name, item]))
  return (
    <Show when={props.items.length > 0} fallback={<p class="panel-empty">{props.empty}</p>}>
      <ul
        class="bar-list"
        classList={{ 'bar-list-code': props.isCode === true }}
        aria-label={props.label}
      >
        <For each={props.items.map(({ name }) => name)}>
          {name => (
            <Show when={byName().get(name)}>
              {item => (
                <li>
                  <button type="button" class="bar-item" onClick={() => props.onChoose(name)}>
                    <span class="bar-name">{name || '(none)'}</span>
                    <span class="bar-note-text faint">{item().note}</span>
                    <span class="number">{(props.text ?? shortCount)(item().count)}</span>
                    <span
                      class="bar-track"
                      style={{ '--share': item().count / largest() }}
                      aria-hidden="true"
                    >
                      <LevelParts item={item()} />
                    </span>
                  </button>
                </li>
              )}
            </Show>
          )}
        </For>
      </ul>
    </Show>
  )
}

function LevelParts(props: { readonly item: BarListItem }): JSX.Element {
  return (
    <Show when={props.item.byLevel} fallback={<span class="bar-part bar-part-plain" />}>
      {byLevel => (
        <For each={LEVELS.filter(level => (byLevel()[level] ?? 0) > 0).reverse()}>
          {level => (
            <span
              class={`bar-part fill-${level.toLowerCase()}`}
              style={{ '--part': (byLevel()[level] ?? 0) / Math.max(1, props.item.count) }}
            />
          )}
        </For>
      )}
    </Show>
  )
}
