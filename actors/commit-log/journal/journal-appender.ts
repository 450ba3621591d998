import assert from 'node:assert/strict'
import { toBinary } from '@bufbuild/protobuf'
import { EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { BATCH_BYTES_MAX } from '#proto/limits.ts'
import type { Clock } from '#runtime/clock.ts'
import type { ServiceThread } from '#runtime/threads.ts'
import type { Admission, Reservation, Verdict } from '../admission.ts'
import { encodeAdmission } from '../admission-snapshot.ts'
import type { AppendOutcome, LogEntry, Offer, UnavailableReason } from '../commit-log.ts'
import type { Position } from '../positions.ts'
import type { JournalFile } from './journal-files.ts'
import { entryBytes, JOURNAL_PARTITION, RECORD_BYTES_MAX } from './journal-format.ts'
import { GroupBuilder } from './journal-group.ts'
import type { AppendReply, JournalWriterMessage } from './journal-writer.ts'

/** Appends that wait for the group before them; their batches are bounded by the arena as well. */
const WAITING_MAX = 16_384
/** A group is bounded, so that the last of it does not make the first wait. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024
const GROUP_ENTRIES_MAX = 4_096

const RETRY_AFTER_MS: Readonly<Record<UnavailableReason, number>> = {
  overloaded: 50,
  // Keys are forgotten one by one, a day after their first use.
  'too-many-keys': 60_000,
  'disk-full': 500,
  'disk-failed': 1_000,
  'log-away': 1_000,
  stopping: 1_000,
}

export interface JournalAppenderOptions {
  readonly writer: ServiceThread
  readonly clock: Clock
  readonly admission: Admission
  /** A journal file is closed at this size. */
  readonly fileBytes: number
  /** As recovered. */
  readonly files: readonly JournalFile[]
  readonly end: Position
  readonly lastEntryEnd: Position
  readonly lastReceivedAtUs: number
  /** Bytes of batches that are acknowledged and not yet in a segment. */
  unflushedBytes(): number
  neededFrom(): Position
  /** In log order, in the turn that moves the end. */
  onCommitted(entries: readonly LogEntry[]): void
  /** The log can no longer go on; its process should be restarted. */
  onFailure(error: Error): void
}

interface Pending {
  readonly offer: Offer
  readonly reservation: Reservation
  readonly outcome: Promise<AppendOutcome>
  readonly settle: (outcome: AppendOutcome) => void
}

/**
 * The way into the journal: admission, the receive time, and groups. While one group is written and
 * synced, everything that comes waits and is the next one; nothing ever waits for company.
 */
export class JournalAppender {
  readonly #options: JournalAppenderOptions
  readonly #admission: Admission
  readonly #pending = new Map<Reservation, Pending>()
  #waiting: Pending[] = []
  #written: Promise<void> | null = null
  #files: readonly JournalFile[]
  #end: Position
  #lastEntryEnd: Position
  #lastReceivedAtUs: number
  #unavailable: UnavailableReason | null = null
  #detail = ''
  /** The last group failed: the next one begins a file, away from what may be broken. */
  #failedBefore = false
  #counts = { entries: 0, bytes: 0, groups: 0, repeats: 0, refused: 0, failedGroups: 0 }

  constructor(options: JournalAppenderOptions) {
    this.#options = options
    this.#admission = options.admission
    this.#files = options.files
    this.#end = options.end
    this.#lastEntryEnd = options.lastEntryEnd
    this.#lastReceivedAtUs = options.lastReceivedAtUs
  }

  /** Includes what the writer has, and is not yet told to be durable by anyone else. */
  get files(): readonly JournalFile[] {
    return this.#files
  }

  set files(files: readonly JournalFile[]) {
    this.#files = files
  }

  get end(): Position {
    return this.#end
  }

  get lastEntryEnd(): Position {
    return this.#lastEntryEnd
  }

  /** Appends fail because of the disk, which may change by itself. */
  get waitsForDisk(): boolean {
    return this.#unavailable === 'disk-full' || this.#unavailable === 'disk-failed'
  }

