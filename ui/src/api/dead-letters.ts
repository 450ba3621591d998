/** Records that were refused, kept with the reason. */
import type { DeadLetterContents, DeadLetterSummary, DeadLettersReplayed } from '#proto/people.ts'
import { call } from './client.ts'
import { projectPath } from './projects.ts'

export interface DeadLetterQuery {
  readonly source?: string
  readonly reason?: string
  readonly after?: string
  readonly limit?: number
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetterSummary[]
  readonly next: string | null
}

export function listDeadLetters(
  id: string,
  query: DeadLetterQuery,
  signal: AbortSignal,
): Promise<DeadLetterPage> {
  const params = new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, String(value)]),
  )
  return call<DeadLetterPage>('GET', `${projectPath(id, 'dead-letters')}?${params}`, { signal })
}

export function readDeadLetter(
  id: string,
  letter: string,
  signal: AbortSignal,
): Promise<DeadLetterContents> {
  return call<DeadLetterContents>('GET', projectPath(id, 'dead-letters', letter), { signal })
}

/** As they are, or one of them repaired. */
export function replayDeadLetters(
  id: string,
  body: { readonly ids: readonly string[] } | { readonly id: string; readonly records: string },
): Promise<DeadLettersReplayed> {
  return call<DeadLettersReplayed>('POST', projectPath(id, 'dead-letters', 'replay'), { body })
}

export function deleteDeadLetters(id: string, ids: readonly string[]): Promise<void> {
  return call<void>('POST', projectPath(id, 'dead-letters', 'delete'), { body: { ids } })
}
