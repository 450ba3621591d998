/** What a run is made of: sizes, senders, readers and the kinds of faults that happen in it. */
import type { Random } from '#runtime/random.ts'
import { FAULTS, type FaultName } from './faults.ts'
import { PROJECTS, SERVICES, WORDS } from './ledger.ts'
import type { PipelineSettings } from './pipeline.ts'

/** Everything about a run that chance decides beforehand. */
export interface Plan {
  readonly settings: PipelineSettings
  readonly spreadMs: number
  readonly faultGapMs: number
  readonly searchGapMs: number
  readonly faults: readonly FaultName[]
  readonly programs: readonly {
    readonly project: number
    readonly batches: number
    readonly transports: readonly ('grpc' | 'http')[]
  }[]
  readonly requests: number
  readonly recordsMax: number
  /** More than a tail makes into rows at once. */
  readonly floodRecords: number
  readonly recordsPerSecond: number
  readonly readers: readonly {
    readonly project: number
    readonly service: string | null
    readonly word: string | null
    readonly afterSearch: boolean
  }[]
}

export function planOf(random: Random): Plan {
  const pick = <Value>(...values: Value[]): Value => values[random.below(values.length)] as Value
  const calm = random.below(12) === 0
  const recordsMax = pick(1, 3, 3, 15)
  const floodRecords = random.below(16) === 0 ? 1_100 : 0
  // A slab holds any journal file as a whole, for so it may be read.
  const slabBytes = recordsMax + floodRecords < 15 ? 64 * 1024 : 256 * 1024
  return {
    settings: {
      slabBytes,
      arenaBytes: slabBytes * pick(2, 4, 16),
      flushBytes: pick(6_000, 30_000, 1_000_000),
      flushIntervalMs: pick(2_000, 8_000, 20_000),
      journalFileBytes: pick(2_000, 10_000, 30_000),
      journalKeepMs: pick(0, 2_000, 900_000),
      journalKeepBytes: pick(10_000, 100_000, 2 ** 31),
      diskReserveBytes: pick(0, 3_000),
      workers: pick(1, 2),
      actorIdleMs: pick(2_000, 300_000),
    },
    spreadMs: pick(10_000, 20_000, 40_000),
    faultGapMs: pick(1_000, 2_000, 4_000),
    searchGapMs: pick(6_000, 15_000),
    faults: calm ? [] : FAULTS.filter(() => random.below(3) > 0),
    programs: Array.from({ length: 2 + random.below(2) }, (_, index) => ({
      project: index === 0 ? 0 : random.below(PROJECTS.length),
      batches: 15 + random.below(45),
      transports: pick<('grpc' | 'http')[]>(['grpc'], ['grpc'], ['grpc', 'http'], ['http']),
    })),
    requests: pick(0, 4, 10),
    recordsMax,
    floodRecords,
    recordsPerSecond: pick(0, 0, 100),
    readers: Array.from({ length: 1 + random.below(3) }, () => ({
      project: random.below(PROJECTS.length),
      service: random.below(3) === 0 ? pick(...SERVICES) : null,
      word: random.below(3) === 0 ? pick(...WORDS) : null,
      afterSearch: random.below(3) === 0,
    })),
  }
}
