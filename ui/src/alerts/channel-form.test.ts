import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertChannel } from '#proto/alert-channel.ts'
import {
  channelAbout,
  channelProblems,
  channelSettings,
  channelTexts,
  withoutSettings,
} from './channel-form.ts'
import { pacingWords } from './channel-pacing-form.ts'

const CHANNEL: AlertChannel = {
  id: 'c',
  kind: 'webhook',
  target: 'example.org',
  name: 'ops',
  enabled: false,
  severity: 'critical',
  labels: { team: 'shop', note: 'a=b' },
  pacing: { group_by: ['team', 'host'], wait: '30s', interval: '0s', repeat: '4h', cooldown: '0s' },
  template: { title: '{{rule}}', body: '{{#each changes}}\n{{value}}{{/each}}' },
  created_at: '2026-11-29T10:00:00Z',
  updated_at: '2026-11-29T10:00:00Z',
  version: 1,
}

test('a channel comes out of the form as it went in, and its settings stay', () => {
  const texts = channelTexts(CHANNEL)
  const { name, enabled, severity, labels, pacing, template } = CHANNEL
  assert.deepEqual(channelAbout(texts), { name, enabled, severity, labels, pacing, template })
  assert.equal(channelSettings(texts), null)
  assert.deepEqual(channelProblems(texts, false), {})
})

test('each kind asks for its own', () => {
  const empty = { ...channelTexts(null), name: 'x' }
  assert.deepEqual(channelSettings({ ...empty, kind: 'email', to: 'a@b.org, c@d.org\n' }), {
    kind: 'email',
    to: ['a@b.org', 'c@d.org'],
  })
  assert.deepEqual(channelSettings({ ...empty, kind: 'pagerduty', routing_key: ' k ' }), {
    kind: 'pagerduty',
    routing_key: 'k',
  })
  assert.deepEqual(Object.keys(channelProblems(empty, true)), ['url'])
  assert.deepEqual(Object.keys(channelProblems({ ...empty, kind: 'email' }, true)), ['to'])
  // A new secret needs its address, too: settings are changed as a whole.
  assert.deepEqual(Object.keys(channelProblems({ ...empty, secret: 's' }, false)), ['url'])
  assert.deepEqual(Object.keys(channelProblems({ ...empty, url: 'example.org' }, true)), ['url'])
})

test('what the server says of settings is about their field', () => {
  assert.equal(withoutSettings('settings.to.0: no address'), 'to: no address')
  assert.equal(withoutSettings('name: too long'), 'name: too long')
})

test('what is wrong with times and labels is said at their field', () => {
  const texts = { ...channelTexts(CHANNEL), wait: 'soon', repeat: '5s', group_by: ' , ' }
  const { wait, repeat, group_by } = channelProblems(texts, false)
  assert.match(wait ?? '', /from 0s to 1h/)
  assert.match(repeat ?? '', /0s \(off\), or 1m/)
  assert.match(group_by ?? '', /one to 10 labels/)
})

test('a pacing is told by what is unusual in it', () => {
  assert.deepEqual(pacingWords(CHANNEL.pacing), ['by team, host', 'waits 30s', 'again every 4h'])
  assert.deepEqual(pacingWords(channelAbout(channelTexts(null)).pacing), [])
  for (const group_by of [[], ['...'], ['alertname'], ['alertname', 'host']]) {
    const pacing = { ...CHANNEL.pacing, group_by }
    assert.deepEqual(channelAbout(channelTexts({ ...CHANNEL, pacing })).pacing, pacing)
  }
})
