/**
 * Frames of the live tail socket, `GET /api/v1/tail?project=&query=&services=&levels=&after=`, JSON
 * text. The token is opaque: a client hands back the last one it saw as `after` and misses nothing.
 */
import type { AlertChange } from './alert-change.ts'
import type { QueryProblemMembers, Row } from './api.ts'
import type { Trouble } from './trouble.ts'

export type TailFrame =
  /** First frame: from where this tail starts. */
  | { readonly type: 'hello'; readonly token: string }
  /** Matches in order of arrival; the token covers them and everything looked at before them. */
  | { readonly type: 'rows'; readonly rows: readonly Row[]; readonly token: string }
  /** Nothing matched lately; keeps the token fresh and the connection proven. */
  | { readonly type: 'idle'; readonly token: string }
  /**
   * This reader was too slow: `count` matches received in [from, to] were left out; a search finds
   * them.
   */
  | {
      readonly type: 'dropped'
      readonly count: number
      readonly from: string
      readonly to: string
      readonly token: string
    }
  /**
   * The log no longer reaches back to `after`: rows received in [from, to) are to be fetched by a
   * search.
   */
  | { readonly type: 'gap'; readonly from: string; readonly to: string; readonly token: string }
  /** What this tail does without from now on; none = all is well again. Told when it changes. */
  | { readonly type: 'degraded'; readonly troubles: readonly Trouble[]; readonly token: string }
  | ({
      readonly type: 'error'
      readonly code: string
      readonly detail: string
    } & Partial<QueryProblemMembers>)

/** With `kind=alerts`: where it starts, then changes as the history has them. */
export type AlertTailFrame =
  | { readonly type: 'hello'; readonly token: string }
  | { readonly type: 'alert'; readonly alert: AlertChange; readonly token: string }

/** What the browser may say: change the filter without losing its place, or hold. */
export type TailCommand =
  | {
      readonly type: 'filter'
      readonly query: string
      readonly services?: readonly string[]
      readonly levels?: readonly string[]
    }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
