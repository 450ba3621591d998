import { useKeys } from '../shell/keys.ts'
import type { Explorer } from './explorer.ts'

export interface ExploreActions {
  step(by: number): void
  showNew(): void
  toggleSidebar(): void
  share(): void
}

/** The explorer's keys; shell/help-dialog.tsx lists them. */
export function useExploreKeys(explorer: Explorer, actions: ExploreActions): void {
  const { view, state, activeId, session } = explorer
  const openActive = (): void => {
    const { rows } = view()
    const row = rows.at(rows.indexOf(activeId()))
    if (row !== undefined) explorer.open(row)
  }
  useKeys({
    '/': () => document.querySelector<HTMLInputElement>('#query')?.select(),
    j: () => actions.step(1),
    ArrowDown: () => actions.step(1),
    k: () => actions.step(-1),
    ArrowUp: () => actions.step(-1),
    PageDown: () => actions.step(20),
    PageUp: () => actions.step(-20),
    g: () => actions.showNew(),
    Enter: openActive,
    Escape: () => explorer.closeRow(),
    l: () => explorer.toggleLive(),
    p: () => {
      if (state().live) session.pause(!view().paused)
    },
    r: () => explorer.refresh(),
    f: () => actions.toggleSidebar(),
    w: () => explorer.setDisplay({ wrap: !state().wrap }),
    c: () => document.querySelector<HTMLButtonElement>('.display-button')?.click(),
    v: () => document.querySelector<HTMLButtonElement>('.views-button')?.click(),
    x: () => explorer.change({ compare: !state().compare }, { replace: true }),
    m: () => explorer.change({ view: state().view === 'logs' ? 'patterns' : 'logs' }),
    y: () => actions.share(),
    t: () => document.querySelector<HTMLButtonElement>('.range-button')?.click(),
    z: () => document.querySelector<HTMLButtonElement>('[title="Zoom out (z)"]')?.click(),
  })
}
