/** Every ready-made rule is a rule, and fires by the code that runs live. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import type { Row } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import { seededRandom } from '#runtime/index.ts'
import { RECENT_SAMPLES_MIN } from './baseline.ts'
import { READY_RULES, readyRules } from './ready-rules.ts'
import { replay } from './replay.ts'

const START_US = 1_795_000_200_000_000
const MINUTE_US = 60_000_000

test('they are kept as people write rules, disabled, each with an id of its own', () => {
  const kept = readyRules(seededRandom(1))
  assert.equal(new Set(kept.map(({ id }) => id)).size, READY_RULES.length)
  for (const { rule } of kept) {
    const parsed = parseAlertRule(rule)
    assert.ok(parsed.type === 'rule' && !parsed.rule.enabled, rule.name)
  }
})

/** Logs of one minute. */
type Minute = (minute: number) => readonly Partial<Row>[]

const times = (count: number, row: Partial<Row>): Partial<Row>[] => Array(count).fill(row)
const calm: Minute = () => times(10, {})
const measured = (value: number): Minute => {
  const attributes = { 'metric.type': 'gauge', 'metric.value': value }
  return () => times(3, { message: 'http.duration', attributes })
}

/** Values of so many quarters of an hour have to be known, and one more that is passed over. */
const WARM_UP_MINUTES = (RECENT_SAMPLES_MIN + 3) * 15
/** What makes it fire, after what does not: which lasts for as long as a window, or it learns. */
const BURSTS: Readonly<Record<string, readonly [before: Minute, after: Minute]>> = {
  'Error spike': [calm, () => [...times(8, {}), ...times(2, { level: 'ERROR' })]],
  'Traffic spike': [calm, () => times(100, {})],
  'Unusual traffic': [calm, () => times(40, {})],
  'Traffic stopped': [calm, () => []],
  'Latency p95': [
    () => times(5, { attributes: { duration_ms: 200 } }),
    () => times(5, { attributes: { duration_ms: 3_000 } }),
  ],
  'New error pattern': [
    () => times(2, { level: 'ERROR', message: 'card declined' }),
    () => times(2, { level: 'ERROR', message: 'no space left on device' }),
  ],
  'Metric threshold': [measured(20), measured(5_000)],
}

for (const text of READY_RULES) {
  test(`${text.name} fires when it should, and not before`, () => {
    const parsed = parseAlertRule(text)
    assert.ok(parsed.type === 'rule')
    const { rule } = parsed
    const burst = BURSTS[text.name]
    assert.ok(burst)
    const [before, after] = burst
    const windowMinutes = rule.windowS / 60
    const isAnomaly = rule.aggregate.fn === 'anomaly'
    const calmMinutes = isAnomaly ? WARM_UP_MINUTES : 2 * windowMinutes + 2
    const minutes = Math.ceil(calmMinutes + windowMinutes + 15)
    const step = windowMinutes > 60 ? 10 : 1
    const rows: string[] = []
    for (let minute = 0; minute < minutes; minute += step) {
      const atUs = START_US + minute * MINUTE_US + 1
      const logs = (minute < calmMinutes ? before : after)(minute)
      rows.push(...logs.map((log, n) => JSON.stringify(rowAt(atUs + n, log))))
    }
    const { changes } = replay({
      rules: [{ id: 'ready', version: 1, updatedAtUs: START_US, rule }],
      state: null,
      rows,
      isMetrics: text.metric !== undefined,
      untilUs: START_US + minutes * MINUTE_US,
      pointUs: null,
    })
    const [first] = changes.filter(({ to }) => to === 'firing')
    assert.ok(first, JSON.stringify(changes))
    const calmUs = START_US + calmMinutes * MINUTE_US
    assert.ok(first.windowEndUs > calmUs, `${first.windowEndUs} ${calmUs}`)
  })
}

function rowAt(atUs: number, change: Partial<Row>): Row {
  return {
    time: formatTime(atUs, 6),
    level: 'INFO',
    service: 'shop',
    host: 'web-1',
    message: 'served',
    trace_id: null,
    span_id: null,
    attributes: {},
    ingested_at: formatTime(atUs, 6),
    file: '',
    pattern_id: null,
    id: String(atUs),
    ...change,
  }
}
