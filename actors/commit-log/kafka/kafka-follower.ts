/** A reader of its own over the partitions of watched projects, from now on: for live tails. */
import { Admission, READER_LIMITS } from '#actors/commit-log/admission.ts'
import type { Arena } from '#actors/commit-log/arena.ts'
import type { Follower, Following, LogEntry } from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import type { Clock } from '#runtime/clock.ts'
import type { KafkaAddress } from './kafkajs.ts'
import type { LogEnds } from './log-ends.ts'
import { type Fetched, PartitionFetcher } from './partition-fetcher.ts'
import type { PartitionRoutes } from './partition-routes.ts'
import { type Arrived, deliver, open } from './record-intake.ts'

/**
 * Records before the place where reading begins that are read for admission alone: a repeat comes
 * soon after its first, or after an outage in which the log stood still.
 */
export const WARM_UP_RECORDS = 256
/** From a batch's stamp to its place in the log, resends included. */
export const STAMP_LEAD_US = 20_000_000

export interface KafkaFollowerOptions {
  readonly follower: Follower
  readonly address: KafkaAddress
  readonly topic: string
  readonly arena: Arena
  readonly clock: Clock
  readonly ends: LogEnds
  readonly routes: PartitionRoutes
  readonly onTrouble: (error: Error, where: string) => void
  onStopped(): void
}

interface Followed {
  admission: Admission
  /** What lies before is admitted, not delivered. */
  liveFrom: number
  next: number
  receivedAtUs: number
}

export class KafkaFollower implements Following {
  readonly #options: KafkaFollowerOptions
  readonly #fetcher: PartitionFetcher
  readonly #projects = new Map<string, Promise<void>>()
  readonly #partitions = new Map<number, Followed>()
  readonly #needed = new Map<string, readonly number[]>()
  #delivering: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: KafkaFollowerOptions) {
    this.#options = options
    const { address, topic, clock, onTrouble } = options
    this.#fetcher = new PartitionFetcher({
      address,
      topic,
      clock,
      receive: fetched => this.#receive(fetched),
      outOfRange: partition => void this.#outOfRange(partition),
      onTrouble,
    })
  }

  watch(projectId: string): void {
    if (this.#stopped || this.#projects.has(projectId)) return
    this.#begin(projectId)
  }

  unwatch(projectId: string): void {
    this.#projects.delete(projectId)
    this.#needed.delete(projectId)
    const needed = new Set([...this.#needed.values()].flat())
    for (const partition of this.#partitions.keys()) {
      if (needed.has(partition)) continue
      this.#partitions.delete(partition)
      this.#fetcher.remove(partition)
    }
  }

  /** Settles once what a read after this does not give is sure to be delivered. */
  async ready(projectId: string): Promise<void> {
    await this.#projects.get(projectId)
  }

  /** A project's list of partitions is another one now; those it had go on as long as it is watched. */
  partitionsChanged(projectId: string): void {
    if (this.#projects.has(projectId)) this.#begin(projectId)
  }

  stop(): void {
    this.#stopped = true
    this.#fetcher.stop()
    this.#projects.clear()
    this.#partitions.clear()
    this.#options.onStopped()
  }

  observe(): Record<string, unknown> {
    return {
      projects: this.#projects.size,
      partitions: [...this.#partitions].map(([partition, { next }]) => ({ partition, next })),
      fetcher: this.#fetcher.observe(),
    }
  }

  #begin(projectId: string): void {
    const { routes, ends, onTrouble } = this.#options
    // As known now: what comes while the project is looked up is live as well.
    const liveFrom = ends.ends()
    const known = routes.partitionsOf(projectId)
    if (known !== undefined) {
      this.#projects.set(projectId, Promise.resolve())
      return this.#need(projectId, known, liveFrom)
    }
    const ready = routes.load(projectId).then(
      partitions => this.#need(projectId, partitions ?? [], liveFrom),
      (error: unknown) => {
        // The next watch tries again; until then the tail sees nothing of it.
        this.#projects.delete(projectId)
        onTrouble(error as Error, 'watching a project')
      },
    )
    this.#projects.set(projectId, ready)
  }

  #need(projectId: string, partitions: readonly number[], liveFrom: readonly number[]): void {
    if (this.#stopped || !this.#projects.has(projectId)) return
    const before = this.#needed.get(projectId) ?? []
    this.#needed.set(projectId, [...new Set([...before, ...partitions])])
    for (const partition of partitions) {
      if (!this.#partitions.has(partition)) this.#add(partition, liveFrom[partition] ?? 0)
    }
  }

  #add(partition: number, liveFrom: number): void {
    const next = Math.max(this.#options.ends.start(partition), liveFrom - WARM_UP_RECORDS)
    const admission = new Admission(undefined, READER_LIMITS)
    this.#partitions.set(partition, { admission, liveFrom, next, receivedAtUs: 0 })
    this.#fetcher.set(partition, next)
  }

  async #receive(fetched: readonly Fetched[]): Promise<void> {
    const delivered = this.#delivering.then(() => this.#deliverAll(fetched))
    this.#delivering = delivered.catch((error: unknown) => {
      this.#options.onTrouble(error as Error, 'a live tail')
    })
    await this.#delivering
  }

  async #deliverAll(fetched: readonly Fetched[]): Promise<void> {
    let hasMoved = false
    for (const each of fetched) {
      const followed = this.#partitions.get(each.partition)
      if (followed === undefined || each.records.length === 0) continue
      hasMoved = true
      const wanted = this.#admit(followed, each)
      // Positions move with the last piece, so that what is covered was delivered.
      const last = wanted.at(-1)?.position
      const receive = (entries: readonly LogEntry[]): void | Promise<void> => {
        if (entries.at(-1)?.position === last) followed.next = each.next
        else followed.next = entries.at(-1)?.position ?? followed.next
        return this.#tell(entries)
      }
      await deliver(this.#options.arena, each.partition, wanted, receive, () => !this.#stopped)
      followed.next = each.next
    }
    if (hasMoved && !this.#stopped) await this.#tell([])
  }

  #admit(followed: Followed, fetched: Fetched): readonly Arrived[] {
    const { arrived, newer } = open(fetched)
    if (newer !== null) {
      this.#fetcher.remove(fetched.partition)
      const error = new Error(`record ${newer.offset} was written by a newer Logboy`)
      this.#options.onTrouble(error, `a live tail, partition ${fetched.partition}`)
    }
    return arrived.filter(({ position, envelope }) => {
      followed.receivedAtUs = Math.max(followed.receivedAtUs, Number(envelope.receivedAtUs))
      const isNew = followed.admission.apply(envelope)
      return isNew && position > followed.liveFrom && this.#projects.has(envelope.projectId)
    })
  }

  #tell(entries: readonly LogEntry[]): void | Promise<void> {
    const followed = [...this.#partitions]
    const positions = Positions.of(followed.map(([partition, { next }]) => [partition, next]))
    const stamps = followed.map(([, { receivedAtUs }]) => receivedAtUs).filter(at => at > 0)
    const receivedAtUs = stamps.length === 0 ? 0 : Math.min(...stamps) - STAMP_LEAD_US
    return this.#options.follower.receive({
      entries,
      covered: { positions, receivedAtUs: Math.max(0, receivedAtUs) },
    })
  }

  /** Retention was faster than this reader, or the topic is a new one: it goes on at the end. */
  async #outOfRange(partition: number): Promise<void> {
    const { ends } = this.#options
    await ends.refresh()
    if (!this.#stopped && this.#partitions.delete(partition))
      this.#add(partition, ends.end(partition))
  }
}
