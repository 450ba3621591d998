import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ANY_TIME, type RowFilter } from '#actors/processing/matcher.ts'
import { parseQuery } from '#proto/query.ts'
import { compileCellFilter } from './cell-filter.ts'
import {
  filterFor,
  hasRowsBehind,
  isBehind,
  planCounts,
  reachableUnits,
  type UnitRange,
  walkOrder,
  wholeUnits,
} from './plan.ts'

const MINUTE_US = 60_000_000

describe('what a search has to open', () => {
  const one = unit({ timeMinUs: 100, timeMaxUs: 200, receivedMinUs: 1_000, receivedMaxUs: 2_000 })

  test('is every unit that its ranges touch', () => {
    const reaches = (change: Partial<RowFilter>): boolean =>
      reachableUnits([one], filter(change)).length === 1
    assert.ok(reaches({}))
    assert.ok(reaches({ startUs: 200 }) && !reaches({ startUs: 201 }))
    assert.ok(reaches({ endUs: 101 }) && !reaches({ endUs: 100 }))
    assert.ok(reaches({ ingestedStartUs: 2_000 }) && !reaches({ ingestedStartUs: 2_001 }))
    assert.ok(reaches({ ingestedEndUs: 1_001 }) && !reaches({ ingestedEndUs: 1_000 }))
    assert.equal(reachableUnits([unit({ rows: 0 })], filter({})).length, 0)
  })

  test('ends where no unopened unit can come before what was found', () => {
    assert.ok(!isBehind(one, 'desc', 200), 'a row of the same time may come first')
    assert.ok(isBehind(one, 'desc', 201))
    assert.ok(!isBehind(one, 'asc', 100))
    assert.ok(isBehind(one, 'asc', 99))
  })

  test('begins where a unit has rows behind the cursor', () => {
    assert.ok(hasRowsBehind(one, 'desc', 100), 'a row of the same time may come behind')
    assert.ok(!hasRowsBehind(one, 'desc', 99))
    assert.ok(hasRowsBehind(one, 'asc', 200))
    assert.ok(!hasRowsBehind(one, 'asc', 201))
  })

  test('goes from the wanted end', () => {
    const a = unit({ timeMinUs: 0, timeMaxUs: 50 })
    const b = unit({ timeMinUs: 10, timeMaxUs: 20 })
    assert.deepEqual(walkOrder([b, a], 'desc'), [a, b])
    assert.deepEqual(walkOrder([b, a], 'asc'), [a, b])
    const c = unit({ timeMinUs: 5, timeMaxUs: 60 })
    assert.deepEqual(walkOrder([a, b, c], 'desc'), [c, a, b])
  })
})

describe('a count without opening anything', () => {
  const one = unit({ timeMinUs: 100, timeMaxUs: 200, receivedMinUs: 1_000, receivedMaxUs: 2_000 })

  test('is had of units that are wanted as a whole', () => {
    const isWhole = (change: Partial<RowFilter>): boolean =>
      wholeUnits([one], filter(change)).length === 1
    assert.ok(isWhole({}) && isWhole({ startUs: 100, endUs: 201, ingestedStartUs: 1_000 }))
    assert.ok(!isWhole({ startUs: 101 }) && !isWhole({ endUs: 200 }))
    assert.ok(!isWhole({ ingestedStartUs: 1_001 }) && !isWhole({ ingestedEndUs: 2_000 }))
    assert.ok(!isWhole({ levels: ['info'] }) && !isWhole({ services: ['a'] }))
    const parsed = parseQuery('word')
    assert.ok(parsed.type === 'query' && !isWhole({ query: parsed.query }))
  })
})

describe('a range is compared row by row', () => {
  const one = unit({ timeMinUs: 100, timeMaxUs: 200, receivedMinUs: 1_000, receivedMaxUs: 2_000 })
  const two = unit({ timeMinUs: 150, timeMaxUs: 400, receivedMinUs: 1_500, receivedMaxUs: 3_000 })

  test('only for units that have rows outside of it', () => {
    const inside = filter({ startUs: 100, endUs: 201, ingestedStartUs: 1_000 })
    assert.deepEqual(filterFor([one], inside), filter({}))
    assert.deepEqual(filterFor([one, two], inside), filter({ startUs: 100, endUs: 201 }))
  })

  test('whichever end cuts them', () => {
    for (const cut of [
      { startUs: 101 },
      { endUs: 200 },
      { ingestedStartUs: 1_001 },
      { ingestedEndUs: 2_000 },
    ]) {
      assert.deepEqual(filterFor([one], filter(cut)), filter(cut))
    }
  })
})

