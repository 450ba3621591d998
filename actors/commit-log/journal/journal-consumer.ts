import assert from 'node:assert/strict'
import type { Consumer, Consumption, LogEntry } from '../commit-log.ts'
import { type Position, Positions } from '../positions.ts'
import { JOURNAL_PARTITION } from './journal-format.ts'
import type { JournalReader } from './journal-reader.ts'

/** Live entries that wait for a slow consumer, per consumer; beyond it they are read back later. */
const LIVE_BYTES_MAX = 32 * 1024 * 1024
/** Bytes of batches in one delivery. */
const DELIVERY_BYTES_MAX = 8 * 1024 * 1024

export interface JournalConsumerOptions {
  readonly consumer: Consumer
  readonly reader: Pick<JournalReader, 'step'>
  /** Where the oldest and behind the newest durable entry are, now. */
  start(): Position
  end(): Position
  onStopped(): void
}

/**
 * One reader of the log: first what is stored, step by step, then what is committed, straight from
 * memory. One that falls too far behind goes back to the stored entries.
 */
export class JournalConsumer implements Consumption {
  readonly #options: JournalConsumerOptions
  #live: LogEntry[] = []
  #liveBytes = 0
  #catchingUp = true
  #running = false
  #stopped = false
  #position: Position
  /** Up to here deliveries have ended. */
  #delivered: Position
  #passed: Position
  /** A delivery or a read from before a rewind moves nothing. */
  #rewound = 0
  #skippedBytes = 0

  constructor(options: JournalConsumerOptions) {
    this.#options = options
    this.#position = options.consumer.from.at(JOURNAL_PARTITION)
    this.#delivered = this.#position
    this.#passed = this.#position
    this.#wake()
  }

  get passedPosition(): Position {
    return this.#passed
  }

  /** Newly committed entries, in order. */
  offer(entries: readonly LogEntry[]): void {
    if (this.#stopped) return
    if (!this.#catchingUp) {
      for (const entry of entries) {
        entry.batch.retain()
        this.#liveBytes += entry.batch.length
        this.#live.push(entry)
      }
      if (this.#liveBytes > LIVE_BYTES_MAX) {
        this.#dropLive()
        this.#catchingUp = true
      }
    }
    this.#wake()
  }

  passed(positions: Positions): void {
    const position = positions.at(JOURNAL_PARTITION)
    assert(position <= this.#position, 'a consumer passes what it was given')
    this.#passed = Math.max(this.#passed, position)
  }

  delivered(): Positions {
    return Positions.at(this.#delivered, JOURNAL_PARTITION)
  }

  rewind(): void {
    this.#rewound++
    this.#dropLive()
    this.#position = this.#passed
    this.#delivered = this.#passed
    this.#catchingUp = true
    this.#wake()
  }

  /** Nobody else has any. */
  shareAgain(): void {}

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#dropLive()
    this.#options.onStopped()
  }

  observe(): Record<string, unknown> {
    return {
      position: this.#position,
      passed: this.#passed,
      lagBytes: Math.max(0, this.#options.end() - this.#position),
      live: !this.#catchingUp,
      waitingBytes: this.#liveBytes,
      skippedBytes: this.#skippedBytes,
    }
  }

  #wake(): void {
    if (this.#running) return
    this.#running = true
    void this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#stopped && (this.#live.length > 0 || this.#catchingUp)) {
      const rewound = this.#rewound
      if (this.#live.length > 0) {
        const delivered = this.#deliverLive()
        if (delivered !== undefined) await delivered
      } else await this.#deliverStored()
      if (rewound === this.#rewound) this.#delivered = this.#position
    }
    this.#running = false
  }

  #deliverLive(): Promise<void> | undefined {
    const entries = this.#takeLive()
    const release = (): void => {
      for (const { batch } of entries) batch.release()
    }
    const accepted = this.#options.consumer.receive(entries)
    if (accepted !== undefined) return accepted.finally(release)
    release()
    return undefined
  }

  #takeLive(): readonly LogEntry[] {
    let [count, bytes] = [0, 0]
    for (const { batch } of this.#live) {
      if (count > 0 && bytes + batch.length > DELIVERY_BYTES_MAX) break
      bytes += batch.length
      count++
    }
    this.#liveBytes -= bytes
    const entries = this.#live.splice(0, count)
    this.#position = (entries.at(-1) as LogEntry).position
    return entries
  }

  async #deliverStored(): Promise<void> {
    const to = this.#options.end()
    const rewound = this.#rewound
    const step = this.#position < to ? await this.#read(to) : undefined
    if (this.#stopped || rewound !== this.#rewound) {
      if (step?.type === 'entries') step.release()
      return
    }
    if (step?.type === 'entries') {
      this.#position = step.next
      try {
        await this.#options.consumer.receive(step.entries)
      } finally {
        step.release()
      }
    } else if (step?.type === 'gone') {
      const start = this.#options.start()
      this.#skippedBytes += Math.max(0, start - this.#position)
      this.#position = Math.max(this.#position, start)
    } else {
      this.#position = Math.max(this.#position, to)
      // From here on nothing is missed: commits are offered in the same turn that moves the end.
      this.#catchingUp = this.#options.end() > this.#position
    }
  }

  async #read(to: Position): ReturnType<JournalReader['step']> {
    try {
      return await this.#options.reader.step(this.#position, to)
    } catch (error) {
      // The log is closing and its threads are gone; whatever else it is, is a bug.
      if (this.#stopped) return { type: 'end' }
      throw error
    }
  }

  #dropLive(): void {
    for (const { batch } of this.#live.splice(0)) batch.release()
    this.#liveBytes = 0
  }
}
