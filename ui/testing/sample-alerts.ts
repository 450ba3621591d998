/** Rules, alerts and their history to look at, for the pages that show them. */
import type { AlertChannel, AlertDelivery } from '#proto/alert-channel.ts'
import { PACING_DEFAULTS, printPacing } from '#proto/channel-pacing.ts'
import type { Silence } from '#proto/silence.ts'
import type { ActiveAlert, AlertChange, AlertStatus } from '../src/api/alerts.ts'
import { storedRule } from './fake-alerts.ts'
import type { FakeServer } from './fake-server.ts'

const AT = '2026-11-20T10:00:00.000Z'
const RULES = [
  storedRule('checkout', {
    name: 'Checkout errors',
    query: 'service:payment-service level:error',
    window: '5m',
    condition: '> 20',
    by: ['host'],
    keep_firing_for: '5m',
    severity: 'critical',
    labels: { team: 'payments' },
    runbook: 'https://wiki.example/checkout',
  }),
  storedRule('slow', {
    name: 'Slow payments',
    query: 'service:payment-service',
    aggregate: 'p95(duration_ms)',
    condition: '> 800',
    for: '2m',
  }),
  {
    ...storedRule('silent', {
      name: 'Mailer is silent',
      query: 'service:mailer',
      aggregate: 'absence',
    }),
    uncounted: { late: 1_204, left_out: 0 },
  },
  storedRule('patterns', {
    name: 'New kinds of errors',
    query: 'level:error',
    aggregate: 'new_pattern',
    severity: 'info',
  }),
  storedRule('queue', {
    name: 'Queue grows',
    metric: 'queue.depth',
    aggregate: 'max',
    condition: '> 1000',
    enabled: false,
  }),
  storedRule(
    'old',
    { name: 'Gateway timeouts', query: 'service:(', condition: '> 5' },
    'query: a group was never closed, expected )',
  ),
]

/** Fills a project as it is on a bad day. */
export function fillAlerts({ alerts, channels }: Pick<FakeServer, 'alerts' | 'channels'>): void {
  channels.channels.push(...CHANNELS)
  channels.deliveries.push(...deliveries())
  channels.silences.push(...silences())
  alerts.rules.splice(0, alerts.rules.length, ...RULES)
  alerts.active.push(...actives())
  alerts.history.push(...changes())
}

function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString()
}

function actives(): readonly ActiveAlert[] {
  const quiet = { silenced_by: null, acknowledged_by: null, acknowledged_at: null, note: null }
  const checkout = { rule_id: 'checkout', rule: 'Checkout errors', severity: 'critical' } as const
  const seen = {
    silenced_by: null,
    acknowledged_by: 'administrator',
    acknowledged_at: ago(9),
    note: 'Rolling back 4.2',
  }
  return [
    {
      id: 1,
      ...checkout,
      group: { host: 'web-1' },
      status: 'firing',
      value: 64,
      since: ago(4),
      window_end: ago(0),
      ...quiet,
    },
    {
      id: 2,
      ...checkout,
      group: { host: 'web-2' },
      status: 'firing',
      value: 31,
      since: ago(14),
      window_end: ago(0),
      ...seen,
    },
    {
      id: 3,
      rule_id: 'slow',
      rule: 'Slow payments',
      severity: 'warning',
      group: {},
      status: 'pending',
      value: 913.4,
      since: ago(1),
      window_end: ago(0),
      ...quiet,
    },
    {
      id: 4,
      rule_id: 'silent',
      rule: 'Mailer is silent',
      severity: 'warning',
      group: {},
      status: 'no_data',
      value: null,
      since: ago(50),
      window_end: ago(0),
      ...quiet,
    },
  ]
}

