import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Silence } from '#proto/silence.ts'
import { isSilenced, matchersOf, silenceProblems, silenceWish } from './silence-form.ts'

const ALERT = {
  rule: 'Errors',
  severity: 'critical',
  group: { host: 'web-1', zone: null },
} as const
const TEXTS = { starts: 'now', starts_at: '', ends: 'now+2h', ends_at: '', comment: ' disks ' }

test('the matchers of an alert fit it, and none beside it', () => {
  const matchers = matchersOf(ALERT)
  assert.deepEqual(matchers, [
    { label: 'alertname', op: '=', value: 'Errors' },
    { label: 'host', op: '=', value: 'web-1' },
    { label: 'zone', op: '=', value: '' },
  ])
  assert.equal(isSilenced(ALERT, {}, matchers), true)
  assert.equal(isSilenced({ ...ALERT, group: { host: 'web-2' } }, {}, matchers), false)
})

test('every operator looks at the whole value, of labels, too', () => {
  const fits = (label: string, op: '=' | '!=' | '=~' | '!~', value: string): boolean =>
    isSilenced(ALERT, { team: 'shop' }, [{ label, op, value }])
  assert.deepEqual(
    [fits('team', '=', 'shop'), fits('team', '!=', 'shop'), fits('other', '=', '')],
    [true, false, true],
  )
  assert.deepEqual(
    [fits('host', '=~', 'web-.*'), fits('host', '=~', 'web'), fits('host', '!~', 'web')],
    [true, false, true],
  )
})

test('what is wrong is told, and a silence that is changed keeps its times', () => {
  assert.deepEqual(Object.keys(silenceProblems([], { ...TEXTS, ends: 'moment' })), [
    'matchers',
    'ends_at',
  ])
  assert.deepEqual(silenceProblems([{ label: 'a', op: '=~', value: '(' }], TEXTS), {
    matchers: '( is no expression',
  })
  assert.deepEqual(silenceWish(matchersOf(ALERT), TEXTS, null).ends_at, 'now+2h')
  const before: Silence = {
    id: 's',
    matchers: [],
    starts_at: '2026-11-29T10:00:00Z',
    ends_at: '2026-11-29T12:00:00Z',
    comment: '',
    created_by: 'ada',
    created_at: '2026-11-29T10:00:00Z',
    version: 1,
    state: 'active',
  }
  assert.deepEqual(silenceWish([], { ...TEXTS, starts: 'keep', ends: 'keep' }, before), {
    matchers: [],
    starts_at: before.starts_at,
    ends_at: before.ends_at,
    comment: 'disks',
  })
})
