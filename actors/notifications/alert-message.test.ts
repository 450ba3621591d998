import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { Row } from '#proto/api.ts'
import { parseSearch } from '#proto/query.ts'
import { alertMail } from './alert-mail.ts'
import { type AlertMessage, NO_TEMPLATE, plainText, titleOf } from './alert-message.ts'
import { exploreLink, groupQuery } from './explore-link.ts'
import { type AlertFindings, NO_FINDINGS } from './findings.ts'
import { sentText } from './sent-text.ts'
import { seriesBars, seriesCaption } from './series-text.ts'
import { alertmanagerPost } from './shapes/alertmanager.ts'
import { pagerDutyPosts } from './shapes/pagerduty.ts'
import { slackPost } from './shapes/slack.ts'
import { teamsPost } from './shapes/teams.ts'
import { webhookPost } from './shapes/webhook.ts'
import { valueText } from './told-text.ts'

const NOW_US = Date.UTC(2026, 10, 29, 10) * 1_000
const HOSTILE = '<!channel>\r\nBcc: eve@example.org\u0000 `x` *b* [a](http://evil)'

function change(
  part: Partial<HistoryEntry> = {},
  service: string | null = 'payment',
): HistoryEntry {
  return {
    id: 7,
    projectId: 'abcdefghij',
    ruleId: 'rule1',
    key: JSON.stringify([service]),
    from: 'ok',
    to: 'firing',
    value: 25.000001,
    windowEndUs: NOW_US,
    atUs: NOW_US,
    actor: null,
    note: null,
    about: {
      rule: 'too many errors',
      severity: 'critical',
      condition: 'count > 20',
      labels: { team: 'shop', '9-odd name': 'x' },
      group: { service },
      runbook: 'https://runbooks.example.org/errors',
      query: 'level:error',
      window_s: 300,
    },
    ...part,
  }
}

const line = {
  time: '2026-11-29T09:59:59.000Z',
  level: 'ERROR',
  service: 'payment',
  message: HOSTILE,
} as Row

function message(part: Partial<AlertMessage> = {}): AlertMessage {
  return {
    id: 'msg_1',
    project: { id: 'abcdefghij', name: 'shop' },
    changes: [change()],
    lines: [line],
    findings: NO_FINDINGS,
    link: 'https://logs.example.org/explore?project=abcdefghij',
    isRepeatPossible: false,
    isReminder: false,
    template: NO_TEMPLATE,
    actions: null,
    isTest: false,
    isFault: false,
    ...part,
  }
}

test('a text says what, where, how much against what, and where to look', () => {
  assert.equal(titleOf(message()), 'FIRING: too many errors (shop)')
  const [first, ...rest] = plainText(message()).split('\n')
  assert.equal(first, 'service=payment: count > 20, was 25 at 2026-11-29T10:00:00.000Z')
  assert.deepEqual(rest.slice(0, 3), [
    'severity: critical',
    'logs: https://logs.example.org/explore?project=abcdefghij',
    'runbook: https://runbooks.example.org/errors',
  ])
  assert.match(
    titleOf(message({ changes: [change({ to: 'ok' })], isTest: true })),
    /^TEST RESOLVED/,
  )
  assert.match(plainText(message({ isRepeatPossible: true })), /may have been told before/)
})

test('many groups are told as a few and a number, and a missing field is told as such', () => {
  const changes = Array.from({ length: 25 }, (_, n) => change({ id: n }, n === 0 ? null : `s${n}`))
  const lines = plainText(message({ changes })).split('\n')
  assert.match(lines[0] ?? '', /^service=\(none\): /)
  assert.equal(lines[10], 'and 15 more')
})