  /** Why appends are refused now; null = they are taken. */
  get refusal(): string | null {
    return this.#unavailable
  }

  append(offer: Offer): Promise<AppendOutcome> {
    if (this.#unavailable === 'stopping' || this.#unavailable === 'log-away') {
      return Promise.resolve(this.#refuse(this.#unavailable))
    }
    assert(offer.batch.length <= BATCH_BYTES_MAX, 'a batch is bounded')
    const verdict = this.#reserve(offer)
    if (verdict.type !== 'new') return this.#answer(verdict)
    if (this.#waiting.length < WAITING_MAX) {
      return this.#enqueue(offer, verdict.reservation).outcome
    }
    // Withdrawn, not just refused: the producer's later batches must not be taken before this one.
    this.#admission.withdraw(verdict.reservation, offer.neverResent !== true)
    return Promise.resolve(this.#refuse('overloaded'))
  }

  /** There is room again, or a disk that failed is worth another try. */
  resume(): void {
    if (!this.waitsForDisk) return
    this.#unavailable = null
    this.#detail = ''
  }

  /** Refuses what comes from now on; settles when all before it is settled. */
  async drain(): Promise<void> {
    if (this.#unavailable !== 'log-away') this.#unavailable = 'stopping'
    await this.#written
  }

  observe(): Record<string, unknown> {
    return {
      ...this.#counts,
      waiting: this.#waiting.length,
      unavailable: this.#unavailable,
      detail: this.#detail,
      admission: this.#admission.observe(),
    }
  }

  /** Stamps and judges; what is not new keeps the stamp it came with. */
  #reserve({ envelope }: Offer): Verdict {
    const stamp = envelope.receivedAtUs
    const receivedAtUs = Math.max(this.#options.clock.nowUs(), this.#lastReceivedAtUs + 1)
    envelope.receivedAtUs = BigInt(receivedAtUs)
    const verdict = this.#admission.reserve(envelope)
    if (verdict.type === 'new') this.#lastReceivedAtUs = receivedAtUs
    else envelope.receivedAtUs = stamp
    return verdict
  }

  async #answer(verdict: Exclude<Verdict, { type: 'new' }>): Promise<AppendOutcome> {
    switch (verdict.type) {
      case 'repeat': {
        this.#counts.repeats++
        const first = verdict.of === null ? undefined : this.#pending.get(verdict.of)
        const outcome = await first?.outcome
        return outcome === undefined || outcome.type === 'durable'
          ? { type: 'durable', repeat: true }
          : outcome
      }
      case 'stale-epoch':
      case 'conflict':
        this.#counts.refused++
        return { type: verdict.type }
      case 'full':
        if (verdict.of === 'keys') return this.#refuse('too-many-keys')
        return this.#refuse(this.#unavailable ?? 'overloaded')
      case 'out-of-turn':
        return this.#refuse(this.#unavailable ?? 'overloaded')
    }
  }

  #enqueue(offer: Offer, reservation: Reservation): Pending {
    let settle: Pending['settle'] = () => undefined
    const outcome = new Promise<AppendOutcome>(resolve => {
      settle = resolve
    })
    const pending = { offer, reservation, outcome, settle }
    offer.batch.retain()
    this.#pending.set(reservation, pending)
    this.#waiting.push(pending)
    // Begun in a microtask: what is offered in one turn is one group.
    this.#written ??= Promise.resolve().then(() => this.#writeAll())
    return pending
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = new GroupBuilder()
      const members = this.#takeGroup(group)
      let reply: AppendReply
      try {
        reply = await this.#write(group)
      } catch (error) {
        this.#giveUp(members, error as Error)
        break
      }
      if (reply.type === 'durable') this.#commit(members, reply)
      else this.#fail(members, reply)
    }
    this.#written = null
  }

