import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANALYSIS_GROUPS_MAX } from '#proto/limits.ts'
import type { Stage } from '#proto/query/analysis.ts'
import { groupingStage } from '../analysis/grouping-stage.ts'
import { groupsWanted } from '../analysis/groups-wanted.ts'
import type { MeasuredGroup } from '../analysis/measured.ts'
import { tabulate } from '../analysis/tabulate.ts'
import { QueryMemory } from '../query-memory.ts'
import { GroupSum } from './group-sum.ts'

const MIB = 1024 * 1024
const PAGE = 10_000

function sumOf(stage: Stage, perQueryBytes = 100 * MIB): GroupSum {
  const memory = new QueryMemory({ perQueryBytes, perProjectBytes: perQueryBytes }).open('p')
  const bounds = { intervalUs: 60_000_000, bytesMax: perQueryBytes }
  return new GroupSum([stage], groupsWanted(groupingStage([stage]), bounds), memory)
}

/** Ties among the frequencies, keys that are numbers, and one group without a key. */
function groups(count: number): MeasuredGroup[] {
  return Array.from({ length: count }, (_, n) => {
    const key = n === 17 ? null : n % 3 === 0 ? `${n}` : `user-${n}`
    return { barUs: 0, key: [key], rows: 1 + ((n * 7) % 11), values: [] }
  })
}

function fill(sum: GroupSum, all: readonly MeasuredGroup[]): void {
  for (let at = 0; at < all.length; at += PAGE) sum.add(all.slice(at, at + PAGE))
}

test('the most frequent of any number of groups take the memory of a page', () => {
  const stage = { type: 'top', count: 20, field: 'user' } as const
  const all = groups(ANALYSIS_GROUPS_MAX + 50_000)
  const sum = sumOf(stage, MIB)
  fill(sum, all)
  assert.deepEqual(sum.table(), tabulate([stage], all))
  assert.equal(
    sum.total,
    all.reduce((rows, group) => rows + group.rows, 0),
  )
})

test('different values are counted, not held', () => {
  const sum = sumOf({ type: 'uniq', field: 'user' }, 1_000)
  fill(sum, groups(ANALYSIS_GROUPS_MAX + 50_000))
  assert.deepEqual(sum.table().rows, [[ANALYSIS_GROUPS_MAX + 49_999]])
})

test('a table of all groups is refused beyond what can be held', () => {
  const stage = { type: 'summarize', measures: [{ fn: 'count' }], by: ['user'] } as const
  fill(sumOf(stage), groups(ANALYSIS_GROUPS_MAX))
  const code = 'LOGBOY_QUERY_TOO_DEAR'
  assert.throws(() => fill(sumOf(stage), groups(ANALYSIS_GROUPS_MAX + 1)), { code })
  assert.throws(() => fill(sumOf(stage, MIB), groups(PAGE)), { code, message: /1 MiB/ })
})
