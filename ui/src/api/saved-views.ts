import type { SavedView } from '#proto/people.ts'
import { call } from './client.ts'

const path = (projectId: string, view?: string): string =>
  `/api/v1/projects/${encodeURIComponent(projectId)}/saved-views${view === undefined ? '' : `/${encodeURIComponent(view)}`}`

export type SavedViewWish = Pick<SavedView, 'name' | 'address' | 'shared'>

export async function listViews(
  projectId: string,
  signal?: AbortSignal,
): Promise<readonly SavedView[]> {
  const options = signal === undefined ? {} : { signal }
  return (await call<{ views: SavedView[] }>('GET', path(projectId), options)).views
}

export function createView(projectId: string, body: SavedViewWish): Promise<SavedView> {
  return call<SavedView>('POST', path(projectId), { body })
}

/** Refused with 409 where somebody changed it since. */
export function changeView(
  projectId: string,
  { id, version }: SavedView,
  { name, address, shared }: SavedViewWish,
): Promise<SavedView> {
  const body = { name, address, shared, version }
  return call<SavedView>('PUT', path(projectId, id), { body })
}

export function deleteView(projectId: string, id: string): Promise<void> {
  return call<void>('DELETE', path(projectId, id))
}
