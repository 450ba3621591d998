/**
 * One version of the store, pinned: segments, recent batches and deletions as they were at one
 * moment. Files and batches that it names stay until it is released.
 */
import assert from 'node:assert/strict'
import type { BatchBytes } from '#actors/commit-log/commit-log.ts'
import type { Positions } from '#actors/commit-log/positions.ts'
import type { DeletedRows } from './deleted-rows.ts'
import type { GroupMeta, ManifestState, SegmentMeta } from './manifest.ts'
import type { UnitRange } from './plan.ts'
import type { Recent, RecentChunk, RecentPart } from './recent.ts'

/** A row group of a segment. */
export interface StoredUnit extends UnitRange {
  readonly type: 'stored'
  readonly segmentId: number
  readonly group: number
  readonly bytes: number
  /** Rows of the row group, those included that are deleted. */
  readonly groupRows: number
  /** null = none is. */
  readonly deleted: DeletedRows | null
}

/** The batches that a chunk had when it was pinned. */
export interface RecentUnit extends UnitRange {
  readonly type: 'recent'
  readonly chunk: RecentChunk
  readonly parts: readonly RecentPart[]
  readonly bytes: number
}

export type Unit = StoredUnit | RecentUnit

export interface Snapshot {
  readonly projectId: string
  readonly units: readonly Unit[]
  readonly segments: readonly SegmentMeta[]
  /** Rows received earlier are deleted. */
  readonly receivedFromUs: number
  readonly positions: Positions
  /** To be called once. */
  release(): void
}

/** Counts who still reads a segment; its files go when it is replaced and nobody does. */
export class SegmentPins {
  readonly #pins = new Map<number, number>()
  readonly #doomed = new Set<number>()
  readonly #onUnpinned: (segmentIds: readonly number[]) => void

  constructor(onUnpinned: (segmentIds: readonly number[]) => void) {
    this.#onUnpinned = onUnpinned
  }

  pin(segmentId: number): void {
    this.#pins.set(segmentId, (this.#pins.get(segmentId) ?? 0) + 1)
  }

  unpin(segmentId: number): void {
    const pins = this.#pins.get(segmentId)
    assert(pins !== undefined && pins > 0, 'only what is pinned is unpinned')
    if (pins > 1) {
      this.#pins.set(segmentId, pins - 1)
      return
    }
    this.#pins.delete(segmentId)
    if (this.#doomed.delete(segmentId)) this.#onUnpinned([segmentId])
  }

  /** The segments count no more: their files go now or with their last pin. */
  doom(segmentIds: readonly number[]): void {
    const free = segmentIds.filter(id => !this.#pins.has(id))
    for (const id of segmentIds) if (this.#pins.has(id)) this.#doomed.add(id)
    if (free.length > 0) this.#onUnpinned(free)
  }

  observe(): { readonly pinned: number; readonly doomed: number } {
    return { pinned: this.#pins.size, doomed: this.#doomed.size }
  }
}

export interface PinFrom {
  readonly state: ManifestState
  readonly recent: Recent
  readonly pins: SegmentPins
}

/** Pins what a project has now. A deleted project has nothing. */
export function pinSnapshot(projectId: string, { state, recent, pins }: PinFrom): Snapshot {
  const gone = state.dropped.has(projectId)
  const segments = gone ? [] : segmentsOf(state, projectId)
  const units: Unit[] = segments.flatMap(segment => storedUnits(segment, projectId, state))
  for (const chunk of gone ? [] : recent.chunksOf(projectId)) units.push(recentUnit(chunk))
  const batches: BatchBytes[] = units.flatMap(unit =>
    unit.type === 'recent' ? unit.chunk.batches.slice(0, unit.parts.length) : [],
  )
  for (const batch of batches) batch.retain()
  for (const { id } of segments) pins.pin(id)
  let released = false
  return {
    projectId,
    units,
    segments,
    receivedFromUs: state.receivedFromUs(projectId),
    positions: recent.positions,
    release() {
      assert(!released, 'a snapshot is released once')
      released = true
      for (const batch of batches) batch.release()
      for (const { id } of segments) pins.unpin(id)
    },
  }
}

function segmentsOf(state: ManifestState, projectId: string): SegmentMeta[] {
  return [...state.segments.values()].filter(({ groups }) =>
    groups.some(group => group.projectId === projectId),
  )
}

function storedUnits(
  { id, groups }: SegmentMeta,
  projectId: string,
  state: ManifestState,
): StoredUnit[] {
  return groups.flatMap((meta: GroupMeta, group) => {
    if (meta.projectId !== projectId) return []
    const deleted = state.deletedOf(id, group)
    const rows = meta.rows - (deleted?.rows ?? 0)
    const type = 'stored' as const
    return [{ ...meta, type, segmentId: id, group, rows, groupRows: meta.rows, deleted }]
  })
}

function recentUnit(chunk: RecentChunk): RecentUnit {
  const { rows, bytes, timeMinUs, timeMaxUs, receivedMinUs, receivedMaxUs } = chunk
  return {
    type: 'recent',
    chunk,
    parts: chunk.parts.slice(),
    rows,
    bytes,
    timeMinUs,
    timeMaxUs,
    receivedMinUs,
    receivedMaxUs,
  }
}
