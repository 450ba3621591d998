/** Saved views: which part of the address is kept, and how it is opened again. */
import { type ExploreState, PLAIN_DEFAULTS, printExplore } from './explore-url-model.ts'

/** The address behind its `?`, without the project and without the row that is open. */
export function savedAddress(state: ExploreState): string {
  const kept: ExploreState = { ...state, project: null, row: null, tab: 'fields' }
  return printExplore(kept, PLAIN_DEFAULTS).slice(1)
}

/** The search part of the URL that shows a view; what it names of a project is not followed. */
export function viewSearch(address: string, projectId: string): string {
  const params = new URLSearchParams(address)
  params.delete('project')
  return `?${new URLSearchParams([['project', projectId], ...params])}`
}
