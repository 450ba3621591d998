/**
 * One refresh of the session at a time, for all requests of a page and all tabs of the browser: a
 * refresh token counts once, and one that comes twice is taken for stolen.
 */

/** `away`: the server did not answer, so nobody knows. */
export type Refreshed = 'in' | 'out' | 'away'

const LOCK = 'logboy-refresh'

let running: Promise<Refreshed> | null = null

/** `ask` tells whether the session is known by now: another tab may have been first. */
export function refreshSession(
  ask: () => Promise<Refreshed>,
  send: () => Promise<Refreshed>,
): Promise<Refreshed> {
  running ??= alone(async () => {
    const known = await ask()
    return known === 'out' ? send() : known
  }).finally(() => {
    running = null
  })
  return running
}

/** Web Locks want a secure context; without them only this page keeps order. */
function alone(run: () => Promise<Refreshed>): Promise<Refreshed> {
  return 'locks' in navigator ? navigator.locks.request(LOCK, run) : run()
}
