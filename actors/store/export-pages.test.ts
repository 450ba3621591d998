import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import { exportPages } from './export-pages.ts'
import { tooMuchMemory } from './query-memory.ts'
import type { SearchPlanInput, SearchResult } from './store.ts'
import { searchAll } from './testing/random-searches.ts'

const ROWS = 1_200
const RESULT: SearchResult = {
  total: null,
  logs: [],
  aggregations: { by_level: {}, by_service: {}, histogram: [], interval: 60 },
  next_cursor: null,
  positions: Positions.NONE,
  receivedAtUs: 0,
  explain: {},
}

test('pages of rows that are too long together are smaller, and grow again', async () => {
  const asked: number[] = []
  const search = async ({ cursor, limit }: SearchPlanInput): Promise<SearchResult> => {
    const from = Number(cursor ?? 0)
    asked.push(limit)
    // Rows 500 to 520 are so long that four of them fill the memory.
    const long = Math.max(0, Math.min(from + limit, 520) - Math.max(from, 500))
    if (long > 4) throw problem('rows')
    const logs = Array.from({ length: Math.min(limit, ROWS - from) }, (_, i) => `${from + i}`)
    const next = from + logs.length
    return { ...RESULT, logs, next_cursor: next < ROWS ? `${next}` : null }
  }
  const rows: string[] = []
  for await (const page of exportPages(searchAll('p'), 10_000, search)) rows.push(...page)
  assert.deepEqual(
    rows,
    Array.from({ length: ROWS }, (_, n) => `${n}`),
  )
  assert.ok(asked.length < 40 && Math.min(...asked) < 5 && asked.at(-1) === 384, asked.join())
})

test('whatever else is too dear ends the export', async () => {
  const search = (): Promise<SearchResult> => Promise.reject(problem('groups'))
  const { code } = problem('groups')
  await assert.rejects(exportPages(searchAll('p'), 10, search).next(), { code })
})

function problem(held: 'rows' | 'groups'): HttpProblem {
  return new HttpProblem('LOGBOY_QUERY_TOO_DEAR', 'no', { cause: tooMuchMemory(held, 1) })
}
