import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LEVELS } from '#proto/api.ts'
import { FakeData } from '../../testing/fake-data.ts'
import { COLUMNS_DEFAULT, columnOf } from './columns-model.ts'
import {
  CHART_FORMS,
  DETAIL_TABS,
  type ExploreState,
  PLAIN_DEFAULTS,
  parseExplore,
  printExplore,
  searchKey,
  shareableState,
  VIEWS,
} from './explore-url-model.ts'
import { PATTERN_ORDERS } from './pattern-model.ts'
import { DENSITIES } from './row-layout-model.ts'

const defaults = PLAIN_DEFAULTS
const plain = parseExplore('', defaults)

const states: fc.Arbitrary<ExploreState> = fc
  .record({
    project: fc.option(fc.string({ minLength: 1 })),
    query: fc.string(),
    levels: fc.subarray([...LEVELS]),
    services: fc.uniqueArray(fc.string()).map(list => [...list].sort()),
    range: fc.oneof(
      fc.integer({ min: 1, max: 1e7 }).map(seconds => ({ kind: 'relative' as const, seconds })),
      fc
        .tuple(fc.integer({ min: 1e12, max: 2e12 }), fc.integer({ min: 1, max: 1e9 }))
        .map(([fromMs, ms]) => ({ kind: 'absolute' as const, fromMs, toMs: fromMs + ms })),
    ),
    live: fc.boolean(),
    row: fc.option(fc.stringMatching(/^[0-9a-v]{28}$/)),
    zone: fc.constantFrom('utc' as const, 'local' as const),
    chart: fc.boolean(),
    compare: fc.boolean(),
    view: fc.constantFrom(...VIEWS),
    form: fc.option(fc.constantFrom(...CHART_FORMS)),
    tab: fc.constantFrom(...DETAIL_TABS),
    columns: fc.subarray([columnOf('host'), columnOf('a b~,'), { name: 'status', width: 70 }]),
    density: fc.constantFrom(...DENSITIES),
    wrap: fc.boolean(),
    order: fc.constantFrom(...PATTERN_ORDERS),
    newOnly: fc.boolean(),
  })
  .map(state => ({ ...state, live: state.live && state.range.kind === 'relative' }))

test('every state goes into the URL and comes back', () => {
  fc.assert(
    fc.property(states, state => {
      assert.deepEqual(parseExplore(printExplore(state, defaults), defaults), state)
    }),
  )
})

test('an empty URL is the last quarter of an hour of everything', () => {
  assert.deepEqual(plain, {
    project: null,
    query: '',
    levels: [],
    services: [],
    range: { kind: 'relative', seconds: 900 },
    live: false,
    row: null,
    zone: 'local',
    chart: true,
    compare: false,
    view: 'logs',
    form: null,
    tab: 'fields',
    columns: COLUMNS_DEFAULT,
    density: 'normal',
    wrap: false,
    order: 'frequent',
    newOnly: false,
  })
  assert.equal(printExplore(plain, defaults), '')
})

test('a URL written by hand is read kindly', () => {
  const state = parseExplore('?level=error&level=warn&level=odd&last=2h&from=nonsense', defaults)
  assert.deepEqual(state.levels, ['WARN', 'ERROR'])
  assert.deepEqual(state.range, { kind: 'relative', seconds: 7200 })
})

test('live needs a span that ends now', () => {
  assert.equal(parseExplore('?live=1&from=1763716800&to=1763720400', defaults).live, false)
})

test('a shared link stands still', () => {
  const shared = shareableState({ ...plain, live: true }, 2_000_000)
  assert.equal(shared.live, false)
  assert.deepEqual(shared.range, { kind: 'absolute', fromMs: 1_100_000, toMs: 2_000_000 })
})

test('a link to one row ends with its second and reaches back far enough', () => {
  const row = new FakeData(1).row(Date.UTC(2026, 10, 21, 9, 0, 0, 250))
  const endMs = Date.UTC(2026, 10, 21, 9, 0, 1)
  const recent = shareableState({ ...plain, live: true }, endMs + 5000, row)
  assert.deepEqual(
    [recent.row, recent.live, recent.range],
    [row.id, false, { kind: 'absolute', fromMs: endMs - 900_000, toMs: endMs }],
  )
  const early = { ...plain, range: { kind: 'absolute', fromMs: 1000, toMs: 2000 } } as const
  assert.deepEqual(shareableState(early, endMs, row).range, {
    kind: 'absolute',
    fromMs: 1000,
    toMs: endMs,
  })
})

test('what does not change the rows does not change the search', () => {
  const same = { ...plain, live: true, row: 'x', zone: 'utc', chart: false } as const
  assert.equal(searchKey(same), searchKey(plain))
  assert.notEqual(searchKey({ ...plain, query: 'x' }), searchKey(plain))
  assert.notEqual(searchKey({ ...plain, levels: ['INFO'] }), searchKey(plain))
})
