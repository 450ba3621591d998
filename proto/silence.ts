/**
 * Silences: for a time nobody is told of the alerts that all matchers of one fit. States go on
 * meanwhile; what still fires at its end is told then. docs/alerts.md says it to people.
 */
export const SILENCE_OPERATORS = ['=', '!=', '=~', '!~'] as const
export type SilenceOperator = (typeof SILENCE_OPERATORS)[number]

/**
 * Of `alertname` (the rule), `severity`, a label of the rule, or a field of the group. What an
 * alert does not have is the empty text. Expressions (`=~`, `!~`) have to match the whole value.
 */
export interface SilenceMatcher {
  readonly label: string
  readonly op: SilenceOperator
  readonly value: string
}

export const SILENCE_STATES = ['pending', 'active', 'expired'] as const
export type SilenceState = (typeof SILENCE_STATES)[number]

/** `GET silences/:id`. Times are RFC 3339; active in [starts_at, ends_at). */
export interface Silence {
  readonly id: string
  readonly matchers: readonly SilenceMatcher[]
  readonly starts_at: string
  readonly ends_at: string
  readonly comment: string
  /** Account id, `key <id>` or `administrator`. */
  readonly created_by: string
  readonly created_at: string
  readonly state: SilenceState
  /** Rises with every change; handed back with one. */
  readonly version: number
}

/** `POST silences` and `PUT silences/:id`; times as in a search, so `now+2h` is one. */
export interface SilenceWish {
  readonly project?: string
  readonly matchers: readonly SilenceMatcher[]
  /** Now unless given. */
  readonly starts_at?: string | number
  readonly ends_at: string | number
  readonly comment?: string
}
