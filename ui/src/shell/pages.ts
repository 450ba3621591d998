/** The pages behind the sign-in that the bar offers, in its order. */
import type { IconName } from '../kit/icon.tsx'

export interface Page {
  readonly path: string
  readonly name: string
  readonly icon: IconName
  /** Goes there from anywhere. */
  readonly key: string
}

export const EXPLORE_PATH = '/explore'
export const DASHBOARD_PATH = '/dashboard'

export const PAGES: readonly Page[] = [
  { path: EXPLORE_PATH, name: 'Explore', icon: 'search', key: 'e' },
  { path: DASHBOARD_PATH, name: 'Dashboard', icon: 'bars', key: 'd' },
]

export function isPage(path: string): boolean {
  return PAGES.some(page => page.path === path)
}

/** A page as one enters it: the logs of the project as they come in, or what it shows by itself. */
export function pageSearch(path: string, projectId: string): string {
  return `?project=${projectId}${path === EXPLORE_PATH ? '&live=1' : ''}`
}
