/** The projects of this installation, and the keys that were shown since the page was opened. */
import { createRoot, createSignal } from 'solid-js'
import type { Project } from '#proto/api.ts'
import { createKey, createProject, listProjects } from '../api/projects.ts'

const [projects, setProjects] = createRoot(() => createSignal<readonly Project[] | null>(null))
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

export async function addProject(name: string): Promise<Project> {
  const { ingest_key, read_key: _, ...project } = await createProject(name)
  setIngestKeys({ ...ingestKeys(), [project.id]: ingest_key })
  setProjects([...(projects() ?? []), project])
  return project
}

export async function addIngestKey(project: Project): Promise<void> {
  const key = await createKey(project.id, 'first log', ['ingest'])
  setIngestKeys({ ...ingestKeys(), [project.id]: key })
}
