/** The address of the page as a signal, and the only way to change it. */
import { createRoot, createSignal } from 'solid-js'

export interface Address {
  readonly path: string
  readonly search: string
}

export interface MoveOptions {
  /** Takes the place of the current entry instead of adding one. */
  readonly replace?: boolean
  /** The entry opened a detail: closing it may go back. */
  readonly opened?: boolean
}

const [address, setAddress] = createRoot(() => createSignal<Address>(readAddress()))

export { address }

window.addEventListener('popstate', () => setAddress(readAddress()))

export function moveTo(path: string, search: string, options: MoveOptions = {}): void {
  const url = `${path}${search}`
  if (url === `${location.pathname}${location.search}`) return
  const state = { opened: options.opened === true }
  if (options.replace === true) {
    const kept = history.state as { opened?: boolean } | null
    history.replaceState(kept ?? state, '', url)
  } else history.pushState(state, '', url)
  setAddress(readAddress())
}

/**
 * Changes parameters of the present address; one that is empty leaves it, and so does `forget`
 * where it is not given.
 */
export function changeSearch(
  patch: Readonly<Record<string, string | undefined>>,
  { forget, replace }: { readonly forget?: string | undefined; readonly replace: boolean },
): void {
  const next = new URLSearchParams(address().search)
  if (forget !== undefined) next.delete(forget)
  for (const [name, value = ''] of Object.entries(patch)) {
    if (value === '') next.delete(name)
    else next.set(name, value)
  }
  moveTo(address().path, `?${next}`, { replace })
}

/** True when the current entry was added to open a detail, so that back closes it. */
export function openedHere(): boolean {
  return (history.state as { opened?: boolean } | null)?.opened === true
}

function readAddress(): Address {
  return { path: location.pathname, search: location.search }
}
