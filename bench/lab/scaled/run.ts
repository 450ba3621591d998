/** What a fault run of the scaled shape is given. */
import type { Random } from '#runtime/random.ts'
import type { FaultResult } from '../fault-run.ts'
import type { Services } from '../services.ts'

export interface ScaledOptions {
  readonly services: Services
  readonly random: Random
  /** How often each victim is killed, each processor sleeps, and each process is restarted. */
  readonly rounds: number
  /** Who is killed or hangs; null = all in turn. */
  readonly victims: readonly string[] | null
  /** How long Elasticsearch refuses, a disk is full, Redis is away. */
  readonly seconds: number
}

export type ScaledRun = (options: ScaledOptions) => Promise<FaultResult>
