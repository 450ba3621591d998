import { type Accessor, createSignal, onCleanup } from 'solid-js'
import { openSocket, searchLogs } from '../api/logs.ts'
import { browserClock, jitter } from '../clock.ts'
import { listen } from '../kit/reactive.ts'
import { checkSession } from '../shell/session.ts'
import { ExploreSession, type SessionView } from './explore-session.ts'
import { tailPath } from './search-model.ts'

/** More pictures of a stream nobody reads; each one less leaves time for keys and clicks. */
const PICTURE_MS = 60

/** A session over network and clock of the browser, its view drawn with the next picture. */
export function createLiveSession(): { session: ExploreSession; view: Accessor<SessionView> } {
  const drawSoon = paced(() => void setView(session.view()))
  const session = new ExploreSession({
    search: searchLogs,
    openTail: (scope, token, events) => openSocket(tailPath(scope, token), events),
    clock: browserClock,
    jitter,
    onLost: () => void checkSession(),
    // However many frames arrive.
    onChange: drawSoon,
  })
  const [view, setView] = createSignal(session.view())
  listen(window, 'online', () => session.nudge())
  listen(window, 'focus', () => session.nudge())
  onCleanup(() => session.dispose())
  return { session, view }
}

/** Runs `draw` with the next picture, and not again within PICTURE_MS. */
function paced(draw: () => void): () => void {
  let isDue = false
  let drawnMs = Number.NEGATIVE_INFINITY
  const drawNow = (): void => {
    isDue = false
    drawnMs = browserClock.nowMs()
    draw()
  }
  return () => {
    if (isDue) return
    isDue = true
    const waitMs = drawnMs + PICTURE_MS - browserClock.nowMs()
    if (waitMs <= 0) requestAnimationFrame(drawNow)
    else browserClock.after(waitMs, () => requestAnimationFrame(drawNow))
  }
}
