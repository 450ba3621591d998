import type { ManifestState } from './manifest.ts'

/** Rows and bytes of each project in segments. */
export function projectSizes(
  state: ManifestState,
): Record<string, { readonly rows: number; readonly bytes: number }> {
  const projects: Record<string, { rows: number; bytes: number }> = {}
  for (const { id, groups } of state.segments.values()) {
    for (const [group, { projectId, rows: all, bytes }] of groups.entries()) {
      const known = projects[projectId] ?? { rows: 0, bytes: 0 }
      const rows = all - (state.deletedOf(id, group)?.rows ?? 0)
      projects[projectId] = { rows: known.rows + rows, bytes: known.bytes + bytes }
    }
  }
  return projects
}
