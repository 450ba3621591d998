/** What Prometheus is told; the names are a contract with dashboards and alert rules. */

import { TROUBLES, type Trouble } from '#proto/trouble.ts'
import type { ActorState } from '#runtime/index.ts'
import { histogram, type MetricFamily, single } from './api/metrics-text.ts'
import { METRIC_HELPS } from './metric-helps.ts'
import { ACK_MS_BUCKETS, type IngestMeter } from './project/ingest-meter.ts'

export interface MetricSources {
  readonly meter: IngestMeter
  readonly actors: readonly ActorState[]
  readonly arena: { observe(): Record<string, unknown> }
  readonly store: { observe(): Record<string, unknown> }
  readonly commitLog: { observe(): Record<string, unknown> }
  readonly shape: { readonly commitLog: string }
  readonly troubles: readonly Trouble[]
  readonly disk: DiskState | null
}

export interface DiskState {
  readonly freeBytes: number
  readonly reserveBytes: number
}

export function metricFamilies(sources: MetricSources): MetricFamily[] {
  const { meter, actors } = sources
  return [
    single('counter', 'logboy_ingest_records_total', 'records that became durable', meter.records),
    single('counter', 'logboy_ingest_batches_total', 'batches that became durable', meter.batches),
    single('counter', 'logboy_ingest_bytes_total', 'batch bytes that became durable', meter.bytes),
    single(
      'counter',
      'logboy_ingest_records_rejected_total',
      'records refused',
      meter.recordsRejected,
    ),
    single(
      'counter',
      'logboy_ingest_batches_rejected_total',
      'batches refused',
      meter.batchesRejected,
    ),
    single(
      'counter',
      'logboy_ingest_duplicates_dropped_total',
      'repeats recognised',
      meter.repeats,
    ),
    {
      name: 'logboy_ingest_throttled_total',
      help: 'batches sent back for later, by reason',
      type: 'counter',
      samples: [...meter.throttled].map(([reason, value]) => ({ labels: { reason }, value })),
    },
    histogram(
      'logboy_ingest_acknowledgement_seconds',
      'time from receipt to acknowledgement',
      ACK_MS_BUCKETS.map(ms => ms / 1000),
      meter.ackBuckets,
      meter.ackMsSum / 1000,
    ),
    {
      name: 'logboy_degraded',
      help: '1 = the process does without it at present, by what is away',
      type: 'gauge',
      samples: TROUBLES.map(trouble => ({
        labels: { trouble },
        value: sources.troubles.includes(trouble) ? 1 : 0,
      })),
    },
    ...actorFamilies(actors),
    ...tailFamilies(actors),
    ...diskFamilies(sources.disk),
    ...gauges('logboy_memory', sources.arena.observe()),
    ...gauges(`logboy_${sources.shape.commitLog}`, sources.commitLog.observe()),
    ...lags(sources.commitLog.observe()),
    ...gauges('logboy_store', sources.store.observe()),
    single('gauge', 'process_resident_memory_bytes', 'resident memory', process.memoryUsage.rss()),
    single('counter', 'process_cpu_seconds_total', 'CPU time of all threads', cpuSeconds()),
  ]
}

/** Summed by name, since there may be thousands of project actors. */
function actorFamilies(actors: readonly ActorState[]): MetricFamily[] {
  const sum = (
    name: string,
    help: string,
    valueOf: (actor: ActorState) => number,
  ): MetricFamily => {
    const byName = new Map<string, number>()
    for (const actor of actors) {
      byName.set(actor.name, (byName.get(actor.name) ?? 0) + valueOf(actor))
    }
    const samples = [...byName].map(([actor, value]) => ({ labels: { actor }, value }))
    return { name, help, type: 'gauge', samples }
  }
  return [
    sum('logboy_actor_count', 'living actors', () => 1),
    sum('logboy_actor_mailbox_depth', 'messages waiting', ({ mailbox }) => mailbox.depth),
    sum('logboy_actor_restarts', 'restarts after faults', ({ restarts }) => restarts),
  ]
}

/** How far consumers are behind the end of the log: in bytes of a journal, in batches of Kafka. */
function lags({ consumers }: Record<string, unknown>): MetricFamily[] {
  const known = Object.entries((consumers ?? {}) as Record<string, ObservedConsumer>)
  const family = (unit: string, lagOf: (it: ObservedConsumer) => number | null): MetricFamily => ({
    name: `logboy_consumer_lag_${unit}`,
    help: `${unit} of the log that a consumer has not read yet`,
    type: 'gauge',
    samples: known.flatMap(([consumer, it]) => {
      const value = lagOf(it)
      return value === null ? [] : [{ labels: { consumer }, value }]
    }),
  })
  const families = [
    family('bytes', ({ lagBytes }) => lagBytes ?? null),
    family('batches', ({ partitions }) => partitions?.reduce((sum, it) => sum + it.lag, 0) ?? null),
  ]
  return families.filter(({ samples }) => samples.length > 0)
}

interface ObservedConsumer {
  readonly lagBytes?: number
  readonly partitions?: readonly { readonly lag: number }[]
}

/** Numbers that a part says of itself, in snake case, as far as they have a meaning there. */
function gauges(prefix: string, observed: Record<string, unknown>): MetricFamily[] {
  return Object.entries(observed).flatMap(([key, value]) => {
    const name = `${prefix}_${key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)}`
    const help = METRIC_HELPS[name]
    if (help === undefined || typeof value !== 'number' || !Number.isFinite(value)) return []
    return [single('gauge', name, help, value)]
  })
}

/** null = this process keeps nothing on a disk. */
function diskFamilies(disk: DiskState | null): MetricFamily[] {
  if (disk === null) return []
  const { freeBytes, reserveBytes } = disk
  return [
    single('gauge', 'logboy_disk_free_bytes', 'bytes free where the data folder is', freeBytes),
    single('gauge', 'logboy_disk_reserve_bytes', 'below it new data is refused', reserveBytes),
  ]
}

function tailFamilies(actors: readonly ActorState[]): MetricFamily[] {
  const observed = actors.find(({ name }) => name === 'tail')?.observed
  if (observed === undefined) return []
  const { subscriptions, dropped } = observed
  return [
    single('gauge', 'logboy_tail_sockets', 'open live tails', Number(subscriptions)),
    single(
      'counter',
      'logboy_tail_dropped_total',
      'rows that readers were too slow for',
      Number(dropped),
    ),
  ]
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}
