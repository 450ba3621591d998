import { randomBytes } from 'node:crypto'

/** Randomness as the actors see it, replaced by a seeded source in simulation. */
export interface Random {
  /** A whole number in [0, 2^32). */
  uint32(): number
  /** A number in [0, 1). */
  unit(): number
  /** A whole number in [0, n), n at most 2^32. */
  below(n: number): number
  bytes(length: number): Uint8Array
}

/** The machine's cryptographic source: fit for secrets and ids. */
export const systemRandom: Random = from(() => randomBytes(4).readUInt32LE(0), randomBytes)

/**
 * A repeatable source for tests and generated data, never for secrets: xoshiro128** by Blackman and
 * Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), its state filled from the seed by a mixer.
 */
export function seededRandom(seed: number): Random {
  let [a, b, c, d] = [1, 2, 3, 4].map(n => mix(seed + Math.imul(n, 0x9e3779b9))) as Quad
  const uint32 = (): number => {
    const t = Math.imul(b, 5)
    const result = Math.imul((t << 7) | (t >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
  return from(uint32, length => Uint8Array.from({ length }, () => uint32() & 0xff))
}

type Quad = [number, number, number, number]

function from(uint32: () => number, bytes: (length: number) => Uint8Array): Random {
  const unit = () => uint32() / 0x1_0000_0000
  return { uint32, unit, below: n => Math.floor(unit() * n), bytes }
}

function mix(n: number): number {
  let x = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
