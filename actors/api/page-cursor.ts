/**
 * Cursors as callers get them: the store's own, and in front a mark of what was asked. The store's
 * place in the order of rows would go on with any query, but nobody could tell what that is good
 * for.
 */
import { createHash } from 'node:crypto'
import { HttpProblem } from '#actors/http/problem.ts'

/** What has to stay from page to page; times may be relative to now. */
export interface PagedQuestion {
  readonly query: string
  readonly services: readonly string[]
  readonly levels: readonly string[]
  readonly order: string
}

const MARK_CHARS = 8

export function markPage(cursor: string, asked: PagedQuestion, projectId: string): string {
  return `${markOf(asked, projectId)}${cursor}`
}

/** The store's cursor, or a 400 where it is of another question. */
export function openPage(cursor: string, asked: PagedQuestion, projectId: string): string {
  if (cursor.slice(0, MARK_CHARS) === markOf(asked, projectId)) return cursor.slice(MARK_CHARS)
  const detail =
    'cursor: it is of another query; a page goes on with the query, services, levels and order ' +
    'of the page before'
  throw new HttpProblem('LOGBOY_BAD_REQUEST', detail)
}

function markOf({ query, services, levels, order }: PagedQuestion, projectId: string): string {
  const upper = levels.map(level => level.toUpperCase())
  const asked = JSON.stringify([projectId, query, services, upper, order])
  return createHash('sha256').update(asked).digest('base64url').slice(0, MARK_CHARS)
}
