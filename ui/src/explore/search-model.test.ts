import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeData } from '../../testing/fake-data.ts'
import { PLAIN_DEFAULTS, parseExplore } from './explore-url-model.ts'
import {
  countsRequest,
  firstPage,
  holeRequest,
  levelFacetRequest,
  nextPage,
  pageBelow,
  scopeOf,
  serviceFacetRequest,
  tailPath,
} from './search-model.ts'

const NOW = Date.UTC(2026, 10, 21, 9)

function scope(search: string): ReturnType<typeof scopeOf> {
  const state = parseExplore(search, { ...PLAIN_DEFAULTS, zone: 'utc' })
  return scopeOf({ state, projectId: 'p', nowMs: NOW, barMs: 10_000 })
}

test('a moving span has no end, so that clocks that are ahead hide nothing', () => {
  assert.deepEqual(firstPage(scope(''), ['logs']), {
    project: 'p',
    start_time: '2026-11-21T08:45:00.000Z',
    limit: 200,
    include: ['logs'],
    interval: 10,
  })
})

test('filters go along with every request', () => {
  const wanted = scope('?q=timeout&level=ERROR&service=shop&from=1795251600&to=1795255200')
  const filters = {
    project: 'p',
    query: 'timeout',
    levels: ['ERROR'],
    services: ['shop'],
    start_time: new Date(1_795_251_600_000).toISOString(),
    end_time: new Date(1_795_255_200_000).toISOString(),
  }
  const page = { ...filters, limit: 200, include: ['logs'], cursor: 'c' }
  assert.deepEqual(nextPage(wanted, 'c'), page)
})

test('a facet with a filter of its own is counted without it', () => {
  const chosen = scope('?level=ERROR&q=x')
  assert.deepEqual(countsRequest(chosen).include, ['total', 'histogram', 'by_service'])
  const facet = levelFacetRequest(chosen)
  assert.equal(facet?.levels, undefined)
  assert.equal(facet?.query, 'x')
  assert.deepEqual(facet?.include, ['by_level'])
  assert.equal(serviceFacetRequest(chosen), null)
})

test('the page below a row includes its own microsecond', () => {
  const row = { ...new FakeData(1).row(NOW), time: '2026-11-21T08:59:59.123456Z' }
  assert.equal(pageBelow(scope(''), row).end_time, '2026-11-21T08:59:59.123457Z')
})

test('a hole is searched by receive time alone, its end included where it was told so', () => {
  const hole = {
    number: 1,
    kind: 'dropped',
    count: 3,
    from: '2026-11-21T08:00:00.000001Z',
    to: '2026-11-21T08:00:01.000001Z',
    toIncluded: true,
    state: 'open',
  } as const
  assert.deepEqual(holeRequest(scope('?q=x'), hole, null), {
    project: 'p',
    query: 'x',
    ingested_start: '2026-11-21T08:00:00.000001Z',
    ingested_end: '2026-11-21T08:00:01.000002Z',
    limit: 2000,
    include: ['logs'],
  })
  const gap = { ...hole, kind: 'gap', toIncluded: false } as const
  assert.equal(holeRequest(scope(''), gap, 'c').ingested_end, hole.to)
  assert.equal(holeRequest(scope(''), gap, 'c').cursor, 'c')
})

test('the tail asks for what the search asked for', () => {
  const path = tailPath(scope('?q=a%20b&level=WARN&level=ERROR&service=shop'), 't/1')
  assert.equal(
    path,
    '/api/v1/tail?project=p&after=t%2F1&query=a+b&services=shop&levels=WARN%2CERROR',
  )
})
