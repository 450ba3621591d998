/**
 * The only truth about segments: which files count, what they hold, up to where the log is covered,
 * what was deleted. A state that records change one after the other; manifest-file.ts keeps them.
 */
import assert from 'node:assert/strict'
import { type Position, Positions } from '#actors/commit-log/positions.ts'
import type { DeletedRows } from './deleted-rows.ts'

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

/** All rows of a row group that are deleted. */
export interface DeletedGroup extends DeletedRows {
  readonly segmentId: number
  readonly group: number
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
      /** Version 2 had none. */
      readonly deleted?: readonly DeletedGroup[]
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
  /** Rows of the project are gone: each row group with all that it has lost by now. */
  | {
      readonly type: 'delete'
      readonly projectId: string
      readonly groups: readonly DeletedGroup[]
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
  /** Per segment and row group; a segment that is replaced takes them with it. */
  readonly #deleted = new Map<number, Map<number, DeletedGroup>>()
  /** null = segments have changed since it was asked for. */
  #oldestUs: ReadonlyMap<string, number> | null = null

  apply(record: ManifestRecord): void {
    switch (record.type) {
      case 'base':
        return this.#reset(record)
      case 'publish':
        this.#oldestUs = null
        for (const id of record.removed) {
          assert(this.segments.delete(id), 'only a published segment is replaced')
          this.#deleted.delete(id)
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
      case 'delete':
        for (const group of record.groups) this.#delete(group)
        return
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
      deleted: [...this.#deleted.values()].flatMap(groups => [...groups.values()]),
    }
  }

  /** Rows of a project received before this are not to be seen. */
  receivedFromUs(projectId: string): number {
    return this.expired.get(projectId) ?? 0
  }

  /** When the oldest row of a project in segments was received; Infinity = it has none. */
  oldestReceivedUs(projectId: string): number {
    this.#oldestUs ??= oldestReceived(this.segments.values())
    return this.#oldestUs.get(projectId) ?? Number.POSITIVE_INFINITY
  }

  /** Rows of a row group that are deleted; null = none. */
  deletedOf(segmentId: number, group: number): DeletedRows | null {
    return this.#deleted.get(segmentId)?.get(group) ?? null
  }

  /** Rows that are deleted but still in segments. */
  get deletedRows(): number {
    const groups = [...this.#deleted.values()].flatMap(each => [...each.values()])
    return groups.reduce((sum, { rows }) => sum + rows, 0)
  }

  #delete(group: DeletedGroup): void {
    const { segmentId } = group
    assert(this.segments.has(segmentId), 'rows are deleted from segments that count')
    const groups = this.#deleted.get(segmentId) ?? new Map<number, DeletedGroup>()
    this.#deleted.set(segmentId, groups.set(group.group, group))
  }

  #add(segment: SegmentMeta): void {
    assert(!this.segments.has(segment.id), 'a segment is published once')
    this.segments.set(segment.id, segment)
    this.nextSegmentId = Math.max(this.nextSegmentId, segment.id + 1)
  }

  #reset(record: ManifestRecord & { type: 'base' }): void {
    this.#oldestUs = null
    this.segments.clear()
    this.expired.clear()
    this.dropped.clear()
    this.#deleted.clear()
    for (const segment of record.segments) this.#add(segment)
    for (const group of record.deleted ?? []) this.#delete(group)
    for (const [projectId, us] of record.expired) this.expired.set(projectId, us)
    for (const projectId of record.dropped) this.dropped.add(projectId)
    this.positions = Positions.of(record.positions)
    this.nextSegmentId = Math.max(this.nextSegmentId, record.nextSegmentId)
  }
}

function oldestReceived(segments: Iterable<SegmentMeta>): Map<string, number> {
  const oldest = new Map<string, number>()
  for (const { groups } of segments) {
    for (const { projectId, receivedMinUs } of groups) {
      const known = oldest.get(projectId) ?? Number.POSITIVE_INFINITY
      if (receivedMinUs < known) oldest.set(projectId, receivedMinUs)
    }
  }
  return oldest
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
