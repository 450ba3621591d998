/** Fetched records become entries: their batches are copied once, into memory all threads share. */
import { type Arena, type ArenaBytes, partOf } from '#actors/commit-log/arena.ts'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { placeOf } from '#runtime/shared-copy.ts'
import { unframe } from './framing.ts'
import type { Fetched, FetchedRecord } from './partition-fetcher.ts'

/** Batches that share one piece of memory: it is given back with the last of them. */
const PIECE_BYTES = 1024 * 1024

/** A record whose batch is not copied yet. */
export interface Arrived {
  readonly position: number
  readonly envelope: Envelope
  readonly batch: Uint8Array
}

export interface Opened {
  readonly arrived: readonly Arrived[]
  readonly foreign: readonly { readonly record: FetchedRecord; readonly reason: string }[]
  /** A record of a newer version: nothing behind it may be read. */
  readonly newer: { readonly offset: number; readonly version: number } | null
}

export function open({ records }: Fetched): Opened {
  const arrived: Arrived[] = []
  const foreign: { record: FetchedRecord; reason: string }[] = []
  for (const record of records) {
    const opened = unframe(record)
    if (opened.type === 'newer') {
      return { arrived, foreign, newer: { offset: record.offset, version: opened.version } }
    }
    if (opened.type === 'foreign') foreign.push({ record, reason: opened.reason })
    else {
      const { envelope, batch } = opened
      arrived.push({ position: record.offset + 1, envelope, batch })
    }
  }
  return { arrived, foreign, newer: null }
}

/**
 * Copies batches into the arena, piece by piece, waiting for room, and hands each piece on; its
 * memory is released when `receive` settles. Stops where `goesOn` says so.
 */
export async function deliver(
  arena: Arena,
  partition: number,
  arrived: readonly Arrived[],
  receive: (entries: readonly LogEntry[]) => void | Promise<void>,
  goesOn: () => boolean,
): Promise<void> {
  for (let first = 0; first < arrived.length && goesOn(); ) {
    let [last, bytes] = [first, 0]
    for (; last < arrived.length; last++) {
      const size = roomFor((arrived[last] as Arrived).batch)
      if (last > first && bytes + size > PIECE_BYTES) break
      bytes += size
    }
    const memory = await allocate(arena, bytes)
    try {
      if (goesOn()) await receive(copyInto(memory, partition, arrived.slice(first, last)))
    } finally {
      memory.release()
    }
    first = last
  }
}

function copyInto(
  memory: ArenaBytes,
  partition: number,
  arrived: readonly Arrived[],
): readonly LogEntry[] {
  const { view } = memory
  let offset = 0
  return arrived.map(({ position, envelope, batch }) => {
    const place = placeOf(batch, offset)
    view.set(batch, place)
    const part = partOf(memory, place, batch.length)
    offset = place + batch.length
    return { partition, position, envelope, batch: part }
  })
}

/** At most, wherever the one before ends. */
function roomFor({ length }: Uint8Array): number {
  return length + 7
}

async function allocate(arena: Arena, length: number): Promise<ArenaBytes> {
  for (;;) {
    const memory = arena.allocate(length, 'reader')
    if (memory !== null) return memory
    await arena.freed()
  }
}
