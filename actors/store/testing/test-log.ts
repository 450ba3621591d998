/** A commit log in memory for tests of stores: entries that count who holds them. */
import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import type { BatchBytes, LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Position } from '#actors/commit-log/positions.ts'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { ROW_KINDS } from '#proto/columns.ts'
import { ENVELOPE_VERSION } from '#proto/envelope.ts'
import { BatchKind, type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { LogStore } from '../store.ts'
import type { PlainLog } from './random-logs.ts'

/** Who sends a batch and when it is received. */
export interface BatchSource {
  readonly projectId: string
  readonly producer: bigint
  readonly epoch: number
  readonly sequence: number
  readonly receivedAtUs: number
  /** Numbers of logs that the door refused, ascending. */
  readonly rejected?: readonly number[]
  /** What all its records are; logs unless given. */
  readonly kind?: BatchKind
}

interface Stored {
  readonly position: Position
  readonly envelope: Envelope
  readonly bytes: Uint8Array
}

export class TestLog {
  /** Batches that somebody retained and has not released. */
  held = 0
  readonly #entries: Stored[] = []
  #end: Position = 0

  get end(): Position {
    return this.#end
  }

  /** Goes on behind what a store has published already. */
  startAt(position: Position): void {
    assert.equal(this.#entries.length, 0, 'the log is still empty')
    this.#end = position
  }

  /** Adds a batch and delivers it. */
  async append(store: LogStore, source: BatchSource, logs: readonly PlainLog[]): Promise<void> {
    this.add(source, logs)
    await this.deliver(store, this.#entries.slice(-1))
  }

  /** Adds a batch without telling anybody. */
  add(source: BatchSource, logs: readonly PlainLog[]): void {
    const bytes = encodeLogs(logs, source.kind)
    const envelope = envelopeOf(source, logs)
    this.#end += bytes.length + 100
    this.#entries.push({ position: this.#end, envelope, bytes })
  }

  /** Delivers again what a store that was restarted has not published. */
  async redeliver(store: LogStore): Promise<void> {
    const published = store.published()
    assert(published.at(0) <= this.#end, 'nothing is published that was never in the log')
    await this.deliver(
      store,
      this.#entries.filter(({ position }) => !published.covers({ partition: 0, position })),
    )
  }

  /** Delivers everything, as to a process that was just given the partition. */
  async deliverAll(store: LogStore): Promise<void> {
    await this.deliver(store, this.#entries)
  }

  /** An entry whose bytes are no batch at all, of which the log keeps nothing. */
  damagedEntry(projectId: string): LogEntry {
    const source = { projectId, producer: 99n, epoch: 1, sequence: 1, receivedAtUs: 1 }
    this.#end += 100
    return {
      partition: 0,
      position: this.#end,
      envelope: create(EnvelopeSchema, { ...envelopeOf(source, []), recordCount: 3 }),
      batch: this.#lend(new Uint8Array(100).fill(0xff)),
    }
  }

  private async deliver(store: LogStore, entries: readonly Stored[]): Promise<void> {
    for (const { position, envelope, bytes } of entries) {
      const batch = this.#lend(bytes)
      const entry: LogEntry = { partition: 0, position, envelope, batch }
      await store.receive([entry])
      batch.release()
    }
  }

  /** Bytes are overwritten when the last holder lets go, so that a late reader shows. */
  #lend(bytes: Uint8Array): BatchBytes {
    const memory = new SharedArrayBuffer(bytes.length)
    const view = new Uint8Array(memory)
    view.set(bytes)
    let count = 1
    this.held++
    return {
      memory,
      offset: 0,
      length: bytes.length,
      retain: () => {
        assert(count > 0, 'freed memory is not retained')
        count++
      },
      release: () => {
        assert(count > 0, 'memory is released once by each owner')
        count--
        if (count > 0) return
        this.held--
        view.fill(0xff)
      },
    }
  }
}

/** The envelope that a gateway would put beside the batch. */
export function envelopeOf(source: BatchSource, logs: readonly PlainLog[]): Envelope {
  const { rejected = [], kind = BatchKind.LOGS, sequence, receivedAtUs, ...rest } = source
  const times = logs.flatMap(({ timeUs }) => (timeUs === null ? [] : [timeUs]))
  return create(EnvelopeSchema, {
    ...rest,
    version: ENVELOPE_VERSION,
    kind,
    schema: 1,
    sequence: BigInt(sequence),
    receivedAtUs: BigInt(receivedAtUs),
    recordCount: logs.length,
    timeMinUs: BigInt(Math.min(receivedAtUs, ...times)),
    timeMaxUs: BigInt(Math.max(receivedAtUs, ...times)),
    rejected: [...rejected],
  })
}

/** A batch as the SDK writes it. */
export function encodeLogs(logs: readonly PlainLog[], of?: BatchKind): Uint8Array {
  const kind = of === BatchKind.METRICS ? ROW_KINDS.metric : ROW_KINDS.log
  const builder = new BatchBuilder({ sdkName: 'test', sdkVersion: '1', kind })
  for (const log of logs) {
    const refused = builder.append(log)
    assert.equal(refused, null)
  }
  const bytes = builder.seal()
  assert.equal(builder.count, 0, 'the logs fit one batch')
  return bytes
}
