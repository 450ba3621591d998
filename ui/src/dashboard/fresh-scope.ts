/** The span of a question that is asked anew as rows stream in, paced by what an answer takes. */
import { type Accessor, createMemo, createSignal, onCleanup } from 'solid-js'
import { browserClock, every } from '../clock.ts'
import type { SearchScope } from '../explore/search-model.ts'
import type { Dashboard } from './dashboard-session.ts'
import { pauseAfter } from './fresh-pace-model.ts'

const LOOK_MS = 200

export interface FreshScope {
  readonly scope: Accessor<SearchScope>
  /** The same question, whose answers set the pace. */
  readonly paced: <Question, Answer>(
    ask: (question: Question, signal: AbortSignal) => Promise<Answer>,
  ) => (question: Question, signal: AbortSignal) => Promise<Answer>
}

export function createFreshScope({ view, scope, scopeNow }: Dashboard): FreshScope {
  const [moves, setMoves] = createSignal(0)
  let asking = 0
  let answeredMs = 0
  let tookMs = 0
  /** What had been streamed when it was asked last. */
  let known = view().streamed
  const isDue = (): boolean =>
    asking === 0 &&
    view().streamed !== known &&
    !document.hidden &&
    browserClock.nowMs() - answeredMs >= pauseAfter(tookMs)
  onCleanup(every(browserClock, LOOK_MS, () => isDue() && setMoves(moves() + 1)))
  return {
    scope: createMemo(() => {
      scope()
      moves()
      return scopeNow()
    }),
    paced: ask => async (question, signal) => {
      const begunMs = browserClock.nowMs()
      known = view().streamed
      asking++
      try {
        return await ask(question, signal)
      } finally {
        asking--
        answeredMs = browserClock.nowMs()
        tookMs = answeredMs - begunMs
      }
    },
  }
}
