import { randomBytes } from 'node:crypto'

/** Randomness as the SDK sees it, replaced by a seeded source in tests. */
export interface Random {
  /** A number in [0, 1). */
  unit(): number
  /** A producer's id: 63 bits, never 0. */
  producer(): bigint
}

export const systemRandom: Random = {
  unit: () => randomBytes(4).readUInt32LE(0) / 0x1_0000_0000,
  producer: () => (randomBytes(8).readBigUInt64LE(0) >> 1n) | 1n,
}
