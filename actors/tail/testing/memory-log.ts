/**
 * A commit log in memory that can be trimmed, counts who keeps its batches, and delivers on demand.
 */
import assert from 'node:assert/strict'
import type {
  AppendOutcome,
  BatchBytes,
  CommitLog,
  Consumer,
  Consumption,
  LogEntry,
  Position,
} from '#actors/commit-log/commit-log.ts'
import { encodeRecords, envelopeOf } from '#actors/processing/testing/plain-records.ts'

const CHUNK_ENTRIES = 3

export class MemoryLog implements CommitLog {
  readonly #entries: LogEntry[] = []
  readonly #consumers = new Set<{ consumer: Consumer; next: number }>()
  #trimmed = 0
  #sequence = 0
  /** Batches that someone keeps. */
  kept = 0
  readings = 0

  /** Adds a batch with one record a message; consumers get it with the next `deliver`. */
  commit(projectId: string, messages: readonly string[], receivedAtUs: number): LogEntry {
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
      position: this.end() + bytes.length,
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

  /** Hands what was committed to the consumers. */
  deliver(): void {
    for (const it of this.#consumers) {
      const entries = this.#entries.slice(it.next)
      it.next = this.#entries.length
      if (entries.length > 0) void it.consumer.receive(entries)
    }
  }

  /** Forgets the oldest entries. */
  trim(entries: number): void {
    this.#trimmed = Math.min(this.#entries.length, this.#trimmed + entries)
  }

  consume(consumer: Consumer): Consumption {
    const next = this.#entries.findIndex(({ position }) => position > consumer.from)
    const it = { consumer, next: next < 0 ? this.#entries.length : next }
    this.#consumers.add(it)
    return { passed: () => undefined, stop: () => void this.#consumers.delete(it) }
  }

  async read(
    projectId: string,
    from: Position,
    receive: (entries: readonly LogEntry[]) => void | Promise<void>,
  ): Promise<'end' | 'gone'> {
    this.readings++
    const end = this.end()
    let at = from
    while (at < end) {
      if (at < this.start().position) return 'gone'
      const all = this.#entries.filter(({ position }) => position > at && position <= end)
      const own = all.filter(({ envelope }) => envelope.projectId === projectId)
      const chunk = own.slice(0, CHUNK_ENTRIES)
      if (chunk.length > 0) await receive(chunk)
      at = chunk.length < CHUNK_ENTRIES ? end : (chunk.at(-1)?.position ?? end)
    }
    return 'end'
  }

  start(): { position: Position; receivedAtUs: number } {
    const position = this.#entries[this.#trimmed - 1]?.position ?? 0
    const oldest = this.#entries[this.#trimmed] ?? this.#entries.at(-1)
    return { position, receivedAtUs: Number(oldest?.envelope.receivedAtUs ?? 0n) }
  }

  end(): Position {
    return this.#entries.at(-1)?.position ?? 0
  }

  append(): Promise<AppendOutcome> {
    throw new Error('the tail appends nothing')
  }

  producer(): undefined {
    return undefined
  }

  answered(): undefined {
    return undefined
  }

  observe(): Record<string, unknown> {
    return {}
  }

  async close(): Promise<void> {}
}
