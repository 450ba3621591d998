import { listen } from '../kit/reactive.ts'

export type KeyMap = Readonly<Record<string, () => void>>

/** Runs what a key is bound to, unless somebody types, presses a button, or a dialog is open. */
export function useKeys(keys: KeyMap): void {
  listen(window, 'keydown', event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const run = keys[event.key]
    if (run === undefined || !isFree(event)) return
    event.preventDefault()
    run()
  })
}

function isFree(event: KeyboardEvent): boolean {
  if (document.querySelector('dialog[open]') !== null) return false
  const target = event.target instanceof HTMLElement ? event.target : null
  if (target === null) return true
  if (target.matches('input, textarea, select, [contenteditable]')) return false
  // Enter and the arrows mean something to buttons, sliders and panels.
  const own = target.closest('button, a, [role=slider], .popover-panel') !== null
  return !own || /^([a-z/?]|Escape)$/.test(event.key)
}
