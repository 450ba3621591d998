/**
 * A commit log in memory that can be trimmed, counts who keeps its batches, and delivers on demand.
 */
import assert from 'node:assert/strict'
import type {
  AppendOutcome,
  BatchBytes,
  CommitLog,
  Consumption,
  Follower,
  Following,
  LogEnd,
  LogEntry,
  LogPlace,
  ReadOutcome,
} from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { encodeRecords, envelopeOf } from '#actors/processing/testing/plain-records.ts'

const CHUNK_ENTRIES = 3

export class MemoryLog implements CommitLog {
  readonly isAway = false
  readonly #entries: LogEntry[] = []
  readonly #followers = new Set<Followed>()
  #trimmed = 0
  #sequence = 0
  /** Batches that someone keeps. */
  kept = 0
  readings = 0

  /** Adds a batch with one record a message; followers get it with the next `deliver`. */
  commit(
    projectId: string,
    messages: readonly string[],
    receivedAtUs: number,
    partition = 0,
  ): LogEntry {
    const bytes = encodeRecords(
      messages.map(message => ({
        timeUs: receivedAtUs,
        severity: 9,
        service: '',
        host: '',
        file: '',
        message,
        attributes: [],
      })),
    )
    const memory = new SharedArrayBuffer(bytes.length)
    new Uint8Array(memory).set(bytes)
    const entry = {
      partition,
      position: this.end().at(partition) + bytes.length,
      envelope: envelopeOf({
        projectId,
        receivedAtUs: BigInt(receivedAtUs),
        sequence: BigInt(++this.#sequence),
      }),
      batch: this.#counted(memory),
    }
    this.#entries.push(entry)
    return entry
  }

  #counted(memory: SharedArrayBuffer): BatchBytes {
    let count = 0
    return {
      memory,
      offset: 0,
      length: memory.byteLength,
      retain: () => {
        if (count++ === 0) this.kept++
      },
      release: () => {
        assert(count > 0, 'released once by each owner')
        if (--count === 0) this.kept--
      },
    }
  }

  /** Hands what was committed to the followers. */
  deliver(): void {
    for (const it of this.#followers) {
      const entries = this.#entries.slice(it.next)
      it.next = this.#entries.length
      const last = entries.at(-1)
      if (last === undefined) continue
      void it.follower.receive({
        entries: entries.filter(({ envelope }) => it.watched.has(envelope.projectId)),
        covered: { positions: this.end(), receivedAtUs: Number(last.envelope.receivedAtUs) },
      })
    }
  }

  /** Forgets the oldest entries. */
  trim(entries: number): void {
    this.#trimmed = Math.min(this.#entries.length, this.#trimmed + entries)
  }

  follow(follower: Follower): Following {
    const it = { follower, watched: new Set<string>(), next: this.#entries.length }
    this.#followers.add(it)
    return {
      watch: projectId => void it.watched.add(projectId),
      unwatch: projectId => void it.watched.delete(projectId),
      stop: () => void this.#followers.delete(it),
    }
  }

  async read(
    projectId: string,
    from: Positions,
    receive: (entries: readonly LogEntry[]) => void | Promise<void>,
  ): Promise<ReadOutcome> {
    this.readings++
    const end = this.end()
    if (!end.coversAll(from)) return 'foreign'
    // As where a thread reads: whoever asked may want something else by then.
    await Promise.resolve()
    for (let at = from; ; ) {
      if (!at.coversAll(this.start().positions)) return 'gone'
      const own = this.#entries.filter(
        entry => entry.envelope.projectId === projectId && end.covers(entry) && !at.covers(entry),
      )
      const chunk = own.slice(0, CHUNK_ENTRIES)
      if (chunk.length > 0) await receive(chunk)
      for (const entry of chunk) at = at.with(entry)
      if (chunk.length < CHUNK_ENTRIES) return 'end'
    }
  }

  start(): LogPlace {
    const gone = this.#entries.slice(0, this.#trimmed)
    const oldest = this.#entries[this.#trimmed] ?? this.#entries.at(-1)
    const receivedAtUs = Number(oldest?.envelope.receivedAtUs ?? 0n)
    return { positions: behind(gone), receivedAtUs }
  }

  end(): Positions {
    return behind(this.#entries)
  }

  ends(): LogEnd {
    return { identity: '', positions: this.end(), atUs: 0 }
  }

  async partitionsOf(): Promise<readonly number[]> {
    return [0]
  }

  append(): Promise<AppendOutcome> {
    throw new Error('the tail appends nothing')
  }

  producer(): undefined {
    return undefined
  }

  async answered(): Promise<undefined> {
    return undefined
  }

  refusal(): null {
    return null
  }

  consume(): Consumption {
    throw new Error('the tail follows')
  }

  observe(): Record<string, unknown> {
    return {}
  }

  async close(): Promise<void> {}
}

interface Followed {
  readonly follower: Follower
  readonly watched: Set<string>
  next: number
}

function behind(entries: readonly LogEntry[]): Positions {
  return entries.reduce((place, entry) => place.with(entry), Positions.NONE)
}
