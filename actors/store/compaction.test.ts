import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '#runtime/random.ts'
import {
  type CompactionPlan,
  type CompactionState,
  FULL_ROWS,
  MERGED_ROWS_MAX,
  MIXED_DAYS,
  planCompaction,
} from './compaction.ts'
import type { GroupMeta, SegmentMeta } from './manifest.ts'

const DAY_US = 86_400_000_000
const GROUP_BYTES = 1_200_000

describe('compaction', () => {
  test('leaves alone what is tidy', () => {
    assert.equal(planCompaction(state([])), null)
    assert.equal(planCompaction(state([level0(1), level0(2), level0(3)])), null)
    assert.equal(planCompaction(state([level1(1, 5), level1(2, 5), level1(3, 5)])), null)
  })

  test('merges the fourth flush with those before, and any second one at rest', () => {
    const flushes = [1, 2, 3, 4].map(id => level0(id))
    assert.deepEqual(inputsOf(planCompaction(state(flushes))), [1, 2, 3, 4])
    assert.deepEqual(inputsOf(planCompaction(state(flushes.slice(2), { atRest: true }))), [3, 4])
    assert.equal(planCompaction(state([level0(1)], { atRest: true })), null)
  })

  test('does not move a large file for the sake of small ones', () => {
    const large = level0(
      1,
      Array.from({ length: 5 }, () => group({ projectId: 'q', rows: 10 })),
    )
    const files = [large, level0(2), level0(3), level0(4)].map((file, i) =>
      i === 0 ? { ...file, bytes: 50_000_000 } : file,
    )
    assert.deepEqual(inputsOf(planCompaction(state(files))), [2, 3, 4])
  })

  test('gives a project with enough bytes files of its own, one a day of event time', () => {
    const days = [3, 3, 4, 4]
    const segments = days.map((day, i) =>
      level0(i + 1, [
        ...Array.from({ length: 3 }, () => group({ day, rows: FULL_ROWS })),
        group({ projectId: 'small', day, rows: 100 }),
      ]),
    )
    const plan = planCompaction(state(segments))
    const outputs = plan?.outputs.map(({ level, day, groups }) => [level, day, groups.length])
    assert.deepEqual(outputs, [
      [0, MIXED_DAYS, 1],
      [1, 3, 6],
      [1, 4, 6],
    ])
    const [small, ...own] = plan?.outputs ?? []
    assert.ok(own.every(({ groups }) => groups.every(({ type }) => type === 'copy')))
    assert.ok(small?.groups.every(({ type }) => type === 'encode'))
  })

  test('splits a row group at midnight, but not one over many days', () => {
    const over = (days: number): GroupMeta =>
      group({ rows: FULL_ROWS, timeMinUs: 9.5 * DAY_US, timeMaxUs: (9.5 + days) * DAY_US })
    const groups = Array.from({ length: 8 }, (_, i) => over(i === 0 ? 30 : 1))
    const plan = planCompaction(state([level0(1, groups)], { atRest: true }))
    const outputs = plan?.outputs.map(({ day, groups: planned }) => [day, planned.length]) ?? []
    assert.deepEqual(outputs, [
      [MIXED_DAYS, 1],
      [9, 4],
      [10, 4],
    ])
    const parts = plan?.outputs[1]?.groups.flatMap(each =>
      each.type === 'encode' ? each.from : [],
    )
    assert.deepEqual(new Set(parts?.map(({ day }) => day)), new Set([9]))
  })

  test('merges files of a day while it has more than three', () => {
    const files = [10, 11, 12, 13].map(id => level1(id, 5))
    const plan = planCompaction(state([...files, level1(20, 6)]))
    assert.deepEqual(inputsOf(plan), [10, 11, 12, 13])
    assert.deepEqual(
      plan?.outputs.map(({ level, day }) => [level, day]),
      [[1, 5]],
    )
  })

  test('fills merged row groups without overfilling them, projects apart', () => {
    const rows = [9_000, 9_000, 9_000, 9_000, 20_000]
    const segments = rows.map((count, i) =>
      level0(i + 1, [group({ rows: count }), group({ projectId: 'z', rows: 5 })]),
    )
    const plan = planCompaction(state(segments, { atRest: true }))
    const kinds = plan?.outputs[0]?.groups.map(({ type }) => type)
    assert.deepEqual(kinds, ['encode', 'copy', 'copy', 'encode'])
    const encoded = plan?.outputs[0]?.groups.filter(each => each.type === 'encode') ?? []
    for (const each of encoded) {
      assert.ok(each.from.length * 9_000 <= MERGED_ROWS_MAX || each.projectId === 'z')
    }
    assert.equal(plan?.rows, 56_000 + 25)
  })

  test('drops files without a living row at once, and rewrites those with many dead ones', () => {
    const dead = level0(1, [group({ projectId: 'x', receivedMaxUs: 99 })])
    const gone = (projectId: string): number => (projectId === 'x' ? 100 : 0)
    const plan = planCompaction(state([dead, level0(2)], { receivedFromUs: gone }))
    assert.deepEqual(inputsOf(plan), [1])
    assert.deepEqual(plan?.outputs, [])
    const damaged = { receivedFromUs: gone, damaged: new Set([1]) }
    assert.deepEqual(inputsOf(planCompaction(state([dead], damaged))), [1], 'nobody reads it')
    const edge = level0(1, [group({ projectId: 'x', receivedMaxUs: 100 })])
    assert.equal(planCompaction(state([edge, level0(2)], { receivedFromUs: gone })), null)
    const half = level0(3, [group({ projectId: 'x', receivedMaxUs: 99 }), group({})])
    assert.deepEqual(inputsOf(planCompaction(state([half], { receivedFromUs: gone }))), [3])
  })

  test('keeps of a mixed row group only what was received since', () => {
    const mixed = group({ rows: FULL_ROWS, receivedMinUs: 50, receivedMaxUs: 150 })
    const files = [1, 2, 3, 4].map(id => level0(id, [mixed]))
    const plan = planCompaction(state(files, { receivedFromUs: () => 100 }))
    assert.equal(plan?.rows, null)
    const groups = plan?.outputs.flatMap(output => output.groups) ?? []
    assert.ok(groups.length > 0)
    for (const each of groups) {
      assert.ok(each.type === 'encode' && each.from.every(from => from.receivedFromUs === 100))
    }
  })

  test('a dropped project is removed at rest however small it is', () => {
    const segments = [
      level0(1, [
        group({ projectId: 'x', bytes: 1 }),
        group({ bytes: 1_000_000 }),
        group({ bytes: 1_000_000 }),
      ]),
    ]
    const receivedFromUs = (projectId: string): number =>
      projectId === 'x' ? Number.POSITIVE_INFINITY : 0
    assert.equal(planCompaction(state(segments, { receivedFromUs })), null)
    const plan = planCompaction(state(segments, { receivedFromUs, atRest: true }))
    assert.deepEqual(inputsOf(plan), [1])
    const copied = plan?.outputs[0]?.groups.map(each => each.type === 'copy' && each.group)
    assert.ok(!copied?.includes(0))
  })

  test('encodes anew what has a damaged index, and never touches damaged files', () => {
    const segments = [1, 2, 3, 4].map(id => level0(id, [group({ rows: FULL_ROWS })]))
    const plan = planCompaction(state(segments, { damagedIndexes: new Set([2]) }))
    assert.deepEqual(inputsOf(plan), [2])
    assert.ok(plan?.outputs[0]?.groups.every(({ type }) => type === 'encode'))
    assert.equal(planCompaction(state(segments, { damaged: new Set([2]) })), null)
  })

  test('comes to an end at rest with at most four files for each project and day', () => {
    for (let seed = 1; seed <= 40; seed++) settle(seed)
  })
})

