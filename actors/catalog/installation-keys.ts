/** The contract of the installation's keys, which the catalog keeps without being able to read. */
export interface SealedKey {
  readonly id: string
  readonly sealed: Uint8Array
  readonly createdAtUs: number
}

export interface InstallationKeys {
  /**
   * All there are, oldest first, and behind them the one that `missing` makes of them, if any: in
   * one transaction, so that of several processes only one makes the first.
   */
  ensure(missing: (stored: readonly SealedKey[]) => SealedKey | null): Promise<readonly SealedKey[]>
}
