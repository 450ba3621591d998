/**
 * The contract of leases: one holder at a time, for as long as it renews. Time is the database's,
 * so that the clocks of the machines need not agree. A holder that slept past its lease does not
 * know it: whatever it writes must be refused by its fencing number, which rises with every change
 * of hands, for ever.
 */
export interface Lease {
  readonly name: string
  readonly holder: string
  readonly fence: number
}

export interface Leases {
  /**
   * null = somebody else has it. `holder` is unique to one start of one process; asking again while
   * it still has the lease prolongs it under the same fence.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  /** Prolongs from now; false = it is lost, and somebody else may have it already. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>
  /** Lets the next one in at once; nothing happens if it is lost already. */
  release(lease: Lease): Promise<void>
}
