/** What a fault run is given, and what it answers. */
import type { Random } from '#runtime/random.ts'

export interface FaultOptions {
  readonly random: Random
  readonly kills: number
  readonly flips: number
  /** How long the noisy neighbour makes noise. */
  readonly noisySeconds: number
  readonly soakMinutes: number
}

export interface FaultResult {
  /** What went wrong, in words; [] = passed. */
  readonly problems: readonly string[]
  /** What was measured on the way. */
  readonly facts: Readonly<Record<string, string | number>>
  /** Why it could not be run here. */
  readonly skipped?: string
}

export type FaultRun = (options: FaultOptions) => Promise<FaultResult>

/** A note for whoever watches. */
export function tell(text: string): void {
  console.log(`  ${text}`)
}
