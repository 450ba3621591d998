/**
 * The only truth about segments: which files count, what they hold, up to where the log is covered,
 * what was deleted. A state that records change one after the other; manifest-file.ts keeps them.
 */
import assert from 'node:assert/strict'
import { type Position, Positions } from '#actors/commit-log/positions.ts'

/** What a search must know of a row group before it opens anything. Rows of one project only. */
export interface GroupMeta {
  readonly projectId: string
  readonly rows: number
  readonly bytes: number
  /** CRC-32 of the bytes of the row group. */
  readonly checksum: number
  readonly timeMinUs: number
  readonly timeMaxUs: number
  readonly receivedMinUs: number
  readonly receivedMaxUs: number
}

/** A segment file and the index beside it. Never changes once published. */
export interface SegmentMeta {
  /** Rises with every segment; names the files. */
  readonly id: number
  /** 0 = as flushed, many projects; 1 = one project and day of event time. */
  readonly level: 0 | 1
  /** Day since 1970 of a level-1 segment, else -1. */
  readonly day: number
  readonly bytes: number
  readonly indexBytes: number
  /** In the order of the file. */
  readonly groups: readonly GroupMeta[]
}

/** Covered positions of the log: partition and position. */
export type ManifestPositions = readonly (readonly [partition: number, position: Position])[]

export type ManifestRecord =
  /** Everything at once: the first record of a file. */
  | {
      readonly type: 'base'
      readonly positions: ManifestPositions
      readonly nextSegmentId: number
      readonly segments: readonly SegmentMeta[]
      readonly expired: readonly (readonly [projectId: string, receivedBeforeUs: number])[]
      readonly dropped: readonly string[]
    }
  /** Segments that count from now on and segments they replace; null = the positions stay. */
  | {
      readonly type: 'publish'
      readonly positions: ManifestPositions | null
      readonly added: readonly SegmentMeta[]
      readonly removed: readonly number[]
    }
  /** Rows of the project received before are gone. */
  | {
      readonly type: 'expire'
      readonly projectId: string
      readonly receivedBeforeUs: number
    }
  /** The project is gone; its id never comes back. */
  | { readonly type: 'drop'; readonly projectId: string }

export class ManifestState {
  /** Everything up to here is in segments. */
  positions: Positions = Positions.NONE
  nextSegmentId = 1
  readonly segments = new Map<number, SegmentMeta>()
  /** Per project: rows received before this time (µs) are gone. */
  readonly expired = new Map<string, number>()
  readonly dropped = new Set<string>()

  apply(record: ManifestRecord): void {
    switch (record.type) {
      case 'base':
        return this.#reset(record)
      case 'publish':
        for (const id of record.removed) {
          assert(this.segments.delete(id), 'only a published segment is replaced')
        }
        for (const segment of record.added) this.#add(segment)
        if (record.positions !== null) {
          this.positions = this.positions.union(Positions.of(record.positions))
        }
        return
      case 'expire': {
        const before = this.expired.get(record.projectId) ?? 0
        this.expired.set(record.projectId, Math.max(before, record.receivedBeforeUs))
        return
      }
      case 'drop':
        this.dropped.add(record.projectId)
        this.expired.delete(record.projectId)
        return
    }
  }

  /** The one record that says all of it. */
  base(): ManifestRecord {
    return {
      type: 'base',
      positions: this.positions.pairs(),
      nextSegmentId: this.nextSegmentId,
      segments: [...this.segments.values()],
      expired: [...this.expired],
      dropped: [...this.dropped],
    }
  }

  /** Rows of a project received before this are not to be seen. */
  receivedFromUs(projectId: string): number {
    return this.expired.get(projectId) ?? 0
  }

  #add(segment: SegmentMeta): void {
    assert(!this.segments.has(segment.id), 'a segment is published once')
    this.segments.set(segment.id, segment)
    this.nextSegmentId = Math.max(this.nextSegmentId, segment.id + 1)
  }

  #reset(record: ManifestRecord & { type: 'base' }): void {
    this.segments.clear()
    this.expired.clear()
    this.dropped.clear()
    for (const segment of record.segments) this.#add(segment)
    for (const [projectId, us] of record.expired) this.expired.set(projectId, us)
    for (const projectId of record.dropped) this.dropped.add(projectId)
    this.positions = Positions.of(record.positions)
    this.nextSegmentId = Math.max(this.nextSegmentId, record.nextSegmentId)
  }
}

/** Names of a segment's files. */
export function segmentName(id: number): string {
  return `${String(id).padStart(10, '0')}.parquet`
}

export function indexName(id: number): string {
  return `${String(id).padStart(10, '0')}.idx`
}

/** The segment that a file belongs to; null = the file is none of ours. */
export function segmentOfName(name: string): number | null {
  const match = /^(\d{10})\.(parquet|idx)$/.exec(name)
  return match === null ? null : Number(match[1])
}
