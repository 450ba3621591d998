import assert from 'node:assert/strict'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { Arena } from '../arena.ts'
import type {
  AppendOutcome,
  BatchBytes,
  CommitLog,
  Consumption,
  LogEntry,
  Offer,
  Position,
} from '../commit-log.ts'
import { envelopeOf } from './envelopes.ts'

/** Offers a batch whose bytes follow from its envelope, and gives up its own hold on them. */
export async function append(
  log: CommitLog,
  arena: Arena,
  fields: MessageInitShape<typeof EnvelopeSchema> & { readonly bytes?: number },
  rest: Omit<Offer, 'envelope' | 'batch'> = {},
): Promise<AppendOutcome> {
  const { bytes = 100, ...known } = fields
  const envelope = envelopeOf(known)
  const content = contentOf(envelope, bytes)
  const batch = arena.allocate(content.length)
  assert(batch !== null, 'the test fits the arena')
  batch.view.set(content)
  const outcome = log.append({ envelope, batch, ...rest })
  batch.release()
  return outcome
}

/** What a test remembers of an entry; the bytes were compared on the way. */
export interface Seen {
  readonly position: Position
  readonly project: string
  readonly producer: number
  readonly epoch: number
  readonly sequence: number
  readonly receivedAtUs: number
}

export interface Collector {
  readonly seen: Seen[]
  readonly consumption: Consumption
  /** Settles once so many entries came. */
  reached(count: number): Promise<void>
}

/** Consumes everything after `from`, checking contents. */
export function collect(
  log: CommitLog,
  from: Position,
  options: { readonly name?: string; readonly hold?: () => Promise<void> } = {},
): Collector {
  const seen: Seen[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const note = (entries: readonly LogEntry[]): void => {
    assert(entries.length > 0, 'no empty deliveries')
    seen.push(...entries.map(seenOf))
    for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
  }
  const { name = 'collector', hold } = options
  const consumption = log.consume({
    name,
    from,
    receive: hold === undefined ? note : entries => hold().then(() => note(entries)),
  })
  const reached = (count: number): Promise<void> =>
    seen.length >= count
      ? Promise.resolve()
      : new Promise(resolve => void waiting.push({ count, resolve }))
  return { seen, consumption, reached }
}

export function seenOf({ position, envelope, batch }: LogEntry): Seen {
  const bytes = viewOf(batch)
  assert.deepEqual(Buffer.from(bytes), Buffer.from(contentOf(envelope, bytes.length)))
  return {
    position,
    project: envelope.projectId,
    producer: Number(envelope.producer),
    epoch: envelope.epoch,
    sequence: Number(envelope.sequence),
    receivedAtUs: Number(envelope.receivedAtUs),
  }
}

/** Short names of entries, such as 'p1 0:3' (producer, epoch, sequence). */
export function namesOf(seen: readonly Seen[]): string[] {
  return seen.map(({ producer, epoch, sequence }) => `p${producer} ${epoch}:${sequence}`)
}

function viewOf({ memory, offset, length }: BatchBytes): Uint8Array {
  return new Uint8Array(memory, offset, length)
}

/** Bytes that follow from the row ids of a batch. */
function contentOf(
  { producer, sequence, epoch }: { producer: bigint; sequence: bigint; epoch: number },
  length: number,
): Uint8Array {
  const seed = Number(producer % 251n) + Number(sequence % 251n) * 7 + epoch * 31
  return Uint8Array.from({ length }, (_, index) => (seed + index * 13) & 0xff)
}
