import type { ProjectAccess } from '#proto/people.ts'

/** What each page of a project is given. */
export interface ProjectPageProps {
  readonly project: ProjectAccess
}
