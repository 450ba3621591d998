/**
 * Membership of one consumer group: joins, keeps alive by a timer of its own (so that no batch is
 * too long), joins again when the group is shared out anew, and leaves. What to do with partitions
 * is the owner's.
 */
import type { Cancel, Clock } from '#runtime/clock.ts'
import {
  type Cluster,
  type GroupMember,
  type KafkaAddress,
  kindOf,
  newCluster,
  newGroupMember,
} from './kafkajs.ts'

/** A member that was silent this long has lost its partitions. */
export const SESSION_TIMEOUT_MS = 10_000
/** How long the others wait for one that has a batch to finish. */
const REBALANCE_TIMEOUT_MS = 30_000
const HEARTBEAT_MS = 1_000
/** A join that is under way may wait for others; our session then ends by itself. */
const STOP_MS_MAX = 5_000
const RETRY_MS = 200
const RETRY_MS_MAX = 2_000

export interface GroupMembershipOptions {
  readonly address: KafkaAddress
  readonly topic: string
  readonly groupId: string
  readonly clock: Clock
  readonly sessionTimeoutMs?: number
  /** Sets of partitions that are not to be parted. */
  readonly together?: () => readonly (readonly number[])[]
  /** These partitions are ours under a name that no other assignment has, until `pausing`. */
  assigned(partitions: readonly number[], owner: string): void
  /** They will be shared out anew: settles once nothing of them is being delivered. */
  pausing(): Promise<void>
  /** We were silent for too long: others have them. */
  expired(): void
  readonly onTrouble: (error: Error, where: string) => void
}

export class GroupMembership {
  readonly #options: GroupMembershipOptions
  readonly #sessionTimeoutMs: number
  #member: GroupMember | null = null
  #memberId: string | null = null
  #running: Promise<void>
  #stopped = false
  /** Ends the wait between heartbeats. */
  #wake: () => void = () => undefined
  #rejoin = false
  #joined = 0
  #aliveMs: number

  constructor(options: GroupMembershipOptions) {
    this.#options = options
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS
    this.#aliveMs = options.clock.monotonicMs()
    this.#running = this.#run()
  }

  /** Something shows that the group was shared out without us. */
  joinAgain(): void {
    this.#rejoin = true
    this.#wake()
  }

  /** For tools that show lag; what counts is the checkpoint in the catalog. */
  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const member = this.#member
    if (member === null || member.memberId === null || offsets.size === 0) return
    const { groupId, topic } = this.#options
    const partitions = [...offsets].map(([partition, offset]) => ({
      partition,
      offset: String(offset),
    }))
    await member.coordinator
      .offsetCommit({
        groupId,
        groupGenerationId: member.generationId,
        memberId: member.memberId,
        topics: [{ topic, partitions }],
      })
      .catch(() => undefined)
  }

  observe(): Record<string, unknown> {
    return {
      joined: this.#joined,
      generation: this.#member?.generationId ?? null,
      silentMs: Math.round(this.#options.clock.monotonicMs() - this.#aliveMs),
    }
  }

  /** Leaves, so that the others need not wait for the session to end. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    let cancel: Cancel = () => undefined
    const tooLong = new Promise<void>(resolve => {
      cancel = this.#options.clock.after(STOP_MS_MAX, resolve)
    })
    await Promise.race([this.#running, tooLong])
    cancel()
  }

  async #run(): Promise<void> {
    for (let retryMs = RETRY_MS; !this.#stopped; ) {
      const cluster = newCluster(this.#options.address)
      const joinedBefore = this.#joined
      try {
        await this.#takePart(cluster)
      } catch (error) {
        await this.#options.pausing()
        if (this.#joined > joinedBefore) retryMs = RETRY_MS
        else this.#options.onTrouble(error as Error, `consumer group: ${kindOf(error)}`)
      } finally {
        cluster.disconnect().catch(() => undefined)
      }
      if (this.#stopped) return
      this.#checkExpiry()
      await this.#pause(retryMs)
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)
    }
  }

  async #takePart(cluster: Cluster): Promise<void> {
    const { address, topic, groupId, together } = this.#options
    await cluster.connect()
    await cluster.addMultipleTargetTopics([topic])
    const group = {
      groupId,
      topic,
      sessionTimeoutMs: this.#sessionTimeoutMs,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      ...(together === undefined ? {} : { together }),
    }
    const member = newGroupMember(cluster, address, group)
    // Known to the group under its old name: otherwise all would wait for that one's session.
    member.memberId = this.#memberId
    while (!this.#stopped) {
      this.#rejoin = false
      await member.joinAndSync()
      this.#aliveMs = this.#options.clock.monotonicMs()
      this.#member = member
      this.#memberId = member.memberId
      this.#joined++
      const partitions = member.assigned().flatMap(assigned => assigned.partitions)
      this.#options.assigned(partitions, `${member.memberId}/${member.generationId}`)
      try {
        await this.#keepAlive(member)
      } finally {
        this.#member = null
      }
      await this.#options.pausing()
    }
    await member.leave().catch(() => undefined)
  }

  /** Until the group is shared out anew, or we stop; throws when the coordinator is lost. */
  async #keepAlive(member: GroupMember): Promise<void> {
    const { groupId, clock } = this.#options
    for (;;) {
      await this.#pause(HEARTBEAT_MS)
      if (this.#stopped || this.#rejoin) return
      const { memberId, generationId } = member
      if (memberId === null) return
      try {
        await member.coordinator.heartbeat({ groupId, groupGenerationId: generationId, memberId })
        this.#aliveMs = clock.monotonicMs()
      } catch (error) {
        const kind = kindOf(error)
        if (kind === 'REBALANCE_IN_PROGRESS' || kind === 'ILLEGAL_GENERATION') return
        if (kind !== 'UNKNOWN_MEMBER_ID') throw error
        // The session ended while this process slept.
        this.#memberId = null
        member.memberId = null
        this.#options.expired()
        return
      }
    }
  }

  #checkExpiry(): void {
    const silentMs = this.#options.clock.monotonicMs() - this.#aliveMs
    if (silentMs > this.#sessionTimeoutMs) this.#options.expired()
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopped || this.#rejoin) return Promise.resolve()
    return new Promise(resolve => {
      let cancel: Cancel = () => undefined
      this.#wake = () => {
        cancel()
        resolve()
      }
      cancel = this.#options.clock.after(ms, resolve)
    })
  }
}
