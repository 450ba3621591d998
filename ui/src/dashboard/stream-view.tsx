import { createMemo, For, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { LEVELS } from '#proto/api.ts'
import { rowTimeMs } from '../explore/row-order.ts'
import { lineText, textParts } from '../explore/row-text-model.ts'
import { IconButton } from '../kit/icon-button.tsx'
import { rateText, shortCount } from '../kit/number-text.ts'
import { listen } from '../kit/reactive.ts'
import { clockText } from '../kit/wall-time.ts'
import type { Dashboard } from './dashboard-session.ts'

/** More do not fit on any screen. */
const ROWS_SHOWN = 120

/** The stream and nothing else, to be read from across the room. */
export function StreamView(props: { readonly dashboard: Dashboard }): JSX.Element {
  const { project, state, view, change } = props.dashboard
  const rows = createMemo(() => view().rows.head.slice(0, ROWS_SHOWN))
  const close = (): void => change({ stream: false }, { replace: true })
  let screen: HTMLElement | undefined
  onMount(() => {
    screen?.focus()
    // Without a click of its own a page may not fill the screen: it fills the window all the same.
    screen?.requestFullscreen().catch(() => {})
  })
  onCleanup(() => {
    if (document.fullscreenElement !== null) void document.exitFullscreen()
  })
  listen(window, 'keydown', event => {
    if (event.key === 'Escape') close()
  })
  return (
    <section
      class="stream"
      role="dialog"
      aria-modal="true"
      aria-label="Stream"
      tabIndex={-1}
      ref={element => {
        screen = element
      }}
      // Escape leaves the whole screen first, without telling the page of the key.
      on:fullscreenchange={() => document.fullscreenElement === null && close()}
    >
      <header class="stream-head">
        <h2>{project().name}</h2>
        <span class="live-rate" role="status">
          <Show when={view().live === 'open'} fallback="Waiting for the server…">
            <b>{rateText(view().rowsPerSecond)}</b> rows/s
          </Show>
        </span>
        <ul class="stream-levels" aria-label="Logs by level">
          <For each={LEVELS.filter(level => (view().counts?.byLevel[level] ?? 0) > 0).reverse()}>
            {level => (
              <li class={`level-${level.toLowerCase()}`}>
                {level} <b>{shortCount(view().counts?.byLevel[level] ?? 0)}</b>
              </li>
            )}
          </For>
        </ul>
        <IconButton icon="close" label="Leave the stream" title="Leave (Esc)" onPress={close} />
      </header>
      <ol class="stream-rows">
        <For each={rows()}>
          {row => (
            <li class={`stream-row row-${row.level.toLowerCase()}`}>
              <span class="stream-time">{clockText(rowTimeMs(row), state().zone)}</span>
              <span class={`stream-level level-${row.level.toLowerCase()}`}>{row.level}</span>
              <span class="stream-service">{row.service}</span>
              <span class="stream-text">
                <For each={textParts(lineText(row), [])}>
                  {({ text, style }) => <span class={style}>{text}</span>}
                </For>
              </span>
            </li>
          )}
        </For>
      </ol>
    </section>
  )
}
