import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANY_TIME } from '#actors/processing/matcher.ts'
import type { GroupsPart } from './analysis/groups.ts'
import { Numbers } from './analysis/numbers.ts'
import { quantile } from './analysis/quantile.ts'
import { type DuckdbOutcome, openDuckdb } from './duckdb-thread.ts'
import { compileAggregate } from './sql.ts'

const NO_FILTER = { query: { terms: [] }, services: [], levels: [], ...ANY_TIME }

test('numbers handed in one by one and counted make one quantile for each group', async () => {
  const numbers = new Numbers(true)
  numbers.open()
  numbers.open()
  const singles = Array.from({ length: 3_000 }, (_, i) => (i * 7) % 1_000)
  for (const value of singles) numbers.add(0, value)
  const counted = Array.from({ length: 2_500 }, (_, i) => i / 8)
  numbers.addDifferent(0, Float64Array.from(counted), new Float64Array(counted.length).fill(2))
  numbers.addDifferent(1, Float64Array.of(5, 1), Float64Array.of(1, 4_000))
  const extra: GroupsPart = {
    keys: [['a', 'b']],
    bars: new Float64Array(0),
    // Some logs have no number.
    rows: Float64Array.of(8_003, 4_001),
    numbers: [numbers.part()],
    excess: null,
  }
  const sql = compileAggregate([], NO_FILTER, {
    keys: 1,
    barUs: null,
    functions: ['count', 'p95'],
    told: { type: 'all' },
    hasExtra: true,
  })
  const duckdb = await openDuckdb({ memoryBytes: 64 << 20 })
  const asked = { type: 'aggregate', id: 1, sql, extra, bytesMax: 1 << 20 } as const
  const outcome = (await duckdb.handle(asked as never)) as DuckdbOutcome
  await duckdb.close?.()
  assert.ok(outcome.type === 'groups', JSON.stringify(outcome))
  const all = Float64Array.from([...singles, ...counted, ...counted])
  const found = outcome.groups.map(({ key, rows, values }) => [...key, rows, ...values])
  const inOrder = found.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  assert.deepEqual(inOrder, [
    ['a', 8_003, 8_003, quantile(all, 0.95)],
    ['b', 4_001, 4_001, 1],
  ])
})
