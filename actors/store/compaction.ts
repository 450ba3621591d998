/**
 * What is to be merged next, decided from the manifest alone. Flushes leave level-0 files of many
 * projects; merging them moves projects with enough bytes into level-1 files of one project and day
 * of event time, and merges those in turn while a day has more than three.
 */
import type { DeletedRows } from './deleted-rows.ts'
import type { GroupMeta, SegmentMeta } from './manifest.ts'

/** A project with so many bytes in merged level-0 files gets files of its own. */
export const SPLIT_BYTES = 8 * 1024 * 1024
/** Row groups of at least so many rows are copied as they are. */
export const FULL_ROWS = 16_384
/** Rows that a merged row group has at most. */
export const MERGED_ROWS_MAX = 32_768
/** Larger files are left alone: merging them again would gain nothing. */
export const SEGMENT_BYTES_MAX = 1024 * 1024 * 1024
/** Files of a level that one day of a project, or all projects together, may have. */
const FILES_MAX = 3
/** A file is rewritten for its deleted rows when they are so large a part of it. */
const DEAD_SHARE = 0.25
/** A row group over more days stays in one piece, in a file of mixed days. */
const DAYS_SPLIT_MAX = 2
export const MIXED_DAYS = -1

const DAY_US = 86_400_000_000

export interface CompactionState {
  readonly segments: readonly SegmentMeta[]
  /** Files that cannot be read in full: they stay as they are while a row of theirs lives. */
  readonly damaged: ReadonlySet<number>
  /** Files whose rows can be read but not their index: it is made anew with them. */
  readonly damagedIndexes: ReadonlySet<number>
  /** Rows received earlier are deleted; Infinity = the project is. */
  readonly receivedFromUs: (projectId: string) => number
  /** Rows of a row group that were deleted one by one; null = none. */
  readonly deletedOf: (segmentId: number, group: number) => DeletedRows | null
  /** Nothing arrives: tidy up further than would pay under load. */
  readonly atRest: boolean
}

/** Rows of a stored row group that go into a new one. */
export interface MergedGroup {
  readonly segmentId: number
  readonly group: number
  readonly receivedFromUs: number
  /** Only rows of this day; null = all. */
  readonly day: number | null
  /** Rows that are left out; null = none. */
  readonly deleted: string | null
}

export type PlannedGroup =
  | {
      readonly type: 'copy'
      readonly segmentId: number
      readonly group: number
      readonly rows: number
    }
  | { readonly type: 'encode'; readonly projectId: string; readonly from: readonly MergedGroup[] }

export interface PlannedSegment {
  readonly level: 0 | 1
  readonly day: number
  readonly groups: readonly PlannedGroup[]
}

export interface CompactionPlan {
  readonly inputs: readonly SegmentMeta[]
  readonly outputs: readonly PlannedSegment[]
  /** What the outputs take at most. */
  readonly bytes: number
  /** Rows of the outputs; null where only reading tells. */
  readonly rows: number | null
}

/** The most useful merge; null = all is tidy. */
export function planCompaction(state: CompactionState): CompactionPlan | null {
  const segments = state.segments.filter(({ id }) => !state.damaged.has(id))
  const inputs =
    deadSegments(state.segments, state) ??
    unindexedSegment(segments, state) ??
    crowdedDay(segments) ??
    crowdedLevel0(segments, state.atRest) ??
    wastefulSegment(segments, state)
  return inputs && planMerge(inputs, state)
}

function deadSegments(
  segments: readonly SegmentMeta[],
  state: CompactionState,
): readonly SegmentMeta[] | null {
  const dead = segments.filter(segment => sourcesOf(segment).every(each => isDead(each, state)))
  return dead.length === 0 ? null : dead
}

function unindexedSegment(
  segments: readonly SegmentMeta[],
  state: CompactionState,
): readonly SegmentMeta[] | null {
  const segment = segments.find(({ id }) => state.damagedIndexes.has(id))
  return segment === undefined ? null : [segment]
}

