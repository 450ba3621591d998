/** Explore, where a message leads: the logs of a window, as the page's own addresses say it. */

import type { AlertAbout } from '#actors/catalog/alert-states.ts'

export interface LinkedWindow {
  readonly projectId: string
  /** '' = everything. */
  readonly query: string
  readonly fromUs: number
  readonly toUs: number
}

export function exploreLink(
  publicUrl: string,
  { projectId, query, fromUs, toUs }: LinkedWindow,
): string {
  const params = new URLSearchParams({ project: projectId })
  if (query !== '') params.set('q', query)
  params.set('from', new Date(fromUs / 1_000).toISOString())
  params.set('to', new Date(toUs / 1_000).toISOString())
  return `${publicUrl}/explore?${params.toString()}`
}

/** The rule's query, narrowed to the group. */
export function groupQuery({ query, group }: Pick<AlertAbout, 'query' | 'group'>): string {
  if (query === null) return ''
  const conditions = Object.entries(group).map(([field, value]) =>
    value === null ? `-${field}:*` : `${field}:${quoted(value)}`,
  )
  if (conditions.length === 0) return query === '*' ? '' : query
  return query === '*' ? conditions.join(' ') : `(${query}) ${conditions.join(' ')}`
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, found => `\\${found}`)}"`
}
