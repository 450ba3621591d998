import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActiveAlert } from '../api/alerts.ts'
import { alertsText, groupText, logsOf, orderAlerts } from './alert-model.ts'

const SINCE = '2026-11-29T10:00:00.000Z'
const alert = (id: number, parts: Partial<ActiveAlert> = {}): ActiveAlert => ({
  id,
  rule_id: 'r',
  rule: 'Errors',
  severity: 'warning',
  group: {},
  status: 'firing',
  value: 1,
  since: SINCE,
  window_end: '2026-11-29T10:02:00.000Z',
  silenced_by: null,
  acknowledged_by: null,
  acknowledged_at: null,
  note: null,
  ...parts,
})

test('what fires stands first, the worst of it before the rest, and long ones before new ones', () => {
  const alerts = [
    alert(1, { status: 'pending', severity: 'critical' }),
    alert(2),
    alert(3, { severity: 'critical' }),
    alert(4, { since: '2026-11-29T09:00:00.000Z' }),
    alert(5, { status: 'ok' }),
  ]
  assert.deepEqual(
    orderAlerts(alerts).map(({ id }) => id),
    [3, 4, 2, 1],
  )
  assert.equal(alertsText(alerts), '3 firing, 1 pending')
  assert.equal(alertsText([]), '')
})

test('an alert leads to the logs of its group, from the window that it began with', () => {
  const grouped = alert(1, { group: { host: 'web-1', zone: null } })
  assert.equal(groupText(grouped), 'host web-1, zone (none)')
  assert.deepEqual(logsOf(grouped, { query: 'a OR b', window: '10m' }), {
    query: 'a OR b',
    terms: ['host:web-1', '-zone:*'],
    interval: { fromMs: Date.parse(SINCE) - 600_000, toMs: Date.parse(SINCE) + 180_000 },
  })
})

test('a metric has no logs of its own, but those of its service', () => {
  const grouped = alert(1, { group: { path: '/a', service: 'cart' } })
  const { query, terms } = logsOf(grouped, { query: 'path:x', metric: 'http.duration' })
  assert.deepEqual([query, terms], ['', ['service:cart']])
})
