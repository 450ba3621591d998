import type { Project } from '#proto/api.ts'

/** The project that a link names, by id or by name, or else the first one. */
export function chooseProject<Known extends Project>(
  projects: readonly Known[],
  wanted: string | null,
): Known | null {
  const byId = projects.find(({ id }) => id === wanted)
  const byName = projects.find(({ name }) => name === wanted)
  return byId ?? byName ?? (wanted === null ? (projects[0] ?? null) : null)
}

/** Why a name cannot be given, or null. */
export function nameProblem(name: string, projects: readonly Project[]): string | null {
  const wanted = name.trim()
  if (wanted === '') return 'a project needs a name'
  if (wanted.length > 100) return 'at most 100 characters'
  const taken = projects.some(other => other.name.toLowerCase() === wanted.toLowerCase())
  return taken ? 'there is a project of that name' : null
}
