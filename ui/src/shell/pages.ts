/** The pages behind the sign-in that the bar offers, in its order. */
import type { IconName } from '../kit/icon.tsx'

export interface Page {
  readonly path: string
  readonly name: string
  readonly icon: IconName
  /** Goes there from anywhere. */
  readonly key: string
  /** Further pages of it stand below this path. */
  readonly within?: string
}

export const EXPLORE_PATH = '/explore'
export const DASHBOARD_PATH = '/dashboard'
export const ALERTS_PATH = '/alerts'
export const PROJECT_PATH = '/project'
/** Pages that belong to no project. */
export const ACCOUNT_PATH = '/account'
export const ADMIN_PATH = '/admin'

export const PAGES: readonly Page[] = [
  { path: EXPLORE_PATH, name: 'Explore', icon: 'search', key: 'e' },
  { path: DASHBOARD_PATH, name: 'Dashboard', icon: 'bars', key: 'd' },
  { path: ALERTS_PATH, name: 'Alerts', icon: 'bell', key: 'a', within: `${ALERTS_PATH}/` },
  { path: PROJECT_PATH, name: 'Project', icon: 'folder', key: 'o', within: `${PROJECT_PATH}/` },
]

export function isPage(path: string): boolean {
  return PAGES.some(page => isOn(page, path))
}

export function isOn({ path: own, within }: Page, path: string): boolean {
  return own === path || (within !== undefined && path.startsWith(within))
}

/** Not a project's: everybody has an account, administrators an installation. */
export function isOwnPage(path: string): boolean {
  return path === ACCOUNT_PATH || path === ADMIN_PATH || path.startsWith(`${ADMIN_PATH}/`)
}

/** A page as one enters it: the logs of the project as they come in, or what it shows by itself. */
export function pageSearch(path: string, projectId: string): string {
  return `?project=${projectId}${path === EXPLORE_PATH ? '&live=1' : ''}`
}
