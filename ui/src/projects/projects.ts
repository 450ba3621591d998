/** The projects that the person may see, and the keys that were shown since the page was opened. */
import { createRoot, createSignal } from 'solid-js'
import type { ProjectAccess } from '#proto/people.ts'
import { PERMISSIONS } from '#proto/permissions.ts'
import { createKey, createProject, listProjects } from '../api/projects.ts'

const [projects, setProjects] = createRoot(() =>
  createSignal<readonly ProjectAccess[] | null>(null),
)
const [problem, setProblem] = createRoot(() => createSignal<Error | null>(null))
/** Kept in memory only: a key is a secret. */
const [ingestKeys, setIngestKeys] = createRoot(() =>
  createSignal<Readonly<Record<string, string>>>({}),
)

export { ingestKeys, problem as projectsProblem, projects }

export async function loadProjects(): Promise<void> {
  try {
    setProjects(await listProjects())
    setProblem(null)
  } catch (error) {
    setProblem(error as Error)
  }
}

/** Somebody else may sign in next. */
export function forgetProjects(): void {
  setProjects(null)
  setIngestKeys({})
}

/** Whoever makes a project owns it. */
export async function addProject(name: string): Promise<ProjectAccess> {
  const { ingest_key, read_key: _, ...created } = await createProject(name)
  const project = { role: 'owner', permissions: PERMISSIONS, ...created }
  setIngestKeys({ ...ingestKeys(), [project.id]: ingest_key })
  setProjects([...(projects() ?? []), project])
  return project
}

export async function addIngestKey(project: Pick<ProjectAccess, 'id'>): Promise<void> {
  const { key } = await createKey(project.id, { name: 'first log', scopes: ['ingest'] })
  setIngestKeys({ ...ingestKeys(), [project.id]: key })
}
