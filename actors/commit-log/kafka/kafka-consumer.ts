/**
 * A member of a consumer group as the contract wants it. Where it stands is a checkpoint in the
 * catalog: offset and admission state under the fence of one assignment, so that a process that
 * wakes up after its partitions moved can save nothing.
 */
import type { Checkpoints, Claim } from '#actors/catalog/checkpoints.ts'
import type { Arena } from '#actors/commit-log/arena.ts'
import type { Consumer, Consumption, LogEntry } from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import { GroupMembership } from './group-membership.ts'
import type { KafkaAddress } from './kafkajs.ts'
import type { LogEnds } from './log-ends.ts'
import { PartitionAdmission } from './partition-admission.ts'
import { type Fetched, type FetchedRecord, PartitionFetcher } from './partition-fetcher.ts'
import { type PartitionTask, taskOf } from './partition-task.ts'
import { deliver, open } from './record-intake.ts'

/** Entries of a partition that were delivered and not passed; beyond it no more are read. */
const PENDING_MAX = 65_536
const TICK_MS = 500
/** A checkpoint is a row that is written anew: large ones more rarely. */
const SAVE_MS = 1_000
const SAVE_MS_PER_BYTE = 1 / 250
/** A delivery that takes longer is stuck: others take the partitions over meanwhile. */
const BLOCKED_MS = 5 * 60_000
const CLAIM_RETRY_MS = 500

export interface KafkaConsumerOptions {
  readonly consumer: Consumer
  readonly address: KafkaAddress
  readonly topic: string
  readonly groupId: string
  readonly arena: Arena
  readonly clock: Clock
  readonly checkpoints: Checkpoints
  readonly ends: LogEnds
  readonly blockedMs?: number
  readonly stalledMs?: number
  readonly sessionTimeoutMs?: number
  /** A record that is none of ours. Settles once it is kept elsewhere. */
  foreign(partition: number, record: FetchedRecord, reason: string): Promise<void>
  readonly onTrouble: (error: Error, where: string) => void
  onStopped(): void
}

export class KafkaConsumer implements Consumption {
  readonly #options: KafkaConsumerOptions
  readonly #fetcher: PartitionFetcher
  readonly #tasks = new Map<number, PartitionTask>()
  #membership: GroupMembership
  #passed: Positions
  /** The latest assignment; a claim that was made for an earlier one is not used. */
  #owner = ''
  #delivering: Promise<void> = Promise.resolve()
  #deliveringSinceMs: number | null = null
  #isSuspended = false
  #cancelTick: Cancel
  #stopping: Promise<void> | null = null
  #counts = { delivered: 0, foreign: 0, skipped: 0, refusedSaves: 0, suspended: 0 }

