import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Measure, NUMBER_FUNCTIONS, type Stage } from '#proto/query/analysis.ts'
import { systemClock } from '#runtime/clock.ts'
import { seededRandom } from '#runtime/random.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import type { ServiceThread, TaskPool } from '#runtime/threads.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { openParquetStore, type ParquetStore, type ParquetStoreOptions } from './parquet-store.ts'
import { QueryMemory } from './query-memory.ts'
import type { AnalysisResult, Progress, Watch } from './store.ts'
import { ampleMemory } from './testing/query-memory.ts'
import { type PlainLog, randomLog } from './testing/random-logs.ts'
import { analysisOf, randomAnalysis, searchAll } from './testing/random-searches.ts'
import { ReferenceStore } from './testing/reference-store.ts'
import { compareTables } from './testing/store-rig.ts'
import { TestLog } from './testing/test-log.ts'

const PROJECTS = ['projectaaa', 'projectbbb'] as const
const START_US = Date.UTC(2026, 2, 10) * 1_000
const MINUTE_US = 60_000_000
const NEVER = new AbortController().signal
const NOTHING = { type: 'phrase', tokens: ['nothing'], hex: null } as const
const manifestUrl = new URL('../manifest.ts', import.meta.url)

describe('a store on real threads with DuckDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-store-'))
  const log = new TestLog()
  const reference = new ReferenceStore()
  const random = seededRandom(11)
  let pool: TaskPool
  let writer: ServiceThread
  let store: ParquetStore
  let sequence = 0

  const openThread = (service: string, options: unknown): Promise<ServiceThread> =>
    openServiceThread({
      manifestUrl,
      service,
      options,
      callsMax: 100,
      onLost: error => assert.fail(error),
    })

  const options = (): ParquetStoreOptions => ({
    folder,
    clock: systemClock,
    pool,
    writer,
    openDuckdb: () => openThread('duckdb', { memoryBytes: 256 << 20 }),
    wideRowsMin: 1,
    queryMemory: ampleMemory(),
    diskReserveBytes: 0,
    flushBytes: 1 << 30,
    flushIntervalMs: 3_600_000,
    isMemoryShort: () => false,
    onFault: error => assert.fail(error),
  })

  const append = async (projectId: string, logs: readonly PlainLog[]): Promise<void> => {
    const receivedAtUs = START_US + ++sequence * MINUTE_US
    const source = { projectId, producer: 4n, epoch: 1, sequence, receivedAtUs }
    reference.add(source, logs)
    await log.append(store, source, logs)
  }

  before(async () => {
    pool = openWorkerPool({ manifestUrl, threads: 2, queueMax: 1_000 })
    writer = await openThread('segment-writer', { folder })
    store = await openParquetStore(options())
    const range = { fromUs: START_US, toUs: START_US + 30 * MINUTE_US }
    for (let i = 0; i < 12; i++) {
      const logs = Array.from({ length: 150 }, () => randomLog(random, range))
      await append(PROJECTS[i % 2] as string, logs)
      if (i === 3 || i === 7) await store.flush()
    }
    const limit = START_US + 3 * MINUTE_US
    assert.equal(await store.expire(PROJECTS[0], limit), reference.expire(PROJECTS[0], limit))
  })

  after(async () => {
    await store.close()
    await writer.close()
    await pool.close()
    rmSync(folder, { recursive: true })
  })

  test('numbers of segments and recent rows together, exactly', async () => {
    const range = { fromUs: START_US, toUs: START_US + 30 * MINUTE_US }
    let wide = 0
    for (let i = 0; i < 120; i++) {
      const ranges = { projectIds: PROJECTS, event: range, received: range }
      const asked = randomAnalysis(random, ranges)
      const stages = i % 2 === 0 ? asked.stages : [randomNumbers()]
      const query = i % 3 === 0 ? asked.query : { terms: [] }
      const input = { ...asked, stages, query }
      const found = await store.analyse(input, NEVER)
      compareTables(found, reference.analyse(input), JSON.stringify(input))
      wide += (found.explain['units_wide'] ?? 0) > 0 ? 1 : 0
    }
    assert.ok(wide >= 25, `${wide} questions went to DuckDB`)
    const { failed, queries } = store.observe().duckdb as Record<string, number>
    assert.equal(failed, 0, String((store.observe().duckdb as Record<string, string>).lastFailure))
    assert.ok((queries as number) >= wide)
  })

  test('what summaries say DuckDB is not asked', async () => {
    for (const field of ['level', 'service']) {
      const input = analysisOf(searchAll(PROJECTS[1]), [{ type: 'top', count: 3, field }])
      const found = await store.analyse(input, NEVER)
      compareTables(found, reference.analyse(input), field)
      const { units_wide: wide, units_summarized: summarized } = found.explain
      assert.ok(wide === undefined && (summarized ?? 0) > 0, JSON.stringify(found.explain))
    }
  })

  test('a cancelled analysis ends with the reason, and the next one is answered', async () => {
    const measures: Measure[] = [{ fn: 'p95', field: 'ratio' }]
    const stages: Stage[] = [{ type: 'summarize', measures, by: ['service'] }]
    const input = analysisOf(searchAll(PROJECTS[0]), stages)
    const controller = new AbortController()
    const reason = new Error('went away')
    const analysis = store.analyse(input, controller.signal)
    setImmediate(() => controller.abort(reason))
    await assert.rejects(analysis, reason)
    compareTables(await store.analyse(input, NEVER), reference.analyse(input), 'after it')
  })

  test('a search and an analysis tell how far they have come', async () => {
    const input = searchAll(PROJECTS[0], { query: { terms: [{ type: 'not', term: NOTHING }] } })
    const top: Stage = { type: 'top', count: 3, field: 'host' }
    for (const ask of [
      (watch: Watch) => store.search(input, NEVER, watch),
      (watch: Watch) => store.analyse(analysisOf(input, [top]), NEVER, watch),
    ]) {
      let look: (() => Progress) | undefined
      let isOver = false
      const asked = ask(given => {
        look = given
      }).finally(() => {
        isOver = true
      })
      const seen: number[] = []
      for (; !isOver; await nextRound()) seen.push(look?.().partsDone ?? 0)
      const { total } = await asked
      const last = look?.()
      assert.ok(last !== undefined)
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      )
      assert.ok(last.parts > 1 && last.bytesRead > 0 && last.rowsRead >= last.total)
      assert.deepEqual([last.partsDone, last.total], [last.parts, total])
    }
  })

  test('what DuckDB finds is held to the memory of a query, too', async () => {
    const memory = { perQueryBytes: 20_000, perProjectBytes: 40_000 }
    const small = await openParquetStore({
      ...options(),
      queryMemory: new QueryMemory(memory),
    })
    try {
      const count = { fn: 'count' } as const
      const ask = (by: readonly string[]): Promise<AnalysisResult> =>
        small.analyse(
          analysisOf(searchAll(PROJECTS[1]), [{ type: 'summarize', measures: [count], by }]),
          NEVER,
        )
      assert.ok(((await ask(['host'])).explain['units_wide'] ?? 0) > 0)
      await assert.rejects(ask(['message', 'user.id', 'host', 'service']), {
        code: 'LOGBOY_QUERY_TOO_DEAR',
        message: /fewer values/,
      })
      assert.equal((small.observe()['duckdb'] as Record<string, number>)['failed'], 0)
    } finally {
      await small.close()
    }
  })

  test('numbers that repeat come from indexes by service, and from rows where something cuts', async () => {
    const project = 'projectccc'
    const range = { fromUs: START_US, toUs: START_US + 30 * MINUTE_US }
    const numbered = (count: number): PlainLog[] =>
      Array.from({ length: count }, () => ({
        ...randomLog(random, range),
        attributes: [
          ['status', [200, 404, 500.5, '200'][random.below(4)] as number],
          ['ratio', random.below(12) / 4],
          ['Status', [200, 404][random.below(2)] as number],
        ],
      }))
    await append(project, numbered(900))
    await store.flush()
    await append(project, numbered(100))
    const stages = (measures: readonly Measure[], by: readonly string[]): Stage[] => [
      { type: 'summarize', measures, by },
    ]
    const ratio = NUMBER_FUNCTIONS.map((fn): Measure => ({ fn, field: 'ratio' }))
    const both: Measure[] = [{ fn: 'count' }, { fn: 'p50', field: 'Status' }, ...ratio.slice(0, 3)]
    const service = { type: 'field', field: 'service', value: 'api' } as const
    const level = { type: 'field', field: 'level', value: 'error' } as const
    const cut = { startUs: START_US + 10 * MINUTE_US + 7 }
    for (const [isCounted, asked, change] of [
      [true, stages(ratio, ['service']), {}],
      [true, stages(ratio, []), {}],
      [true, stages(both, ['service']), {}],
      [true, stages(both, ['service']), { query: { terms: [service] } }],
      [true, stages(ratio, ['service']), { services: ['billing', 'größe'] }],
      [false, stages(ratio, ['service']), { query: { terms: [level] } }],
      [
        false,
        stages(ratio, ['service']),
        { query: { terms: [{ type: 'any', terms: [service, level] }] } },
      ],
      [false, stages(ratio, ['host']), {}],
      [false, stages(ratio, ['service']), cut],
      [false, stages([{ fn: 'p95', field: 'status' }], ['service']), {}],
    ] as const) {
      const input = analysisOf(searchAll(project, change), asked)
      const found = await store.analyse(input, NEVER)
      const about = JSON.stringify(input)
      compareTables(found, reference.analyse(input), about)
      assert.equal((found.explain['units_summarized'] ?? 0) > 0, isCounted, about)
    }
    await append(
      project,
      numbered(900).map(row => ({ ...row, attributes: [['ratio', random.unit()]] })),
    )
    await store.flush()
    const input = analysisOf(searchAll(project), stages(ratio, ['service']))
    const found = await store.analyse(input, NEVER)
    compareTables(found, reference.analyse(input), 'many rows are left')
    assert.ok((found.explain['units_wide'] ?? 0) > 0, 'DuckDB is quicker than the scan')
  })

  /** One field and keys of texts: what DuckDB takes. */
  function randomNumbers(): Stage {
    const pick = <Value>(values: readonly Value[]): Value =>
      values[random.below(values.length)] as Value
    const field = pick(['ratio', 'ratio', 'status', 'Status', 'absent'])
    const measures: Measure[] = NUMBER_FUNCTIONS.filter(() => random.below(3) === 0).map(fn => ({
      fn,
      field,
    }))
    if (random.below(2) === 0 || measures.length === 0) measures.push({ fn: 'count' })
    if (measures.length === 1) measures.push({ fn: 'p95', field })
    if (random.below(4) === 0) {
      const only = pick(['host', 'user.id', 'note', 'message', 'trace_id', 'span_id', 'absent'])
      const count = pick([1, 3, 100])
      return random.below(2) === 0
        ? { type: 'top', count, field: only }
        : { type: 'uniq', field: only }
    }
    const keys = ['level', 'service', 'host', 'user.id', 'note', 'ok', 'absent']
    const by = keys.filter(() => random.below(4) === 0)
    return random.below(3) === 0
      ? { type: 'timechart', everyS: pick([1, 60, 300, 3_600]), measures, by }
      : { type: 'summarize', measures, by }
  }
})