  #takeGroup(group: GroupBuilder): readonly Pending[] {
    let count = 0
    for (const { offer } of this.#waiting) {
      const { envelope, batch } = offer
      const bytes = toBinary(EnvelopeSchema, envelope)
      assert(entryBytes(bytes.length, batch.length) <= RECORD_BYTES_MAX, 'an entry is bounded')
      group.add(bytes, batch, Number(envelope.receivedAtUs))
      count++
      if (group.bytes >= GROUP_BYTES_MAX || count >= GROUP_ENTRIES_MAX) break
    }
    return this.#waiting.splice(0, count)
  }

  #write(builder: GroupBuilder): Promise<AppendReply> {
    const group = builder.finish()
    const last = this.#files.at(-1)
    const fits =
      last !== undefined &&
      last.end === this.#end &&
      last.end - last.start + group.bytes <= this.#options.fileBytes &&
      !this.#failedBefore
    // With one group on its way at a time, the table is exactly what the log holds before it.
    const table = () => encodeAdmission(this.#admission.state(this.#lastReceivedAtUs))
    const snapshot = fits ? null : table()
    const message: JournalWriterMessage = {
      type: 'append',
      group,
      snapshot,
      unflushedBytes: this.#options.unflushedBytes(),
      neededFrom: this.#options.neededFrom(),
    }
    const moved = [group.table.buffer, group.receivedAtUs.buffer, group.envelopes.buffer]
    return this.#options.writer.call<AppendReply>(message, moved as ArrayBuffer[])
  }

  #commit(members: readonly Pending[], reply: AppendReply & { readonly type: 'durable' }): void {
    this.resume()
    this.#failedBefore = false
    this.#end = reply.end
    const last = this.#files.at(-1)
    if (reply.files !== null) this.#files = reply.files
    else if (last !== undefined)
      this.#files = [...this.#files.slice(0, -1), { ...last, end: reply.end }]
    const entries = members.map(({ offer, reservation, settle }, index) => {
      this.#admission.commit(reservation)
      this.#pending.delete(reservation)
      settle({ type: 'durable', repeat: false })
      this.#counts.bytes += offer.batch.length
      const position = reply.ends[index] as number
      const { envelope, batch } = offer
      return { partition: JOURNAL_PARTITION, position, envelope, batch }
    })
    this.#counts.entries += entries.length
    this.#counts.groups++
    this.#lastEntryEnd = (entries.at(-1) as LogEntry).position
    this.#options.onCommitted(entries)
    for (const { batch } of entries) batch.release()
  }

  #fail(members: readonly Pending[], reply: AppendReply & { readonly type: 'failed' }): void {
    this.#counts.failedGroups++
    this.#failedBefore = true
    if (this.#unavailable === null) this.#unavailable = reply.reason
    this.#detail = reply.detail
    if (reply.files !== null) this.#files = reply.files
    const written = reply.mayBeStored ? members : []
    this.#withdraw(members, reply.reason, written)
  }

  /** Nobody knows how the group ended, so nothing more is accepted: the next start will tell. */
  #giveUp(members: readonly Pending[], error: Error): void {
    this.#unavailable = 'log-away'
    this.#detail = error.message
    this.#withdraw([...members, ...this.#waiting.splice(0)], 'log-away', members)
    this.#options.onFailure(error)
  }

  /** Those of `written` may be on disk all the same. */
  #withdraw(
    members: readonly Pending[],
    reason: UnavailableReason,
    written: readonly Pending[],
  ): void {
    const withdrawn = new Set<Pending>()
    for (const member of members) {
      if (withdrawn.has(member)) continue
      const resends = member.offer.neverResent !== true
      for (const gone of this.#admission.withdraw(member.reservation, resends)) {
        withdrawn.add(this.#pending.get(gone) as Pending)
      }
    }
    this.#waiting = this.#waiting.filter(pending => !withdrawn.has(pending))
    const inDoubt = new Set(written)
    for (const pending of withdrawn) {
      this.#pending.delete(pending.reservation)
      pending.offer.batch.release()
      pending.settle(this.#refuse(reason, inDoubt.has(pending)))
    }
  }

  #refuse(reason: UnavailableReason, mayBeStored = false): AppendOutcome {
    this.#counts.refused++
    return { type: 'unavailable', reason, retryAfterMs: RETRY_AFTER_MS[reason], mayBeStored }
  }
}
