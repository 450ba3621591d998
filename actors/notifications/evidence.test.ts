/** What a firing's logs tell: asked of its window, and of the one before. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import { historyEntry } from '#actors/tail/testing/history-entry.ts'
import type { Row } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import { NO_TEMPLATE } from './alert-message.ts'
import { Evidence } from './evidence.ts'
import { previewMessage } from './message-preview.ts'

const END_US = Date.UTC(2026, 10, 29, 10) * 1_000
const WINDOW_US = 300_000_000
const [SAMPLE] = previewMessage(null, NO_TEMPLATE, {
  project: { id: 'p', name: 'shop' },
  publicUrl: '',
  atUs: END_US,
}).lines

const PATTERN = {
  id: 7,
  template: 'card <*> declined',
  count: 30,
  firstUs: END_US,
  lastUs: END_US,
  bars: [],
  examples: [],
}

/** A log every ten seconds; those of the window that fired come from another host. */
function logsOf({ startUs, endUs, limit, order }: SearchPlanInput): string[] {
  const times: number[] = []
  for (let timeUs = startUs; timeUs < endUs; timeUs += 10_000_000) times.push(timeUs)
  const asked = order === 'asc' ? times : times.toReversed()
  return asked.slice(0, limit).map(timeUs => {
    const host = timeUs >= END_US - WINDOW_US ? 'web-3' : 'web-1'
    return JSON.stringify({ ...SAMPLE, host, time: formatTime(timeUs) })
  })
}

function evidence(search: (plan: SearchPlanInput) => Promise<SearchResult>) {
  const asked: string[] = []
  return {
    asked,
    told: new Evidence({
      store: {
        search,
        patterns: async plan => {
          asked.push(`${plan.startUs} ${plan.endUs}`)
          const { positions, receivedAtUs, explain } = found([])
          const answered = { positions, receivedAtUs, explain, total: 30, found: 1, barUs: 1 }
          return { ...answered, patterns: [PATTERN] }
        },
      },
      rules: { find: async () => null },
      pool: { run: () => assert.fail('no rule is known') },
      publicUrl: () => 'https://logs.example',
    }),
  }
}

const fired = (change: object = {}) => historyEntry(1, { windowEndUs: END_US, ...change })
const found = (logs: string[]): SearchResult => ({
  total: null,
  logs,
  aggregations: { by_level: {}, by_service: {}, histogram: [], interval: 1 },
  next_cursor: null,
  positions: Positions.NONE,
  receivedAtUs: 0,
  explain: {},
})

test('first and last logs are of the window, unusual is what the one before had not', async () => {
  const { told, asked } = evidence(async plan => found(logsOf(plan)))
  const { lines, findings } = await told.of([fired()])
  const timesOf = (rows: readonly Row[]) =>
    rows.map(({ time }) => (Date.parse(time) * 1_000 - (END_US - WINDOW_US)) / 10_000_000)
  assert.deepEqual(timesOf(lines), [29, 28, 27, 26, 25])
  assert.deepEqual(timesOf(findings.first), [0, 1])
  assert.deepEqual(
    findings.unusual.map(({ field, value, share, before }) => [field, value, share, before]),
    [['host', 'web-3', 1, 0]],
  )
  assert.deepEqual(findings.patterns, [{ pattern: 'card <*> declined', count: 30 }])
  assert.deepEqual(asked, [`${END_US - WINDOW_US} ${END_US}`])
  const over = await told.of([fired({ from: 'firing', to: 'ok' })])
  assert.deepEqual([over.lines.length, over.findings.first], [5, []], 'an end has its last logs')
})

test('where the store does not answer it is told all the same', async () => {
  const { told } = evidence(async () => assert.fail('away'))
  const { lines, findings } = await told.of([fired()])
  assert.deepEqual([lines, findings.first, findings.unusual, findings.series], [[], [], [], null])
})

test('all channels are told what one look found, and of many firings each has its turn', async () => {
  let searches = 0
  let open = (): void => undefined
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  const { told, asked } = evidence(async plan => {
    searches++
    await gate
    return found(logsOf(plan))
  })
  const firings = [1, 2, 3, 4, 5, 6].map(id => historyEntry(id, { windowEndUs: END_US }))
  const messages = firings.flatMap(firing => [told.of([firing]), told.of([firing])])
  await new Promise(resolve => void setImmediate(resolve))
  const atOnce = asked.length
  open()
  const heard = await Promise.all(messages)
  assert.ok(heard.every(({ lines, findings }) => lines.length === 5 && findings.first.length === 2))
  assert.deepEqual([atOnce, asked.length], [4, 6])
  assert.equal(searches % 6, 0)
})
