import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openRows } from '#actors/processing/rows.ts'
import type { RowColumns } from '#proto/columns.ts'
import { ANALYSIS_GROUPS_MAX } from '#proto/limits.ts'
import { openProven } from '#proto/log-batch.ts'
import { parseSearch } from '#proto/query.ts'
import { seededRandom } from '#runtime/random.ts'
import { tabulateGroups } from '../tasks/tabulate.ts'
import { randomStages } from '../testing/random-analyses.ts'
import { type PlainLog, randomLog } from '../testing/random-logs.ts'
import { encodeLogs, envelopeOf } from '../testing/test-log.ts'
import { groupingStage } from './grouping-stage.ts'
import { Groups, type GroupsPart } from './groups.ts'
import { groupsWanted } from './groups-wanted.ts'

const MINUTE_US = 60_000_000
const START_US = Date.UTC(2026, 2, 10) * 1_000
const RANGE = { fromUs: START_US, toUs: START_US + 90 * MINUTE_US }
const AMPLE = 256 * 1024 * 1024
const BY_ONE = { barUs: null, by: ['key'], numbers: [], bytesMax: AMPLE }

describe('groups', () => {
  test('of parts, merged in any order, are those of the whole', () => {
    const random = seededRandom(3)
    for (let i = 0; i < 60; i++) {
      const logs = Array.from({ length: 200 }, () => randomLog(random, RANGE))
      const stages = randomStages(random)
      const wanted = groupsWanted(groupingStage(stages), { intervalUs: MINUTE_US, bytesMax: AMPLE })
      const partOf = (some: readonly PlainLog[]): GroupsPart => {
        const groups = new Groups(wanted)
        addAll(groups, rowsOf(some))
        return groups.part()
      }
      const merged = new Groups(wanted)
      for (const [from, to] of [
        [150, 200],
        [0, 10],
        [10, 150],
      ]) {
        merged.merge(partOf(logs.slice(from, to)))
      }
      assert.deepEqual(
        tabulateGroups({ stages, part: merged.part(), wanted }),
        tabulateGroups({ stages, part: partOf(logs), wanted }),
        JSON.stringify(stages),
      )
    }
  })

  test('that are too many are told and not held', () => {
    const keys = Array.from({ length: ANALYSIS_GROUPS_MAX }, (_, i) => `k${i}`)
    const groups = new Groups(BY_ONE)
    groups.merge(partWith(keys))
    groups.merge(partWith(keys.slice(0, 500)))
    assert.equal(groups.excess, null)
    groups.merge(partWith(['one more']))
    assert.equal(groups.excess, 'groups')
    const other = new Groups(BY_ONE)
    other.merge(groups.part())
    assert.equal(other.excess, 'groups', 'whoever merges it knows')
  })

  test('with keys or numbers that take too much memory are told and not held', () => {
    const bytesMax = 100_000
    const long = new Groups({ ...BY_ONE, bytesMax })
    const text = 'x'.repeat(8_000)
    const merged = [0, 1, 2, 3].map(i => {
      long.merge(partWith([`${text}${i}`]))
      return long.excess
    })
    assert.deepEqual(merged, [null, null, null, 'bytes'])
    const each = { barUs: null, by: [], numbers: [{ field: 'n', isEach: true }], bytesMax }
    const seen: number[] = []
    const numbers = new Groups(each, bytes => seen.push(bytes))
    const rows = rowsOf(Array.from({ length: 1_000 }, (_, n) => logWith([['n', n]])))
    for (let i = 0; i < 7; i++) addAll(numbers, rows)
    assert.equal(numbers.excess, 'bytes')
    assert.equal(seen.length, 7, 'each growth is told')
    const few = new Groups({ ...each, numbers: [{ field: 'n', isEach: false }] })
    for (let i = 0; i < 7; i++) addAll(few, rows)
    assert.equal(few.excess, null, 'sums take no room')
  })

  test('a table is sorted by kinds of values, and what is missing comes last', () => {
    const values = ['b', '10', '9', 'B', null, '-1', '1e2', '\u{1f600}', '\uffee', '']
    const logs = values.map(value => logWith(value === null ? [] : [['key', value]]))
    const sorted = (query: string): unknown[] => {
      const parsed = parseSearch(query)
      assert.ok(parsed.type === 'search')
      const { stages } = parsed.search
      const groups = new Groups(BY_ONE)
      addAll(groups, rowsOf(logs))
      const table = tabulateGroups({ stages, part: groups.part(), wanted: BY_ONE })
      return table.rows.map(([key]) => key)
    }
    const upwards = ['-1', '9', '10', '1e2', '', 'B', 'b', '\uffee', '\u{1f600}']
    assert.deepEqual(sorted('| count by key'), [...upwards, null])
    assert.deepEqual(sorted('| count by key | sort key'), [...upwards, null])
    assert.deepEqual(sorted('| count by key | sort -key'), [...upwards.toReversed(), null])
    assert.deepEqual(sorted('| top 3 key'), upwards.slice(0, 3))
    assert.deepEqual(sorted('| uniq key'), [upwards.length])
  })
})

function partWith(keys: readonly string[]): GroupsPart {
  const rows = new Float64Array(keys.length).fill(1)
  return { keys: [keys], bars: new Float64Array(0), rows, numbers: [], excess: null }
}

function addAll(groups: Groups, rows: RowColumns): void {
  groups.addRows(
    rows,
    Uint32Array.from({ length: rows.count }, (_, i) => i),
  )
}

function logWith(attributes: PlainLog['attributes']): PlainLog {
  return { ...randomLog(seededRandom(1), RANGE), timeUs: START_US, attributes }
}

function rowsOf(logs: readonly PlainLog[]): RowColumns {
  const receivedAtUs = RANGE.toUs
  const source = { projectId: 'p', producer: 1n, epoch: 0, sequence: 1, receivedAtUs }
  return openRows(envelopeOf(source, logs), openProven(encodeLogs(logs)))
}
