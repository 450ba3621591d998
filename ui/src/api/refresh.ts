/**
 * One refresh of the session at a time, for all requests of a page and all tabs of the browser: a
 * refresh token counts once, and one that comes twice is taken for stolen.
 */
import { browserClock } from '../clock.ts'

/** `away`: the server did not answer, so nobody knows. */
export type Refreshed = 'in' | 'out' | 'away'

const LOCK = 'logboy-refresh'
/** When a tab last refreshed; tabs that waited for it need not do it again. */
const MARK = 'logboy.refreshed'

let running: Promise<Refreshed> | null = null

/** `askedMs`: when the request began that found the session expired. */
export function refreshSession(
  askedMs: number,
  send: () => Promise<Refreshed>,
): Promise<Refreshed> {
  running ??= alone(() => refreshUnlessDone(askedMs, send)).finally(() => {
    running = null
  })
  return running
}

/** Web Locks want a secure context; without them only this page keeps order. */
function alone(run: () => Promise<Refreshed>): Promise<Refreshed> {
  return 'locks' in navigator ? navigator.locks.request(LOCK, run) : run()
}

async function refreshUnlessDone(
  askedMs: number,
  send: () => Promise<Refreshed>,
): Promise<Refreshed> {
  if (refreshedMs() > askedMs) return 'in'
  const refreshed = await send()
  if (refreshed === 'in') writeMark()
  // Without locks another tab may have been first.
  return refreshed === 'out' && refreshedMs() > askedMs ? 'in' : refreshed
}

function refreshedMs(): number {
  try {
    return Number(localStorage.getItem(MARK) ?? 0)
  } catch {
    return 0
  }
}

function writeMark(): void {
  try {
    localStorage.setItem(MARK, String(browserClock.nowMs()))
  } catch {
    // Then every tab refreshes for itself.
  }
}