function crowdedDay(segments: readonly SegmentMeta[]): readonly SegmentMeta[] | null {
  const days = new Map<string, SegmentMeta[]>()
  for (const segment of segments) {
    if (segment.level !== 1 || segment.bytes >= SEGMENT_BYTES_MAX) continue
    const key = `${segment.groups[0]?.projectId} ${segment.day}`
    days.set(key, [...(days.get(key) ?? []), segment])
  }
  for (const files of days.values()) if (files.length > FILES_MAX) return smallestFew(files)
  return null
}

function crowdedLevel0(
  segments: readonly SegmentMeta[],
  atRest: boolean,
): readonly SegmentMeta[] | null {
  const files = segments.filter(({ level }) => level === 0)
  if (atRest && files.length > 1) return files
  if (files.length > FILES_MAX) return smallestFew(files)
  const splits = files.filter(({ groups }) => largeProjects(groups).size > 0)
  return atRest && splits.length > 0 ? splits : null
}

function wastefulSegment(
  segments: readonly SegmentMeta[],
  state: CompactionState,
): readonly SegmentMeta[] | null {
  for (const segment of segments) {
    const sources = sourcesOf(segment)
    const bytes = sources.reduce((sum, source) => sum + deadBytes(source, state), 0)
    const isWished = sources.some(
      ({ segmentId, group, meta }) =>
        isDropped(meta.projectId, state) || state.deletedOf(segmentId, group) !== null,
    )
    if (bytes > segment.bytes * DEAD_SHARE || (state.atRest && isWished)) return [segment]
  }
  return null
}

/**
 * The smallest files, as long as the next is not much larger than all before: each row moves
 * rarely.
 */
function smallestFew(files: readonly SegmentMeta[]): readonly SegmentMeta[] {
  const sorted = [...files].sort((a, b) => a.bytes - b.bytes)
  const few: SegmentMeta[] = []
  let bytes = 0
  for (const file of sorted) {
    if (few.length >= 2 && file.bytes > bytes * 2) break
    few.push(file)
    bytes += file.bytes
  }
  return few
}

interface Source {
  readonly segmentId: number
  readonly group: number
  readonly meta: GroupMeta
}

function sourcesOf({ id, groups }: SegmentMeta): Source[] {
  return groups.map((meta, group) => ({ segmentId: id, group, meta }))
}

function planMerge(inputs: readonly SegmentMeta[], state: CompactionState): CompactionPlan {
  const alive = inputs.flatMap(sourcesOf).filter(source => !isDead(source, state))
  const moved = inputs.some(({ level }) => level === 1)
    ? new Set(alive.map(({ meta }) => meta.projectId))
    : largeProjects(alive.map(({ meta }) => meta))
  const outputs: PlannedSegment[] = []
  const staying = alive.filter(({ meta }) => !moved.has(meta.projectId))
  if (staying.length > 0) outputs.push(planSegment({ level: 0, day: MIXED_DAYS }, staying, state))
  for (const projectId of [...moved].sort()) {
    const own = alive.filter(({ meta }) => meta.projectId === projectId)
    for (const [day, ofDay] of byDay(own)) {
      outputs.push(planSegment({ level: 1, day }, ofDay, state))
    }
  }
  const isExact = alive.every(({ meta }) => !isMixed(meta, state))
  return {
    inputs,
    outputs,
    bytes: inputs.reduce((sum, segment) => sum + segment.bytes + segment.indexBytes, 0),
    rows: isExact ? alive.reduce((sum, source) => sum + liveRows(source, state), 0) : null,
  }
}

function byDay(sources: readonly Source[]): Map<number, Source[]> {
  const days = new Map<number, Source[]>()
  for (const source of sources) {
    for (const day of daysOf(source.meta)) {
      const known = days.get(day)
      if (known === undefined) days.set(day, [source])
      else known.push(source)
    }
  }
  return new Map([...days].sort(([a], [b]) => a - b))
}