test('a message of several rules names them, and is as heavy as the heaviest', () => {
  const other = change({ id: 8 }, 'order')
  const about = {
    ...other.about,
    rule: 'slow',
    severity: 'warning',
    runbook: 'https://r.example/slow',
  }
  const mixed = message({ changes: [{ ...other, about }, change()] })
  assert.equal(titleOf(mixed), 'FIRING: 2 alerts of 2 rules (shop)')
  const text = plainText(mixed)
  assert.match(text, /^slow: service=order: count > 20.*\ntoo many errors: service=payment: /)
  assert.match(text, /^severity: critical$/m)
  assert.equal(text.match(/^runbook: /gm)?.length, 2)
  const [slow] = pagerDutyPosts(mixed, { routing_key: 'r' })
  assert.match(slow?.body ?? '', /"summary":"FIRING: slow \(shop\) service=order/)
  assert.match(slackPost(mixed, 'https://x.example.org').body, /#dc2626/)
})

test('a reminder says that it is no news', () => {
  assert.equal(titleOf(message({ isReminder: true })), 'STILL FIRING: too many errors (shop)')
  const secret = `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`
  const { body } = webhookPost(
    message({ isReminder: true }),
    { url: 'https://x.org', secret },
    NOW_US,
  )
  assert.match(body, /^{"type":"alert\.firing".*"reminder":true/)
})

test('control characters in logs and names make no line of their own', () => {
  const text = plainText(message())
  assert.equal(text.split('\n').length, 5)
  assert.doesNotMatch(text, /\r|\p{Cc}(?<!\n)/u)
  const named = change()
  const rule = { ...named, about: { ...named.about, rule: 'a\r\nBcc: eve@example.org' } }
  assert.doesNotMatch(titleOf(message({ changes: [rule] })), /[\r\n]/)
})

test('numbers are told as far as people read them', () => {
  assert.deepEqual([25, 0.1 + 0.2, 1_234_567.8, 1e-9].map(valueText), [
    '25',
    '0.3',
    '1234570',
    '1e-9',
  ])
})

test('a webhook is signed over id, time and body, and the same for every attempt', () => {
  const secret = `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`
  const sent = webhookPost(message(), { url: 'https://example.org/hook', secret }, NOW_US)
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': given } = sent.headers
  assert.deepEqual([id, at], ['msg_1', String(NOW_US / 1_000_000)])
  const expected = createHmac('sha256', 'k'.repeat(32)).update(`${id}.${at}.${sent.body}`)
  assert.equal(given, `v1,${expected.digest('base64')}`)
  const { type, data } = JSON.parse(sent.body) as { type: string; data: Record<string, unknown> }
  assert.equal(type, 'alert.firing')
  assert.deepEqual(data['changes'], [
    {
      id: '7',
      rule_id: 'rule1',
      rule: 'too many errors',
      severity: 'critical',
      group: { service: 'payment' },
      from: 'ok',
      to: 'firing',
      value: 25.000001,
      window_end: '2026-11-29T10:00:00.000Z',
    },
  ])
  assert.deepEqual(data['logs'], [line])
})

test('a log pings nobody in Slack, and is no markup in Teams', () => {
  const slack = slackPost(message(), 'https://hooks.example.org/x').body
  assert.doesNotMatch(slack, /<!channel>/)
  assert.match(slack, /&lt;!channel&gt;/)
  const { attachments } = JSON.parse(slack) as { attachments: { blocks: unknown[] }[] }
  assert.equal(attachments[0]?.blocks.length, 4)
  const teams = JSON.parse(teamsPost(message(), 'https://x.example.org').body) as {
    attachments: { content: { body: { text: string }[] } }[]
  }
  const texts = teams.attachments[0]?.content.body.map(({ text }) => text) ?? []
  assert.ok(texts.some(text => text.includes('\\[a\\]\\(http://evil\\)')))
})

test('texts stay within what Slack takes, code fences closed', () => {
  const long = { ...line, message: '`<'.repeat(1_000) } as Row
  const sent = slackPost(message({ lines: Array<Row>(5).fill(long) }), 'https://x.example.org')
  const { attachments } = JSON.parse(sent.body) as {
    attachments: { blocks: { text: { text: string } }[] }[]
  }
  for (const { text } of attachments[0]?.blocks ?? []) assert.ok(text.text.length <= 3_000)
  const code = attachments[0]?.blocks[2]?.text.text ?? ''
  assert.ok(code.startsWith('```') && code.endsWith('```'))
})

test('PagerDuty knows the end of an incident by the key of its beginning', () => {
  const target = { routing_key: 'r' }
  const events = [change(), change({ to: 'ok' }), change({}, 'order')].flatMap(each =>
    pagerDutyPosts(message({ changes: [each] }), target).map(
      ({ body }) => JSON.parse(body) as { event_action: string; dedup_key: string },
    ),
  )
  assert.deepEqual(
    events.map(({ event_action }) => event_action),
    ['trigger', 'resolve', 'trigger'],
  )
  assert.equal(events[0]?.dedup_key, events[1]?.dedup_key)
  assert.notEqual(events[0]?.dedup_key, events[2]?.dedup_key)
  const keys = ['a', 'b'].map(end => {
    const long = change({ key: JSON.stringify(['/'.repeat(300) + end]) })
    const [sent] = pagerDutyPosts(message({ changes: [long] }), target)
    return (JSON.parse(sent?.body ?? '') as { dedup_key: string }).dedup_key
  })
  assert.notEqual(keys[0], keys[1])
  assert.ok(keys.every(key => key.length <= 255))
})

test('Alertmanager gets one alert a group, its labels the same at beginning and end', () => {
  const [fires, ends] = ['firing', 'ok'].map(to => {
    const sent = alertmanagerPost(
      message({ changes: [change({ to: to as 'firing' | 'ok' })] }),
      'http://am.example.org:9093/base',
      NOW_US,
    )
    assert.equal(sent.url, 'http://am.example.org:9093/base/api/v2/alerts')
    return (JSON.parse(sent.body) as Record<string, unknown>[])[0]
  })
  assert.deepEqual(fires?.['labels'], {
    team: 'shop',
    _9_odd_name: 'x',
    service: 'payment',
    alertname: 'too many errors',
    severity: 'critical',
    project: 'shop',
  })
  assert.deepEqual(ends?.['labels'], fires?.['labels'])
  assert.deepEqual(
    [fires?.['startsAt'], ends?.['endsAt']],
    Array(2).fill('2026-11-29T10:00:00.000Z'),
  )
})

test('a link leads to the logs of the window', () => {
  const link = new URL(
    exploreLink('http://127.0.0.1:4000', {
      projectId: 'abcdefghij',
      query: 'level:error service:"a b"',
      fromUs: NOW_US - 300_000_000,
      toUs: NOW_US,
    }),
  )
  assert.equal(link.pathname, '/explore')
  assert.deepEqual(Object.fromEntries(link.searchParams), {
    project: 'abcdefghij',
    q: 'level:error service:"a b"',
    from: '2026-11-29T09:55:00.000Z',
    to: '2026-11-29T10:00:00.000Z',
  })
})

test('the logs of a group are found by the query of the rule and the values of the group', () => {
  const { about } = change()
  assert.equal(groupQuery(about), '(level:error) service:"payment"')
  assert.equal(groupQuery({ query: '*', group: {} }), '')
  assert.equal(groupQuery({ query: '*', group: { a: null } }), '-a:*')
  assert.equal(groupQuery({ query: null, group: { a: 'b' } }), '')
  const odd = { service: 'a"b\\ OR *', 'http.path': '/x?(y)' }
  const query = groupQuery({ query: 'a OR b', group: odd })
  const parsed = parseSearch(query)
  assert.equal(parsed.type, 'search', query)
  const text = JSON.stringify(parsed)
  for (const value of Object.values(odd)) assert.ok(text.includes(JSON.stringify(value)), query)
})

test('what a channel would be sent is what it is sent', () => {
  const told = message()
  const url = 'https://example.org'
  const posts = {
    slack: slackPost(told, url),
    teams: teamsPost(told, url),
    webhook: webhookPost(told, { url, secret: 'whsec_c2VjcmV0' }, NOW_US),
    alertmanager: alertmanagerPost(told, url, NOW_US),
    pagerduty: pagerDutyPosts(told, { routing_key: 'ROUTING_KEY' })[0],
  } as const
  for (const [kind, post] of Object.entries(posts)) {
    assert.equal(sentText(told, kind as keyof typeof posts, NOW_US), post?.body, kind)
  }
  assert.match(sentText(told, 'slack', NOW_US), /&lt;!channel&gt;/)
  assert.ok(sentText(told, 'teams', NOW_US).includes(String.raw`\\[a\\]`))
  assert.equal(sentText(told, 'email', NOW_US), alertMail(told).html)
})

test('every kind tells how the value came about, and the first logs beside the last', () => {
  const first = { ...line, message: 'the very first' }
  const findings: AlertFindings = {
    first: [first],
    patterns: [{ pattern: 'card <*> declined', count: 18 }],
    unusual: [{ field: 'host', value: 'web-3', share: 0.8, before: 0.25 }],
    series: {
      of: 'count',
      fromUs: NOW_US - 30_000_000,
      stepUs: 10_000_000,
      values: [0, null, 10, 25],
      condition: { operator: '>', threshold: 20 },
    },
  }
  const told = message({ findings })
  const wanted = [
    '▁ ▄█ count, 2026-11-29T09:59:30.000Z to 2026-11-29T10:00:00.000Z: at most 25, threshold 20',
    '18 × card <*> declined',
    'host=web-3 in 80 % of these logs, 25 % before',
    'the very first',
  ]
  const bare = (text: string): string =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('\\', '')
  for (const kind of ['slack', 'teams', 'pagerduty', 'alertmanager'] as const) {
    const sent = bare(sentText(told, kind, NOW_US))
    for (const text of wanted) assert.ok(sent.includes(text), `${kind}: ${text} in ${sent}`)
  }
  for (const text of wanted) assert.ok(plainText(told).includes(text), text)
})

test('of many values the bars are those that come closest to firing', () => {
  const condition = { operator: '<', threshold: 3 } as const
  const values = Array.from({ length: 400 }, (_, n) => (n === 200 ? 0 : 10))
  const series = { of: 'rate', fromUs: NOW_US, stepUs: 1_000_000, values, condition }
  assert.equal(seriesBars(series), `${'█'.repeat(20)}▁${'█'.repeat(19)}`)
  assert.match(seriesCaption(series), /: at least 0, threshold 3$/)
  assert.equal(seriesBars({ ...series, values: [-4, 0, null] }), '▁█ ')
  assert.match(seriesCaption({ ...series, values: [null] }), /: no data, threshold 3$/)
})