  constructor(options: KafkaConsumerOptions) {
    this.#options = options
    this.#passed = options.consumer.from
    const { address, topic, clock, stalledMs } = options
    this.#fetcher = new PartitionFetcher({
      address,
      topic,
      clock,
      ...(stalledMs === undefined ? {} : { stalledMs }),
      receive: fetched => this.#receive(fetched),
      outOfRange: partition => void this.#outOfRange(partition),
      onTrouble: options.onTrouble,
    })
    this.#membership = this.#join()
    this.#cancelTick = clock.after(TICK_MS, this.#tick)
  }

  passed(positions: Positions): void {
    this.#passed = this.#passed.union(positions)
    for (const task of this.#tasks.values()) {
      task.admission.pass(positions.at(task.partition))
      if (task.admission.pending < PENDING_MAX) this.#fetcher.release(task.partition)
    }
  }

  delivered(): Positions {
    const tasks = [...this.#tasks.values()]
    return Positions.of(tasks.map(({ partition, delivered }) => [partition, delivered]))
  }

  rewind(): void {
    for (const { partition, fence, admission } of this.#tasks.values()) {
      const [position, state] = [admission.passed, admission.encode()]
      this.#begin({ partition, fence, position, state })
      // While partitions are shared out none is read.
      if (this.#owner === '') this.#fetcher.remove(partition)
    }
  }

  shareAgain(): void {
    this.#membership.joinAgain()
  }

  /** Ends after the running delivery; what was passed until then is saved. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  observe(): Record<string, unknown> {
    const partitions = [...this.#tasks.values()].map(({ partition, admission, saved }) => ({
      partition,
      next: admission.next,
      saved,
      lag: Math.max(0, this.#options.ends.end(partition) - admission.next),
      pending: admission.pending,
      repeats: admission.repeats,
    }))
    return {
      ...this.#counts,
      partitions,
      group: this.#membership.observe(),
      fetcher: this.#fetcher.observe(),
    }
  }

  #join(): GroupMembership {
    const { address, topic, groupId, clock, sessionTimeoutMs, onTrouble } = this.#options
    const { consumer } = this.#options
    return new GroupMembership({
      address,
      topic,
      groupId,
      clock,
      ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
      ...(consumer.together === undefined ? {} : { together: () => consumer.together?.() ?? [] }),
      assigned: (partitions, owner) => {
        this.#owner = owner
        void this.#claim(partitions, owner)
      },
      pausing: () => this.#pause(),
      expired: () => this.#revokeAll(),
      onTrouble,
    })
  }

  /** While the catalog is away the partitions are ours all the same, and wait. */
  async #claim(partitions: readonly number[], owner: string): Promise<void> {
    const { checkpoints, groupId, topic, clock, onTrouble } = this.#options
    while (this.#owner === owner && this.#stopping === null) {
      try {
        const claims =
          partitions.length === 0 ? [] : await checkpoints.claim(groupId, topic, partitions, owner)
        if (this.#owner === owner) this.#adopt(claims)
        return
      } catch (error) {
        onTrouble(error as Error, 'claiming partitions')
        await new Promise<void>(resolve => void clock.after(CLAIM_RETRY_MS, resolve))
      }
    }
  }

  #adopt(claims: readonly Claim[]): void {
    const mine = new Set(claims.map(({ partition }) => partition))
    for (const partition of this.#tasks.keys()) if (!mine.has(partition)) this.#revoke(partition)
    for (const claim of claims) {
      const task = this.#tasks.get(claim.partition)
      // Nobody else had it in between: what was delivered and not passed still counts.
      if (task !== undefined && claim.fence === task.fence + 1) {
        task.fence = claim.fence
        this.#fetcher.set(claim.partition, task.admission.next)
      } else {
        const begun = this.#begin(claim)
        if (claim.position === null) void this.#save(begun)
        this.#options.consumer.assigned?.(begun.partition, begun.deliverAfter)
      }
    }
  }

  #begin(claim: Claim): PartitionTask {
    const { partition } = claim
    const task = taskOf(claim, this.#passed.at(partition), this.#options)
    this.#tasks.set(partition, task)
    this.#fetcher.set(partition, task.admission.next)
    return task
  }

  async #receive(fetched: readonly Fetched[]): Promise<void> {
    // What waits for its turn is of the tasks that asked for it: after a rewind it comes again.
    const arrived = fetched.flatMap(each => {
      const task = this.#tasks.get(each.partition)
      return task === undefined ? [] : [{ task, each }]
    })
    // One delivery at a time, whichever broker it came from.
    const delivered = this.#delivering.then(async () => {
      for (const { task, each } of arrived) await this.#deliver(task, each)
    })
    this.#delivering = delivered.catch((error: unknown) => {
      // Nobody knows what of it was taken: everything comes again from the checkpoint.
      this.#options.onTrouble(error as Error, `consumer ${this.#options.consumer.name}`)
      this.#revokeAll()
      this.#membership.joinAgain()
    })
    await this.#delivering
  }

  async #deliver(task: PartitionTask, fetched: Fetched): Promise<void> {
    const { partition, admission } = task
    const { consumer } = this.#options
    const isCurrent = (): boolean => this.#tasks.get(partition) === task && this.#stopping === null
    if (!isCurrent()) return
    const { arrived, foreign, newer } = open(fetched)
    for (const { record, reason } of foreign) {
      this.#counts.foreign++
      await this.#options.foreign(partition, record, reason)
    }
    if (!isCurrent()) return
    const fresh = arrived.filter(({ position, envelope }) => {
      const isNew = admission.admit(position, envelope) && position > task.deliverAfter
      return isNew && (consumer.wants?.(envelope.projectId) ?? true)
    })
    if (newer === null) admission.skip(fetched.next)
    else this.#holdForNewer(task, newer)
    admission.pass(Math.max(this.#passed.at(partition), task.deliverAfter))
    if (admission.pending >= PENDING_MAX) this.#fetcher.hold(partition)
    await deliver(
      this.#options.arena,
      partition,
      fresh,
      entries => this.#handOver(entries),
      isCurrent,
    )
    if (isCurrent() && newer === null) task.delivered = Math.max(task.delivered, fetched.next)
  }

  async #handOver(entries: readonly LogEntry[]): Promise<void> {
    this.#counts.delivered += entries.length
    this.#deliveringSinceMs = this.#options.clock.monotonicMs()
    try {
      await this.#options.consumer.receive(entries)
    } finally {
      this.#deliveringSinceMs = null
    }
  }

  #holdForNewer(
    { partition }: PartitionTask,
    { offset, version }: { offset: number; version: number },
  ): void {
    this.#fetcher.remove(partition)
    const message = `record ${offset} of partition ${partition} has envelope version ${version}, which a newer Logboy wrote`
    const error = Object.assign(new Error(message), { code: 'LOGBOY_RECORD_NEWER' })
    this.#options.onTrouble(error, `consumer ${this.#options.consumer.name}`)
  }

  async #outOfRange(partition: number): Promise<void> {
    const { ends, onTrouble } = this.#options
    await ends.refresh()
    const task = this.#tasks.get(partition)
    if (task === undefined || this.#stopping !== null) return
    const { next } = task.admission
    const start = ends.start(partition)
    if (next < start) {
      // A new group begins where the log does; one that was slower than retention lost records.
      if (next > 0) {
        this.#counts.skipped += start - next
        onTrouble(
          new Error(`${start - next} records were deleted unread`),
          `partition ${partition}`,
        )
      }
      task.admission.skip(start)
      task.delivered = Math.max(task.delivered, start)
      return this.#fetcher.set(partition, start)
    }
    onTrouble(
      new Error(`the log ends before offset ${next}: it is another one`),
      `partition ${partition}`,
    )
    task.admission = new PartitionAdmission(start, null)
    task.deliverAfter = start
    task.delivered = start
    this.#options.consumer.assigned?.(partition, start)
    this.#fetcher.set(partition, start)
  }

  readonly #tick = (): void => {
    const { clock, blockedMs = BLOCKED_MS } = this.#options
    const nowMs = clock.monotonicMs()
    const since = this.#deliveringSinceMs
    if (since !== null && nowMs - since > blockedMs) this.#suspend()
    for (const task of this.#tasks.values()) {
      if (nowMs >= task.saveAfterMs) void this.#save(task)
    }
    this.#cancelTick = clock.after(TICK_MS, this.#tick)
  }

  async #save(task: PartitionTask): Promise<void> {
    const { partition, fence, admission } = task
    const position = admission.passed
    if (task.saving || position === task.saved) return
    const { checkpoints, groupId, topic, clock, onTrouble } = this.#options
    task.saving = true
    try {
      const state = admission.encode()
      const place = { group: groupId, topic, partition }
      const isSaved = await checkpoints.save({ ...place, fence, position, state })
      task.saveAfterMs = clock.monotonicMs() + SAVE_MS + state.length * SAVE_MS_PER_BYTE
      if (isSaved) {
        task.saved = position
        await this.#membership.commit(new Map([[partition, position]]))
      } else if (this.#tasks.get(partition) === task && task.fence === fence) {
        this.#counts.refusedSaves++
        this.#revoke(partition)
        this.#membership.joinAgain()
      }
    } catch (error) {
      task.saveAfterMs = clock.monotonicMs() + SAVE_MS
      onTrouble(error as Error, 'saving a checkpoint')
    } finally {
      task.saving = false
    }
  }

  /** The group is shared out anew: reading waits, what was passed is saved for whoever goes on. */
  async #pause(): Promise<void> {
    this.#owner = ''
    for (const partition of this.#tasks.keys()) this.#fetcher.remove(partition)
    if (!this.#isSuspended) await this.#delivering
    await Promise.all([...this.#tasks.values()].map(task => this.#save(task)))
  }

  /** A stuck delivery: its partitions go to others, and we come back when it ends. */
  #suspend(): void {
    if (this.#isSuspended) return
    this.#isSuspended = true
    this.#counts.suspended++
    const { onTrouble, consumer } = this.#options
    onTrouble(new Error('a delivery does not end; its partitions are given up'), consumer.name)
    const left = this.#membership.stop()
    this.#revokeAll()
    void Promise.all([left, this.#delivering]).then(() => {
      this.#isSuspended = false
      if (this.#stopping === null) this.#membership = this.#join()
    })
  }

  #revokeAll(): void {
    this.#owner = ''
    for (const partition of this.#tasks.keys()) this.#revoke(partition)
  }

  #revoke(partition: number): void {
    this.#tasks.delete(partition)
    this.#fetcher.remove(partition)
    this.#options.consumer.revoked?.(partition)
  }

  async #stop(): Promise<void> {
    this.#cancelTick()
    await this.#membership.stop()
    this.#fetcher.stop()
    await Promise.all([...this.#tasks.values()].map(task => this.#save(task)))
    this.#tasks.clear()
    this.#options.onStopped()
  }
}
