import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { metricsOf } from '../streams.ts'
import { indexNames, periodOf, periodRange } from './index-names.ts'
import { choosePlacement, SHARDS_MAX } from './placement-policy.ts'
import { MemoryPlacements } from './testing/memory-placements.ts'

const names = indexNames('logboy')
const DAY_US = 86_400_000_000
const START_US = Date.UTC(2026, 8, 1) * 1_000
const RETENTIONS = [1, 7, 30, 90]

describe('placements', () => {
  test('a thousand projects over 90 days stay under a thousand shards', async () => {
    const placements = new MemoryPlacements()
    const kept = new Set<string>()
    for (let day = 0; day < 90; day++) {
      const period = periodOf(START_US + day * DAY_US)
      const shardsInUse = await placements.shards()
      for (let project = 0; project < 1_000; project++) {
        const retentionDays = RETENTIONS[project % RETENTIONS.length] as number
        // Whatever is expired is gone.
        if (day < 90 - retentionDays) continue
        const projectId = `project${String(project).padStart(3, '0')}`
        const rowsBefore = project < 40 ? 10_000_000 : 1_000
        const question = { projectId, period, retentionDays, rowsBefore, shardsInUse }
        const { index } = choosePlacement(question, names)
        if (kept.has(index)) continue
        kept.add(index)
        await placements.place(index, period, { index, shards: 1, shared: true })
      }
    }
    assert.ok(kept.size < 1_000, `${kept.size} indices`)
  })

  test('projects of about the same retention share an index; a large one has its own', () => {
    const ask = (retentionDays: number, rowsBefore = 0) =>
      choosePlacement(
        {
          projectId: 'projectaaa',
          period: '2026-11-28',
          retentionDays,
          rowsBefore,
          shardsInUse: 0,
        },
        names,
      )
    assert.deepEqual(ask(30), {
      index: 'logs-logboy.shared-30d-2026.11.28',
      shards: 1,
      shared: true,
    })
    assert.equal(ask(20).index, ask(30).index)
    assert.notEqual(ask(31).index, ask(30).index)
    assert.equal(ask(5_000).index, 'logs-logboy.shared-longest-2026.11.28')
    assert.deepEqual(ask(30, 400_000_000), {
      index: 'logs-logboy.projectaaa-2026.11.28',
      shards: 3,
      shared: false,
    })
  })

  test('when there are shards enough even a large project shares', () => {
    const question = {
      projectId: 'projectaaa',
      period: '2026-11-28',
      retentionDays: 30,
      rowsBefore: 1e9,
      shardsInUse: SHARDS_MAX - 1,
    }
    assert.ok(choosePlacement(question, names).shared)
  })

  test('a period is a day of receipt in UTC', () => {
    const us = Date.UTC(2026, 10, 28, 23, 59, 59, 999) * 1_000
    assert.equal(periodOf(us), '2026-11-28')
    const { startUs, endUs } = periodRange('2026-11-28')
    assert.ok(startUs <= us && us < endUs)
    assert.equal(periodOf(endUs), '2026-11-29')
  })

  test('metrics are in indices that no question to logs-* reaches', () => {
    const ask = (rowsBefore: number) =>
      choosePlacement(
        {
          projectId: metricsOf('projectaaa'),
          period: '2026-11-28',
          retentionDays: 30,
          rowsBefore,
          shardsInUse: 0,
        },
        names,
      ).index
    assert.equal(ask(0), 'metrics-logboy.shared-30d-2026.11.28')
    assert.equal(ask(400_000_000), 'metrics-logboy.projectaaa-2026.11.28')
  })

  test('an index tells its series', () => {
    const seriesOf = (kind: 'logs' | 'metrics') =>
      names.seriesOf(names.index(kind, 'shared-30d', '2026-11-28'))
    assert.equal(seriesOf('logs'), 'logs-logboy.shared-30d-*')
    assert.equal(seriesOf('metrics'), 'metrics-logboy.shared-30d-*')
    assert.equal(names.seriesOf('logs-other-2026.11.28'), null)
  })
})
