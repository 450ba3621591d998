import { createRoot, type JSX } from 'solid-js'
import { browserClock } from '../clock.ts'
import { createNow } from './reactive.ts'
import { agoText, momentText, secondText } from './wall-time.ts'

const now = createRoot(() => createNow(10_000))

/** `3 min ago`; the moment itself stands behind it. */
export function Ago(props: { readonly at: string | null; readonly never?: string }): JSX.Element {
  const ms = (): number => Date.parse(props.at ?? '')
  // The common clock stands still between two ticks.
  const mountedMs = browserClock.nowMs()
  const latest = (): number => Math.max(now(), mountedMs)
  return (
    <time
      class="number"
      datetime={props.at ?? undefined}
      title={props.at === null ? undefined : momentText(ms(), 'local')}
    >
      {props.at === null ? (props.never ?? 'never') : whole(agoText(ms(), latest()))}
    </time>
  )
}

/** `2026-11-21 09:14:03` in the zone of the browser. */
export function Moment(props: { readonly at: string }): JSX.Element {
  return (
    <time class="number" datetime={props.at} title={props.at}>
      {secondText(Date.parse(props.at), 'local')}
    </time>
  )
}

/** A number and its unit stay in one line. */
function whole(text: string): string {
  return text.replace(/(?<=^\d+) /, '\u00a0')
}
