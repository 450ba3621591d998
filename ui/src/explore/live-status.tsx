import { type JSX, Match, Show, Switch } from 'solid-js'
import { TROUBLE_TEXTS, type Trouble } from '#proto/trouble.ts'
import { Icon } from '../kit/icon.tsx'
import { countText, rateText } from '../kit/number-text.ts'
import type { SessionView } from './explore-session.ts'
import type { Hole } from './tail-model.ts'

/** The switch that lets new rows stream in. */
export function LiveSwitch(props: {
  readonly on: boolean
  readonly view: SessionView
  readonly onToggle: () => void
}): JSX.Element {
  return (
    <button
      type="button"
      class="button live-switch"
      role="switch"
      aria-checked={props.on}
      aria-label="Live tail"
      title="Live tail (l)"
      classList={{
        'live-on': props.on,
        'live-lost': props.on && props.view.live === 'waiting',
        'live-paused': props.on && props.view.paused,
      }}
      onClick={() => props.onToggle()}
    >
      <span class="live-dot" />
      Live
    </button>
  )
}

/** That it is live, and how much comes; or that the connection was lost. */
export function LiveRate(props: { readonly view: SessionView }): JSX.Element {
  return (
    <span class="live-rate live-badge" classList={{ 'live-on': props.view.live === 'open' }}>
      <span class="live-dot" />
      <Show when={props.view.live === 'open'} fallback="Reconnecting">
        <b>{rateText(props.view.rowsPerSecond)}</b> rows/s
      </Show>
    </span>
  )
}

/** How the stream is doing: rate, pause, reconnecting. */
export function LiveStatus(props: {
  readonly view: SessionView
  readonly onPause: (paused: boolean) => void
}): JSX.Element {
  return (
    <div class="live-status">
      <Switch>
        <Match when={props.view.live === 'waiting'}>
          <span class="live-problem" role="status" title={props.view.liveProblem ?? undefined}>
            <span class="spinner" /> Reconnecting, nothing will be missed
          </span>
        </Match>
        <Match when={props.view.live === 'connecting'}>
          <span class="faint">Connecting…</span>
        </Match>
        <Match when={props.view.paused}>
          <span class="live-rate">
            Paused · <b>{countText(props.view.waitingCount)}</b> new
          </span>
        </Match>
        <Match when={props.view.live === 'open'}>
          <span class="live-rate">
            <b>{rateText(props.view.rowsPerSecond)}</b> rows/s
          </span>
        </Match>
      </Switch>
      <Show when={props.view.live === 'open' && props.view.troubles.length > 0}>
        <span class="live-problem" role="status" title={troublesText(props.view.troubles)}>
          <Icon name="warning" /> Degraded
        </span>
      </Show>
      <button
        type="button"
        class="button button-small"
        title={props.view.paused ? 'Resume (p)' : 'Pause (p)'}
        onClick={() => props.onPause(!props.view.paused)}
      >
        <Icon name={props.view.paused ? 'play' : 'pause'} />
        {props.view.paused ? 'Resume' : 'Pause'}
      </button>
    </div>
  )
}

function troublesText(troubles: readonly Trouble[]): string {
  return troubles.map(trouble => TROUBLE_TEXTS[trouble]).join('\n')
}

function droppedText(count: number): string {
  const what = count === 1 ? '1 row was' : `${countText(count)} rows were`
  return `${what} dropped: this browser was too slow for ${count === 1 ? 'it' : 'them'}`
}

/** Says plainly that rows are missing, and gets them. */
export function HoleNotice(props: {
  readonly hole: Hole
  readonly onFill: () => void
}): JSX.Element {
  const what = (): string =>
    props.hole.kind === 'gap'
      ? 'The stream was interrupted for longer than the server keeps it'
      : droppedText(props.hole.count ?? 0)
  return (
    <div class="notice" role="status">
      <Icon name="warning" />
      <span>{what()}</span>
      <Switch>
        <Match when={props.hole.state === 'filling'}>
          <span class="faint">
            <span class="spinner" /> fetching…
          </span>
        </Match>
        <Match when={props.hole.state === 'partly'}>
          <span class="faint">the newest of them are in the list, a search finds the others</span>
        </Match>
        <Match when={true}>
          <button type="button" class="button button-small" onClick={() => props.onFill()}>
            {props.hole.state === 'failed' ? 'Try again' : 'Fetch them'}
          </button>
        </Match>
      </Switch>
    </div>
  )
}

/** Floats over the list while new rows wait. */
export function NewRows(props: {
  readonly count: number
  readonly paused: boolean
  readonly onShow: () => void
}): JSX.Element {
  return (
    <Show when={props.count > 0}>
      <button type="button" class="new-rows" onClick={() => props.onShow()}>
        <Icon name="arrow-up" />
        {countText(props.count)} new
        <Show when={props.paused}>
          <span class="new-rows-hint">resume</span>
        </Show>
      </button>
    </Show>
  )
}
