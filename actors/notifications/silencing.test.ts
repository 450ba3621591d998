/** Which alerts a silence is about, and what is refused at the door. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertAbout } from '#actors/catalog/alert-states.ts'
import { newSilence } from '#actors/catalog/testing/silence-tests.ts'
import type { SilenceMatcher } from '#proto/silence.ts'
import { matchersFault, silencing } from './silencing.ts'

const ALERT: Pick<AlertAbout, 'rule' | 'severity' | 'labels' | 'group'> = {
  rule: 'Checkout errors',
  severity: 'critical',
  labels: { team: 'payments', severity: 'of a label' },
  group: { host: 'web-1', zone: null, städte: 'Köln' },
}

/** `label op value` each. */
function matchers(...texts: readonly string[]): SilenceMatcher[] {
  return texts.map(text => {
    const [label = '', op, ...rest] = text.split(' ')
    return { label, op: op as SilenceMatcher['op'], value: rest.join(' ') }
  })
}

function fits(...texts: readonly string[]): boolean {
  return silencing([newSilence('a', { matchers: matchers(...texts) })])(ALERT) !== null
}

test('an alert fits by name, severity, labels and fields, all of them at once', () => {
  assert.ok(fits('alertname = Checkout errors'))
  assert.ok(!fits('alertname = checkout errors'))
  assert.ok(fits('severity = critical'), 'no label takes its place')
  assert.ok(fits('team = payments', 'host != web-2', 'host =~ web-\\d'))
  assert.ok(!fits('team = payments', 'host = web-2'))
  assert.ok(fits('städte =~ K.ln'))
})

test('an expression has to match the whole value, every branch of it', () => {
  assert.ok(!fits('host =~ web'))
  assert.ok(!fits('host =~ eb-1'))
  assert.ok(fits('host =~ db-.*|web-.*'))
  assert.ok(!fits('host =~ web|db'))
  assert.ok(fits('host =~ ^web-1$'))
  assert.ok(!fits('host !~ web-.*'))
  assert.ok(fits('host !~ web'))
})

test('what an alert does not have is the empty text', () => {
  assert.ok(fits('region = '))
  assert.ok(fits('zone = '), 'a group of logs without the field')
  assert.ok(fits('region != eu'))
  assert.ok(fits('region !~ .+'))
  assert.ok(!fits('region =~ .+'))
})

test('the first silence that fits is told', () => {
  const silences = ['web-2', 'web-1', 'web-.'].map((value, i) =>
    newSilence(`s${i}`, { matchers: [{ label: 'host', op: '=~', value }] }),
  )
  assert.equal(silencing(silences)(ALERT)?.id, 's1')
})

test('what cannot be run in bounds, or would silence everything unnoticed, is refused', () => {
  const fault = (...texts: readonly string[]) => matchersFault(matchers(...texts)) ?? ''
  assert.equal(fault('host =~ web-.*', 'team = '), '')
  assert.match(fault('host = a', 'team =~ (a'), /^matchers\.1\.value: /)
  assert.match(fault('host =~ (a{99}){99}'), /^matchers\.0\.value: /)
  assert.match(fault('host =~ (?=a)'), /^matchers\.0\.value: /)
  assert.match(fault('host =~ .*', 'team != a'), /all alerts/)
  assert.equal(fault('alertname =~ .+'), '')
})
