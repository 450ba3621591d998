/**
 * The contract of what rules have said: the state of each group, how it came about, and what is
 * still to be told. A change, its entry in the history and its place in the outbox are one
 * transaction, under the fence of whoever evaluates the project.
 */
export type StoredStatus = 'ok' | 'pending' | 'firing' | 'no_data'

/** What a message says beside state and value. */
export interface AlertAbout {
  readonly rule: string
  readonly severity: string
  readonly condition: string
  readonly labels: Readonly<Record<string, string>>
  /** Fields of the group with their values; null = rows without the field. */
  readonly group: Readonly<Record<string, string | null>>
  readonly runbook: string | null
  /** Of the rule, which finds its rows; null where these are points of a metric. */
  readonly query: string | null
  readonly window_s: number
}

export interface NewStateChange {
  readonly projectId: string
  readonly ruleId: string
  readonly version: number
  readonly key: string
  readonly to: StoredStatus
  readonly value: number | null
  readonly windowEndUs: number
  readonly atUs: number
  readonly about: AlertAbout
  /** Who hears of every change; channels hear of beginnings and ends of firings alone. */
  readonly targets: readonly string[]
}

/** Of the outbox: who hears of every change is the log of the project itself. */
export const LOG_TARGET = 'log'

/** Checkpoint of whoever evaluates the rules of a project, see checkpoints.ts. */
export const ALERT_GROUP = 'logboy-windows'
export const ALERT_PARTITION = 0

export interface StoredState {
  readonly id: number
  readonly ruleId: string
  readonly key: string
  readonly status: StoredStatus
  readonly value: number | null
  readonly windowEndUs: number
  readonly sinceUs: number
  readonly acknowledgedBy: string | null
  readonly acknowledgedAtUs: number | null
  readonly note: string | null
}

export interface HistoryEntry {
  readonly id: number
  readonly projectId: string
  readonly ruleId: string
  readonly key: string
  readonly from: StoredStatus
  readonly to: StoredStatus
  readonly value: number | null
  readonly windowEndUs: number
  readonly atUs: number
  readonly actor: string | null
  readonly note: string | null
  readonly about: AlertAbout
}

export interface Telling {
  readonly entry: HistoryEntry
  readonly target: string
  /** How often it was tried before. */
  readonly attempts: number
}

/** What is due, oldest first; nobody else gets it before `againAtUs`. */
export interface TellingsAsked {
  readonly nowUs: number
  readonly againAtUs: number
  readonly limit: number
  /** Nothing is taken that stands behind what is not due. */
  readonly inOrder: boolean
}

export interface HistoryAsked {
  readonly limit: number
  /** Only entries before this one, newest first. */
  readonly before: number | null
  readonly ruleId: string | null
}

export interface AlertStates {
  /**
   * Changes of one project, at most one of each group. Answers how many were news; the others are
   * a replay, or their rule has changed since. 'fenced': somebody else evaluates the project now,
   * nothing was written.
   */
  record(changes: readonly NewStateChange[], fence: number): Promise<number | 'fenced'>
  /** Groups that are anything but ok, longest first. */
  active(projectId: string): Promise<readonly StoredState[]>
  /** A text that changes with what is active, and with the rules of the project. */
  stamp(projectId: string): Promise<string>
  history(projectId: string, asked: HistoryAsked): Promise<readonly HistoryEntry[]>
  /** Number of the newest entry of all histories; 0 = none. */
  newest(): Promise<number>
  /** Entries of these projects behind that one, oldest first: numbers rise with commits. */
  since(
    projectIds: readonly string[],
    after: number,
    limit: number,
  ): Promise<readonly HistoryEntry[]>
  /** It stands in the history, too, as a change from firing to firing. false = it is not firing. */
  acknowledge(
    projectId: string,
    stateId: number,
    how: { readonly by: string; readonly note: string | null; readonly atUs: number },
  ): Promise<boolean>
  take(target: string, asked: TellingsAsked): Promise<readonly Telling[]>
  /** It was told, or will never be. */
  settled(target: string, historyIds: readonly number[]): Promise<void>
  /** Forgets history and states that have been ok since before. */
  forget(beforeUs: number): Promise<number>
}
