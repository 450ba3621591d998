/** What projects take in segments, by the manifest. */
import type { ManifestState } from './manifest.ts'
import type { StoredSize } from './store.ts'
import { streamsOf } from './streams.ts'

/** Of each stream (streams.ts) that has rows. */
export function projectSizes(state: ManifestState): Record<string, StoredSize> {
  const projects: Record<string, { rows: number; bytes: number }> = {}
  for (const { id, groups, bytes: fileBytes, indexBytes } of state.segments.values()) {
    for (const [group, { projectId, rows: all, bytes }] of groups.entries()) {
      const known = projects[projectId] ?? { rows: 0, bytes: 0 }
      const rows = all - (state.deletedOf(id, group)?.rows ?? 0)
      // What belongs to the whole file is everybody's by their part of its bytes.
      const share = bytes * (1 + indexBytes / fileBytes)
      projects[projectId] = { rows: known.rows + rows, bytes: known.bytes + Math.round(share) }
    }
  }
  return projects
}

/** Logs and metrics of one project. */
export function projectSize(state: ManifestState, projectId: string): StoredSize {
  const sizes = projectSizes(state)
  return streamsOf(projectId).reduce<StoredSize>(
    (sum, stream) => ({
      rows: sum.rows + (sizes[stream]?.rows ?? 0),
      bytes: sum.bytes + (sizes[stream]?.bytes ?? 0),
    }),
    { rows: 0, bytes: 0 },
  )
}

/** Of all segments together. */
export function segmentSums(state: ManifestState): Record<string, number> {
  const segments = [...state.segments.values()]
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  return {
    segments: segments.length,
    segmentsLevel0: segments.filter(({ level }) => level === 0).length,
    rows: sum(segments.flatMap(({ groups }) => groups.map(({ rows }) => rows))) - state.deletedRows,
    deletedRows: state.deletedRows,
    segmentBytes: sum(segments.map(({ bytes }) => bytes)),
    indexBytes: sum(segments.map(({ indexBytes }) => indexBytes)),
  }
}
