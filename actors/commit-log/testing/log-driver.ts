import assert from 'node:assert/strict'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { BatchKind, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { Arena } from '../arena.ts'
import type {
  AppendOutcome,
  BatchBytes,
  CommitLog,
  Consumption,
  Following,
  LogEntry,
  Offer,
} from '../commit-log.ts'
import { type EntryPlace, Positions } from '../positions.ts'
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
export interface Seen extends EntryPlace {
  readonly project: string
  readonly producer: number
  readonly epoch: number
  readonly sequence: number
  readonly kind: BatchKind
  readonly receivedAtUs: number
  /** Of its batch. */
  readonly bytes: number
}

export interface Collector {
  readonly seen: Seen[]
  readonly consumption: Consumption
  /** Settles once so many entries came. */
  readonly reached: (count: number) => Promise<void>
}

/** Consumes everything after `from`, checking contents. */
export function collect(
  log: CommitLog,
  from: Positions = Positions.NONE,
  options: { readonly name?: string; readonly hold?: () => Promise<void> } = {},
): Collector {
  const { seen, note: noteAll, reached } = notes()
  const note = (entries: readonly LogEntry[]): void => {
    assert(entries.length > 0, 'no empty deliveries')
    noteAll(entries)
  }
  const { name = 'collector', hold } = options
  const consumption = log.consume({
    name,
    from,
    receive: hold === undefined ? note : entries => hold().then(() => note(entries)),
  })
  return { seen, consumption, reached }
}

export interface Followed {
  readonly seen: readonly Seen[]
  readonly following: Following
  covered(): Positions
  readonly reached: (count: number) => Promise<void>
}

/** Follows the log, checking contents. */
export function followed(log: CommitLog): Followed {
  const { seen, note, reached } = notes()
  let covered = Positions.NONE
  const following = log.follow({
    receive(delivery) {
      covered = covered.union(delivery.covered.positions)
      note(delivery.entries)
    },
  })
  return { seen, following, covered: () => covered, reached }
}

/** What is stored of a project behind `from`. */
export async function readAll(
  log: CommitLog,
  projectId: string,
  from: Positions,
): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  const receive = (entries: readonly LogEntry[]): void => void seen.push(...entries.map(seenOf))
  assert.equal(await log.read(projectId, from, receive), 'end')
  return seen
}

interface Notes {
  readonly seen: Seen[]
  readonly note: (entries: readonly LogEntry[]) => void
  readonly reached: (count: number) => Promise<void>
}

function notes(): Notes {
  const seen: Seen[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  return {
    seen,
    note(entries) {
      seen.push(...entries.map(seenOf))
      for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
    },
    reached: count =>
      seen.length >= count
        ? Promise.resolve()
        : new Promise(resolve => void waiting.push({ count, resolve })),
  }
}

export function seenOf({ partition, position, envelope, batch }: LogEntry): Seen {
  const bytes = viewOf(batch)
  assert.deepEqual(Buffer.from(bytes), Buffer.from(contentOf(envelope, bytes.length)))
  return {
    partition,
    position,
    project: envelope.projectId,
    producer: Number(envelope.producer),
    epoch: envelope.epoch,
    sequence: Number(envelope.sequence),
    kind: envelope.kind,
    receivedAtUs: Number(envelope.receivedAtUs),
    bytes: bytes.length,
  }
}

/** Short names of entries, such as 'p1 0:3' (producer, epoch, sequence). */
export function namesOf(seen: readonly Seen[]): string[] {
  return seen.map(({ producer, epoch, sequence }) => `p${producer} ${epoch}:${sequence}`)
}

/** Where reading goes on behind the entry of that number, the last unless it is named. */
export function placeBehind(seen: readonly Seen[], index: number = seen.length - 1): Positions {
  return seen.slice(0, index + 1).reduce((place, entry) => place.with(entry), Positions.NONE)
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

/** Within a producer numbers rise. */
export function assertOrdered(seen: readonly Seen[]): void {
  const last = new Map<number, number>()
  for (const { producer, epoch, sequence } of seen) {
    const order = epoch * 2 ** 40 + sequence
    assert.ok(order > (last.get(producer) ?? 0), `order of producer ${producer}`)
    last.set(producer, order)
  }
}
