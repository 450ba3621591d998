/** What a store does with queries that would take more memory than they may. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stage } from '#proto/query/analysis.ts'
import { QueryMemory } from '../query-memory.ts'
import type { AnalysisResult, SearchResult } from '../store.ts'
import type { PlainLog } from './random-logs.ts'
import { analysisOf, searchAll } from './random-searches.ts'
import { NEVER, OTHER, PROJECT, type Rig, type RunInWorld, START_US, withRig } from './store-rig.ts'

const KIB = 1024
const ROWS = 400
const code = 'LOGBOY_QUERY_TOO_DEAR'

export function memoryTests(name: string, runWith: (memory: QueryMemory) => RunInWorld): void {
  test(`${name}: a query that would take too much memory is told what to narrow`, () => {
    const memory = new QueryMemory({ perQueryBytes: 32 * KIB, perProjectBytes: 64 * KIB })
    return withRig(runWith(memory), async rig => {
      await rig.appendLogs(PROJECT, logs())
      await rig.store.flush()
      await assert.rejects(page(rig, ROWS), { code, message: /rows of the page.*fewer rows/ })
      assert.equal((await page(rig, 10)).logs.length, 10)
      const counted = { type: 'summarize', measures: [{ fn: 'count' }] } as const
      const narrow = /groups and numbers.*fewer values/
      await assert.rejects(analyse(rig, { ...counted, by: ['user'] }), { code, message: narrow })
      assert.equal((await analyse(rig, { ...counted, by: ['service'] })).table.rows.length, 1)
      assert.equal(memory.observe()['held'], 0)
    })
  })

  test(`${name}: queries of a project share what they may take, others have their own`, () => {
    const memory = new QueryMemory({ perQueryBytes: 64 * KIB, perProjectBytes: 64 * KIB })
    return withRig(runWith(memory), async rig => {
      await rig.appendLogs(PROJECT, logs())
      await rig.appendLogs(OTHER, logs())
      await rig.store.flush()
      const running = memory.open(PROJECT)
      running.hold('groups', 64 * KIB)
      await assert.rejects(page(rig, 10), { code, message: /queries of the project.*again later/ })
      assert.equal((await page(rig, 10, OTHER)).logs.length, 10)
      running.release()
      assert.equal((await page(rig, 10)).logs.length, 10)
    })
  })
}

function page(rig: Rig, limit: number, projectId = PROJECT): Promise<SearchResult> {
  return rig.store.search(searchAll(projectId, { limit }), NEVER)
}

function analyse(rig: Rig, stage: Stage): Promise<AnalysisResult> {
  return rig.store.analyse(analysisOf(searchAll(PROJECT), [stage]), NEVER)
}

function logs(): PlainLog[] {
  return Array.from({ length: ROWS }, (_, n) => ({
    timeUs: START_US + n,
    subNs: 0,
    severity: 9,
    severityText: '',
    service: 'shop',
    host: 'web-1',
    file: '',
    message: `order ${n}`,
    traceId: '',
    spanId: '',
    attributes: [['user', `user-${n}`]],
  }))
}
