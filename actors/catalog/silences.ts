/** The contract of silences: times in which nobody is told of certain alerts of a project. */
import type { SilenceMatcher } from '#proto/silence.ts'

export interface StoredSilence {
  readonly id: string
  readonly projectId: string
  readonly matchers: readonly SilenceMatcher[]
  /** Active in [startsAtUs, endsAtUs). */
  readonly startsAtUs: number
  readonly endsAtUs: number
  readonly comment: string
  readonly createdBy: string
  readonly createdAtUs: number
  /** Rises with every change. */
  readonly version: number
}

export type SilenceRefusal =
  | 'unknown'
  | 'ended'
  | 'too-many'
  | 'unknown-project'
  /** It has another version than the one that is to be changed. */
  | 'stale'

export interface Silences {
  /** Those that have not ended first; of the others the newest, as many as a list goes back to. */
  list(projectId: string, nowUs: number): Promise<readonly StoredSilence[]>
  find(projectId: string, id: string): Promise<StoredSilence | null>
  /** Those of these projects that are active, oldest first. */
  active(projectIds: readonly string[], nowUs: number): Promise<readonly StoredSilence[]>
  create(silence: StoredSilence): Promise<'done' | SilenceRefusal>
  /**
   * Unless it has ended before `nowUs`. Of `version`, or without one whatever it is by now; maker
   * and new version are the catalog's.
   */
  update(silence: StoredSilence, nowUs: number, version?: number): Promise<'done' | SilenceRefusal>
  /** It is over from `nowUs` on, if it was not before. false = the project has no such silence. */
  end(projectId: string, id: string, nowUs: number): Promise<boolean>
  /** Forgets those that have ended before. */
  forget(beforeUs: number): Promise<number>
}