/** Flushes and compacts by the plans alone, rows counted all the way. */
function settle(seed: number): void {
  const random = seededRandom(seed)
  let segments: SegmentMeta[] = []
  let nextId = 1
  const run = (atRest: boolean): void => {
    for (let steps = 0; ; steps++) {
      assert.ok(steps < 200, `seed ${seed} goes on for ever`)
      const plan = planCompaction(state(segments, { atRest }))
      if (plan === null) return
      const inputs = new Set(plan.inputs.map(({ id }) => id))
      const outputs = carryOut(plan, segments, () => nextId++)
      segments = [...segments.filter(({ id }) => !inputs.has(id)), ...outputs]
    }
  }
  for (let flush = 0; flush < 30; flush++) {
    const groups = ['a', 'b', 'c'].flatMap(projectId => {
      const count = projectId === 'a' ? random.below(6) : random.below(2)
      return Array.from({ length: count }, () =>
        group({ projectId, day: 10 + random.below(2), rows: 1 + random.below(MERGED_ROWS_MAX) }),
      )
    })
    if (groups.length > 0) segments.push(level0(nextId++, groups))
    run(false)
  }
  run(true)
  const counts = new Map<string, number>()
  for (const { groups } of segments) {
    const keys = new Set(groups.map(each => `${each.projectId} ${dayOf(each)}`))
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  for (const [key, count] of counts) assert.ok(count <= 4, `seed ${seed}: ${key} in ${count} files`)
}

function carryOut(
  plan: CompactionPlan,
  segments: readonly SegmentMeta[],
  nextId: () => number,
): SegmentMeta[] {
  const find = (segmentId: number, at: number): GroupMeta =>
    segments.find(({ id }) => id === segmentId)?.groups[at] as GroupMeta
  return plan.outputs.map(({ level, day, groups }) => {
    const metas = groups.map(each => {
      if (each.type === 'copy') return find(each.segmentId, each.group)
      const from = each.from.map(({ segmentId, group: at }) => find(segmentId, at))
      const rows = from.reduce((sum, meta) => sum + meta.rows, 0)
      return { ...(from[0] as GroupMeta), rows, bytes: (GROUP_BYTES * rows) / FULL_ROWS }
    })
    return { ...level0(nextId(), metas), level, day }
  })
}

function state(
  segments: readonly SegmentMeta[],
  change: Partial<CompactionState> = {},
): CompactionState {
  return {
    deletedOf: () => null,
    segments,
    damaged: new Set(),
    damagedIndexes: new Set(),
    receivedFromUs: () => 0,
    atRest: false,
    ...change,
  }
}

function inputsOf(plan: CompactionPlan | null): number[] | undefined {
  return plan?.inputs.map(({ id }) => id).sort((a, b) => a - b)
}

function level0(id: number, groups: readonly GroupMeta[] = [group({})]): SegmentMeta {
  const bytes = groups.reduce((sum, each) => sum + each.bytes, 0)
  return { id, level: 0, day: -1, bytes, indexBytes: 10, groups }
}

function level1(id: number, day: number): SegmentMeta {
  return { ...level0(id, [group({ day, rows: FULL_ROWS })]), level: 1, day }
}

function group({ day = 5, ...change }: Partial<GroupMeta> & { day?: number }): GroupMeta {
  const rows = change.rows ?? 1_000
  return {
    projectId: 'p',
    rows,
    bytes: Math.ceil((GROUP_BYTES * rows) / FULL_ROWS),
    checksum: 0,
    timeMinUs: day * DAY_US + 5,
    timeMaxUs: day * DAY_US + 50,
    receivedMinUs: 0,
    receivedMaxUs: 1_000,
    ...change,
  }
}

function dayOf({ timeMinUs }: GroupMeta): number {
  return Math.floor(timeMinUs / DAY_US)
}
