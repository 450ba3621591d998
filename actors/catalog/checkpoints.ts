/**
 * The contract of checkpoints: position in a partition of the commit log and the consumer's state
 * there, saved together, so that both always fit each other. Whoever is given a partition claims
 * it; from then on a save by its former owner is refused, however late that one wakes up.
 */
export interface Claim {
  readonly partition: number
  /** Goes into every save; rises with every claim by another owner. */
  readonly fence: number
  /** Where to read on; null = nothing was ever saved. */
  readonly position: number | null
  readonly state: Uint8Array | null
}

export interface Checkpoint {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly fence: number
  /** The first entry that is not part of `state`. */
  readonly position: number
  /** Opaque, up to CHECKPOINT_STATE_BYTES_MAX. */
  readonly state: Uint8Array
}

/** One statement's parameter: what a server with little memory still takes. */
export const CHECKPOINT_STATE_BYTES_MAX = 64 * 1024 * 1024

export interface Checkpoints {
  /**
   * Takes partitions over, all in one go. `owner` is unique to one assignment (member and
   * generation of the group): the same owner asking again gets the same fence.
   */
  claim(
    group: string,
    topic: string,
    partitions: readonly number[],
    owner: string,
  ): Promise<readonly Claim[]>
  /**
   * false = refused: the partition was claimed by another owner, and what was read under this claim
   * must be forgotten. Under one claim the position never goes back; the first save after a claim
   * may set any.
   */
  save(checkpoint: Checkpoint): Promise<boolean>
  /** How far the group has come, by partition. */
  positions(group: string, topic: string): Promise<ReadonlyMap<number, number>>
}