/** Newest first. */
function changes(): readonly AlertChange[] {
  const checkout = {
    rule_id: 'checkout',
    rule: 'Checkout errors',
    severity: 'critical',
    condition: 'count > 20',
  } as const
  const slow = {
    rule_id: 'slow',
    rule: 'Slow payments',
    severity: 'warning',
    condition: 'p95(duration_ms) > 800',
  } as const
  const told = (
    id: number,
    minutes: number,
    from: AlertStatus,
    to: AlertStatus,
    value: number | null,
    actor: string | null = null,
    note: string | null = null,
  ) => ({ id, at: ago(minutes), window_end: ago(minutes), from, to, value, actor, note })
  const group = { host: 'web-1' }
  return [
    { ...slow, group: {}, ...told(130, 1, 'ok', 'pending', 913.4) },
    { ...checkout, group, ...told(129, 4, 'ok', 'firing', 64) },
    {
      ...checkout,
      group: { host: 'web-2' },
      ...told(128, 9, 'firing', 'firing', 31, 'administrator', 'Rolling back 4.2'),
    },
    { ...checkout, group: { host: 'web-2' }, ...told(127, 14, 'ok', 'firing', 31) },
    ...Array.from({ length: 110 }, (_, at): AlertChange => {
      const isOver = at % 2 === 0
      return {
        ...checkout,
        group,
        ...told(
          126 - at,
          900 + at * 47,
          isOver ? 'firing' : 'ok',
          isOver ? 'ok' : 'firing',
          isOver ? 3 : 22 + at,
        ),
      }
    }),
  ]
}

const PACING = printPacing(PACING_DEFAULTS)
const TEMPLATE = { title: '', body: '' }
const ABOUT = {
  enabled: true,
  pacing: PACING,
  template: TEMPLATE,
  created_at: AT,
  updated_at: AT,
  version: 1,
} as const
const CHANNELS: readonly AlertChannel[] = [
  {
    ...ABOUT,
    id: 'oncall',
    kind: 'pagerduty',
    target: 'events.pagerduty.com',
    name: 'on-call',
    severity: 'critical',
    labels: {},
  },
  {
    ...ABOUT,
    id: 'broken',
    kind: 'slack',
    target: 'hooks.slack.com',
    name: 'payments in Slack',
    severity: 'info',
    labels: { team: 'payments' },
  },
  {
    ...ABOUT,
    id: 'mail',
    kind: 'email',
    target: 'ops@example.org, night@example.org',
    pacing: { ...PACING, group_by: [], wait: '30s', repeat: '4h' },
    name: 'mail to everybody',
    severity: 'warning',
    labels: {},
    enabled: false,
  },
]

function deliveries(): readonly AlertDelivery[] {
  const told = { changes: ['129'], possibly_repeated: false, reminder: false }
  return [
    {
      ...told,
      id: 'd3',
      at: ago(3),
      attempt: 2,
      outcome: 'delivered',
      status: 202,
      answer: '',
      took_ms: 131,
    },
    {
      ...told,
      id: 'd2',
      at: ago(4),
      attempt: 1,
      outcome: 'unknown',
      status: null,
      answer: 'no answer within 10 s',
      took_ms: 10_000,
      possibly_repeated: true,
    },
    {
      ...told,
      id: 'd1',
      at: ago(900),
      attempt: 1,
      outcome: 'failed',
      status: 500,
      answer: 'internal error',
      took_ms: 92,
    },
    {
      ...told,
      id: 'd0',
      at: ago(2_000),
      attempt: 9,
      outcome: 'given_up',
      status: 503,
      answer: 'down for maintenance',
      took_ms: 40,
    },
  ]
}

function silences(): readonly Silence[] {
  const made = { created_by: 'administrator', created_at: ago(20), version: 1 }
  return [
    {
      ...made,
      id: 'disks',
      matchers: [{ label: 'host', op: '=~', value: 'db-.*' }],
      starts_at: ago(20),
      ends_at: ago(-100),
      comment: 'New disks',
      state: 'active',
    },
    {
      ...made,
      id: 'night',
      matchers: [
        { label: 'alertname', op: '=', value: 'Mailer is silent' },
        { label: 'severity', op: '!=', value: 'critical' },
      ],
      starts_at: ago(-600),
      ends_at: ago(-1000),
      comment: 'The mailer moves tonight',
      state: 'pending',
    },
  ]
}
