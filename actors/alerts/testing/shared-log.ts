/**
 * A log of several partitions that processes share, in memory: who has which of them changes, what
 * was passed is remembered, and a process can be cut off without knowing it.
 */
import assert from 'node:assert/strict'
import type {
  CommitLog,
  Consumer,
  Consumption,
  LogEnd,
  LogEntry,
} from '#actors/commit-log/commit-log.ts'
import { shareOut } from '#actors/commit-log/kafka/sharing.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { encodeRecords, envelopeOf } from '#actors/processing/testing/plain-records.ts'
import type { BatchRecord } from '#proto/batch-builder.ts'
import type { Clock } from '#runtime/index.ts'
import type { AlertedLog } from '../alert-feed.ts'

const LOOK_MS = 500
const DELIVERY_ENTRIES_MAX = 3
const SAVE_MS = 1_000

export class SharedLog {
  readonly lists = new Map<string, readonly number[]>()
  readonly entries: LogEntry[][]
  /** What was passed, as whoever goes on begins. */
  readonly saved = new Map<number, number>()
  readonly #members = new Set<Member>()
  #sequence = 0

  constructor(partitions: number) {
    this.entries = Array.from({ length: partitions }, () => [])
  }

  commit(
    projectId: string,
    partition: number,
    receivedAtUs: number,
    records: readonly BatchRecord[],
  ): void {
    const bytes = encodeRecords(records)
    const memory = new SharedArrayBuffer(bytes.length)
    new Uint8Array(memory).set(bytes)
    const entries = this.entries[partition] ?? assert.fail()
    const sequence = BigInt(++this.#sequence)
    const recordCount = records.length
    const about = { projectId, receivedAtUs: BigInt(receivedAtUs), sequence, recordCount }
    entries.push({
      partition,
      position: entries.length + 1,
      envelope: envelopeOf(about),
      batch: { memory, offset: 0, length: bytes.length, retain() {}, release() {} },
    })
  }

  get ends(): Positions {
    return Positions.of(this.entries.map(({ length }, partition) => [partition, length]))
  }

  /** The log as one process has it; its clock stops with the process. */
  open(clock: Clock): Member {
    const member = new Member(this, clock)
    this.#members.add(member)
    return member
  }

  /** Gone without a word, or cut off. */
  lose(member: Member): void {
    this.#members.delete(member)
    this.share()
  }

  join(member: Member): void {
    this.#members.add(member)
    this.share()
  }

  owns(member: Member, partition: number): boolean {
    return this.#members.has(member) && member.isNamed(partition)
  }

  share(): void {
    const members = [...this.#members].filter(({ consumer }) => consumer !== undefined)
    const sharers = members.map(({ name, consumer }) => ({
      memberId: name,
      together: consumer?.together?.() ?? [],
    }))
    if (members.length === 0) return
    const shares = shareOut(sharers, this.entries.length)
    for (const member of members) member.adopt(shares.get(member.name) ?? [])
  }
}

let members = 0

export class Member implements AlertedLog, Consumption {
  readonly name = `member ${String(++members).padStart(6, '0')}`
  consumer: Consumer | undefined
  readonly #log: SharedLog
  readonly #clock: Clock
  readonly #next = new Map<number, number>()
  readonly #delivered = new Map<number, number>()
  readonly #passed = new Map<number, number>()
  #rewound = 0
  #ends: LogEnd = { identity: '', positions: Positions.NONE, atUs: 0 }
  #isCutOff = false
  #isStopped = false

  constructor(log: SharedLog, clock: Clock) {
    this.#log = log
    this.#clock = clock
    this.#look()
  }

  isNamed(partition: number): boolean {
    return this.#next.has(partition)
  }

  consume(consumer: Consumer): Consumption {
    this.consumer = consumer
    // Assigned from outside the call, as a group does.
    this.#clock.after(5, () => this.#log.share())
    this.#clock.after(5, () => void this.#run())
    this.#clock.after(SAVE_MS, this.#save)
    return this
  }

  ends(): LogEnd {
    return this.#ends
  }

  start(): ReturnType<CommitLog['start']> {
    return { positions: Positions.NONE, receivedAtUs: 0 }
  }

  async partitionsOf(projectId: string): Promise<readonly number[]> {
    return this.#log.lists.get(projectId) ?? []
  }

  passed(positions: Positions): void {
    for (const [partition, position] of positions.pairs()) {
      if (!this.#next.has(partition)) continue
      const delivered = this.#delivered.get(partition) ?? 0
      assert.ok(position <= delivered, 'passed what was not delivered')
      this.#passed.set(partition, Math.max(position, this.#passed.get(partition) ?? 0))
    }
  }

  delivered(): Positions {
    return Positions.of(this.#delivered)
  }

  rewind(): void {
    this.#rewound++
    for (const partition of this.#next.keys()) {
      const position = this.#passed.get(partition) ?? 0
      this.#next.set(partition, position)
      this.#delivered.set(partition, position)
    }
  }

  shareAgain(): void {
    if (!this.#isCutOff) this.#clock.after(20, () => this.#log.share())
  }

  stop(): void {
    this.#isStopped = true
  }

  /** Knows nothing of what happens, and is told nothing, until `findOut`. */
  cutOff(): void {
    this.#isCutOff = true
    this.#log.lose(this)
  }

  findOut(): void {
    this.#isCutOff = false
    this.adopt([])
    this.#log.join(this)
  }

  adopt(partitions: readonly number[]): void {
    for (const partition of this.#next.keys()) {
      if (partitions.includes(partition)) continue
      // What was passed is saved before somebody else goes on.
      if (!this.#isCutOff) this.#savePassed(partition)
      for (const places of [this.#next, this.#delivered, this.#passed]) places.delete(partition)
      this.consumer?.revoked?.(partition)
    }
    for (const partition of partitions) {
      if (this.#next.has(partition)) continue
      const from = this.#log.saved.get(partition) ?? this.#log.ends.at(partition)
      this.#log.saved.set(partition, from)
      for (const places of [this.#next, this.#delivered, this.#passed]) places.set(partition, from)
      this.consumer?.assigned?.(partition, from)
    }
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      for (const partition of this.#next.keys()) await this.#deliver(partition)
      await new Promise<void>(resolve => void this.#clock.after(10, resolve))
    }
  }

  async #deliver(partition: number): Promise<void> {
    const next = this.#next.get(partition)
    if (next === undefined || this.#isCutOff) return
    const rewound = this.#rewound
    const all = this.#log.entries[partition] ?? []
    const entries = all.slice(next, next + DELIVERY_ENTRIES_MAX)
    if (entries.length === 0) return
    this.#next.set(partition, next + entries.length)
    await this.consumer?.receive(entries)
    const isMine = this.#next.get(partition) === next + entries.length
    if (rewound === this.#rewound && isMine) this.#delivered.set(partition, next + entries.length)
  }

  #look = (): void => {
    if (this.#isStopped) return
    if (!this.#isCutOff)
      this.#ends = { identity: '', positions: this.#log.ends, atUs: this.#clock.nowUs() }
    this.#clock.after(LOOK_MS, this.#look)
  }

  #save = (): void => {
    for (const partition of this.#next.keys()) if (!this.#isCutOff) this.#savePassed(partition)
    if (!this.#isStopped) this.#clock.after(SAVE_MS, this.#save)
  }

  #savePassed(partition: number): void {
    const passed = this.#passed.get(partition) ?? 0
    this.#log.saved.set(partition, Math.max(passed, this.#log.saved.get(partition) ?? 0))
  }
}
