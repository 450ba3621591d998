/**
 * The contract of what processes of one installation tell each other quickly: hints and shared rate
 * buckets. All of it may be lost, doubled or late at any moment; whoever uses it has another,
 * slower way to the same knowledge, and takes that while `isAway`. Truth lies in catalog and log.
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
