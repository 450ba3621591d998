import type { Catalog } from '#actors/catalog/catalog.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { Project } from '#proto/api.ts'

/** The project of this id, or 404 in the same words for one that is somebody else's. */
export async function existingProject(
  id: string,
  catalog: Pick<Catalog, 'project'>,
): Promise<Project> {
  const project = await catalog.project(id)
  if (project === null) throw new HttpProblem('LOGBOY_PROJECT_UNKNOWN', `there is no project ${id}`)
  return project
}
