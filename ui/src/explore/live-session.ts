import { type Accessor, createSignal, onCleanup } from 'solid-js'
import { openSocket, searchLogs } from '../api/logs.ts'
import { browserClock, jitter } from '../clock.ts'
import { listen } from '../kit/reactive.ts'
import { checkSession } from '../shell/session.ts'
import { ExploreSession, type SessionView } from './explore-session.ts'
import { tailPath } from './search-model.ts'

/** A session over network and clock of the browser, its view drawn with the next picture. */
export function createLiveSession(): { session: ExploreSession; view: Accessor<SessionView> } {
  let drawn = true
  const session = new ExploreSession({
    search: searchLogs,
    openTail: (scope, token, events) => openSocket(tailPath(scope, token), events),
    clock: browserClock,
    jitter,
    onLost: () => void checkSession(),
    // However many frames arrive, the page is drawn once per picture.
    onChange: () => {
      if (!drawn) return
      drawn = false
      requestAnimationFrame(() => {
        drawn = true
        setView(session.view())
      })
    },
  })
  const [view, setView] = createSignal(session.view())
  listen(window, 'online', () => session.nudge())
  listen(window, 'focus', () => session.nudge())
  onCleanup(() => session.dispose())
  return { session, view }
}
