/** What senders sent and were told of it: one unique number in the message of every log. */

/** What a sender knows of a log. */
export type Fate =
  /** Not answered yet. */
  | 'open'
  /** Acknowledged: it has to be there, once. */
  | 'stored'
  /** Never answered, and not sent again: it may be there, once. */
  | 'unknown'
  /** Refused for good: it must not be there. */
  | 'refused'

export interface SentLog {
  readonly number: number
  readonly projectId: string
  /** Logs of one source have to keep the order of their numbers. */
  readonly source: string
  readonly service: string
  readonly word: string
  fate: Fate
}

/** The last one is dropped when people drop projects. */
export const PROJECTS = ['projectaaa', 'projectbbb', 'projectccc'] as const
export const KEPT_PROJECTS = PROJECTS.length - 1
export const DROPPED = PROJECTS[KEPT_PROJECTS] as string
export const SERVICES = ['svc-a', 'svc-b', 'svc-c'] as const
export const WORDS = ['red', 'green', 'blue'] as const

export class Ledger {
  readonly #logs: SentLog[] = []

  add(log: Omit<SentLog, 'number' | 'fate'>): SentLog {
    const added: SentLog = { ...log, number: this.#logs.length, fate: 'open' }
    this.#logs.push(added)
    return added
  }

  get logs(): readonly SentLog[] {
    return this.#logs
  }
}

/** The message of a log; `numberOf` finds its number again. */
export function messageOf({ word, number }: Pick<SentLog, 'word' | 'number'>): string {
  return `the ${word} one is n${number}`
}

export function numberOf(message: string): number {
  const [, digits] = /\bn(\d+)$/.exec(message) ?? []
  return digits === undefined ? -1 : Number(digits)
}
