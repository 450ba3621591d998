import { createRoot, createSignal, type JSX, Show } from 'solid-js'
import { browserClock, type Cancel } from '../clock.ts'
import { Icon } from './icon.tsx'

const SHOWN_MS = 2500

const [text, setText] = createRoot(() => createSignal<string | null>(null))
let cancel: Cancel = () => {}

/** Says one short thing for a moment. */
export function toast(words: string): void {
  cancel()
  setText(words)
  cancel = browserClock.after(SHOWN_MS, () => setText(null))
}

export function Toaster(): JSX.Element {
  return (
    <div class="toaster" role="status" aria-live="polite">
      <Show when={text()}>
        {words => (
          <div class="toast">
            <Icon name="check" />
            {words()}
          </div>
        )}
      </Show>
    </div>
  )
}
