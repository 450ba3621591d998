/**
 * The contract of what processes of one installation tell each other quickly: hints, copies of what
 * the catalog has, claims, and shared rate buckets. All of it may be lost, doubled or late at any
 * moment; whoever uses it has another, slower way to the same knowledge, and takes that while
 * `isAway`. Truth lies in catalog and log.
 */
export interface Coordination {
  /** To every subscriber, this process's too. Never waits, never throws. */
  publish(channel: Channel, message: Uint8Array): void
  /** Answers how to end it. */
  subscribe(channel: Channel, receive: (message: Uint8Array) => void): () => void
  /**
   * Takes amounts out of a bucket that all processes share, and answers what is left of each: less
   * than nothing is a debt. null = the bucket is out of reach, count alone.
   */
  spend(bucket: string, amounts: readonly SharedAmount[]): Promise<readonly number[] | null>
  /** For whoever would ask the catalog the same; over after `ttlMs`. Never waits, never throws. */
  keep(key: string, copy: Uint8Array, ttlMs: number): void
  /** null = it was not kept, is over or lost, or is out of reach. */
  kept(key: string): Promise<Uint8Array | null>
  /**
   * Of all who ask within `ttlMs` one is told true, and everybody where it is out of reach: it may
   * only spare work that does no harm if it is done twice, and that somebody does again anyway.
   */
  claim(key: string, ttlMs: number): Promise<boolean>
  /** Hints do not arrive at present. */
  readonly isAway: boolean
  observe(): Record<string, unknown>
  close(): Promise<void>
}

/**
 * `config`: something that the catalog holds was changed; `use`: what senders used of their quotas;
 * `alerts`: somebody is to be told.
 */
export type Channel = 'config' | 'use' | 'alerts'

export interface SharedAmount {
  /** Tokens a second, more than 0; as many as the bucket holds at most. */
  readonly rate: number
  readonly amount: number
}