function daysOf({ timeMinUs, timeMaxUs }: GroupMeta): number[] {
  const first = Math.floor(timeMinUs / DAY_US)
  const last = Math.floor(timeMaxUs / DAY_US)
  if (last - first >= DAYS_SPLIT_MAX) return [MIXED_DAYS]
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function planSegment(
  place: { readonly level: 0 | 1; readonly day: number },
  sources: readonly Source[],
  state: CompactionState,
): PlannedSegment {
  const sorted = [...sources].sort(
    (a, b) =>
      compareText(a.meta.projectId, b.meta.projectId) || a.meta.timeMinUs - b.meta.timeMinUs,
  )
  const groups: PlannedGroup[] = []
  let small: Source[] = []
  const flush = (): void => {
    if (small.length > 0) groups.push(planGroup(small, place.day, state))
    small = []
  }
  for (const source of sorted) {
    if (isWhole(source, place.day, state) && source.meta.rows >= FULL_ROWS) {
      groups.push(copyOf(source))
      continue
    }
    const rows = small.reduce((sum, { meta }) => sum + meta.rows, source.meta.rows)
    const isOther = small[0] !== undefined && small[0].meta.projectId !== source.meta.projectId
    if (isOther || rows > MERGED_ROWS_MAX) flush()
    small.push(source)
  }
  flush()
  return { ...place, groups }
}

function planGroup(sources: readonly Source[], day: number, state: CompactionState): PlannedGroup {
  const [only] = sources
  if (only !== undefined && sources.length === 1 && isWhole(only, day, state)) return copyOf(only)
  const projectId = only?.meta.projectId ?? ''
  const from = sources.map(({ segmentId, group, meta }) => ({
    segmentId,
    group,
    receivedFromUs: state.receivedFromUs(projectId),
    day: daysOf(meta).length > 1 && day !== MIXED_DAYS ? day : null,
    deleted: state.deletedOf(segmentId, group)?.mask ?? null,
  }))
  return { type: 'encode', projectId, from }
}

function copyOf({ segmentId, group, meta }: Source): PlannedGroup {
  return { type: 'copy', segmentId, group, rows: meta.rows }
}

/** True when the row group can be copied: all of its rows go to the same place. */
function isWhole(source: Source, day: number, state: CompactionState): boolean {
  const { segmentId, group, meta } = source
  if (state.damagedIndexes.has(segmentId)) return false
  if (state.deletedOf(segmentId, group) !== null) return false
  return !isMixed(meta, state) && (day === MIXED_DAYS || daysOf(meta).length === 1)
}

function largeProjects(groups: readonly GroupMeta[]): Set<string> {
  const bytes = new Map<string, number>()
  for (const group of groups) {
    bytes.set(group.projectId, (bytes.get(group.projectId) ?? 0) + group.bytes)
  }
  return new Set([...bytes].filter(([, sum]) => sum >= SPLIT_BYTES).map(([projectId]) => projectId))
}

function isDropped(projectId: string, state: CompactionState): boolean {
  return state.receivedFromUs(projectId) === Number.POSITIVE_INFINITY
}

function isDead(source: Source, state: CompactionState): boolean {
  const { projectId, receivedMaxUs } = source.meta
  return receivedMaxUs < state.receivedFromUs(projectId) || liveRows(source, state) === 0
}

/** Rows that were not deleted one by one. */
function liveRows({ segmentId, group, meta }: Source, state: CompactionState): number {
  return meta.rows - (state.deletedOf(segmentId, group)?.rows ?? 0)
}

function deadBytes(source: Source, state: CompactionState): number {
  const { bytes, rows } = source.meta
  return isDead(source, state) ? bytes : bytes * (1 - liveRows(source, state) / rows)
}

/** Some rows are deleted, some are not. */
function isMixed(meta: GroupMeta, state: CompactionState): boolean {
  const fromUs = state.receivedFromUs(meta.projectId)
  return meta.receivedMinUs < fromUs && fromUs <= meta.receivedMaxUs
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