describe('counts come from summaries', () => {
  const minutes = unit({
    timeMinUs: 10 * MINUTE_US + 5,
    timeMaxUs: 12 * MINUTE_US + 5,
    receivedMinUs: 1_000,
    receivedMaxUs: 2_000,
  })
  const isSummarized = (change: Partial<RowFilter>, barUs: number | null = null): boolean =>
    planCounts([minutes], filter(change), barUs).summarized.length === 1

  test('where levels and services are all that is asked', () => {
    const level = { type: 'field', field: 'level', value: 'error' } as const
    const host = { type: 'field', field: 'host', value: 'a' } as const
    const word = { type: 'phrase', tokens: ['a'], hex: null } as const
    assert.ok(isSummarized({ levels: ['ERROR'], services: ['a'], query: { terms: [level] } }))
    assert.ok(!isSummarized({ query: { terms: [level, host] } }))
    assert.ok(!isSummarized({ query: { terms: [word] } }))
  })

  test('unless the range of event time cuts a minute of theirs in two', () => {
    assert.ok(isSummarized({ startUs: 11 * MINUTE_US, endUs: 12 * MINUTE_US }))
    assert.ok(!isSummarized({ startUs: 11 * MINUTE_US + 1 }))
    assert.ok(!isSummarized({ endUs: 11 * MINUTE_US + 1 }))
    assert.ok(isSummarized({ startUs: 10 * MINUTE_US + 5, endUs: 12 * MINUTE_US + 6 }))
    assert.ok(!isSummarized({ startUs: 10 * MINUTE_US + 6 }))
    assert.ok(!isSummarized({ endUs: 12 * MINUTE_US + 5 }))
  })

  test('unless a range of receive time does not take all of it', () => {
    assert.ok(isSummarized({ ingestedStartUs: 1_000, ingestedEndUs: 2_001 }))
    assert.ok(!isSummarized({ ingestedStartUs: 1_001 }))
    assert.ok(!isSummarized({ ingestedEndUs: 2_000 }))
  })

  test('unless bars are not made of whole minutes', () => {
    assert.ok(isSummarized({}, 5 * MINUTE_US))
    assert.ok(!isSummarized({}, MINUTE_US / 2))
    assert.ok(!isSummarized({}, MINUTE_US * 1.5))
  })

  test('whose cells are compared without regard to ASCII case, every condition at once', () => {
    const cells = compileCellFilter(
      filter({
        services: ['API', 'b'],
        levels: ['warn', 'error'],
        query: {
          terms: [
            { type: 'field', field: 'service', value: 'Api' },
            { type: 'field', field: 'level', value: 'Error' },
          ],
        },
        startUs: 2 * MINUTE_US,
        endUs: 4 * MINUTE_US,
      }),
    )
    assert.ok(cells !== null)
    assert.deepEqual(
      ['api', 'b', 'K'].map(name => cells.levelsOf(name)),
      [1 << 4, 0, 0],
    )
    assert.deepEqual([cells.firstMinute, cells.lastMinute], [2, 3])
  })

  test('whatever AND, OR and NOT make of levels and services', () => {
    const levelsOf = (text: string, service: string): number => {
      const parsed = parseQuery(text)
      assert.ok(parsed.type === 'query')
      return compileCellFilter(filter({ query: parsed.query }))?.levelsOf(service) ?? -1
    }
    const [info, error, fatal] = [1 << 2, 1 << 4, 1 << 5]
    assert.equal(levelsOf('level:>=error', 'a'), error | fatal)
    assert.equal(levelsOf('(level:info service:a) OR level:fatal', 'a'), info | fatal)
    assert.equal(levelsOf('(level:info service:a) OR level:fatal', 'b'), fatal)
    assert.equal(levelsOf('-(level:<=warn OR service:b*)', 'a'), error | fatal)
    assert.equal(levelsOf('-(level:<=warn OR service:b*)', 'Billing'), 0)
    assert.equal(levelsOf('service:/^a/ level:*', 'api'), 63)
    assert.equal(levelsOf('level:info OR word', 'a'), -1)
  })
})

function unit(change: Partial<UnitRange>): UnitRange {
  return {
    rows: 1,
    timeMinUs: 0,
    timeMaxUs: 0,
    receivedMinUs: 0,
    receivedMaxUs: 0,
    ...change,
  }
}

function filter(change: Partial<RowFilter>): RowFilter {
  return { query: { terms: [] }, services: [], levels: [], ...ANY_TIME, ...change }
}
