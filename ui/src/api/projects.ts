import type { KeyScope, Project, ProjectCreated } from '#proto/api.ts'
import { call } from './client.ts'

export async function listProjects(): Promise<readonly Project[]> {
  const { projects } = await call<{ projects: Project[] }>('GET', '/api/v1/projects')
  return projects
}

export function createProject(name: string): Promise<ProjectCreated> {
  return call<ProjectCreated>('POST', '/api/v1/projects', { body: { name } })
}

/** A further key of a project; its text is told only in this answer. */
export async function createKey(
  projectId: string,
  name: string,
  scopes: readonly KeyScope[],
): Promise<string> {
  const path = `/api/v1/projects/${encodeURIComponent(projectId)}/keys`
  return (await call<{ key: string }>('POST', path, { body: { name, scopes } })).key
}
