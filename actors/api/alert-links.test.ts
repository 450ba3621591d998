/** Links of messages: to look changes nothing, the button acts once, and nobody can make one. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { StoredState } from '#actors/catalog/alert-states.ts'
import { AlertLinks } from '#actors/notifications/alert-links.ts'
import { historyEntry } from '#actors/tail/testing/history-entry.ts'
import { apiWorld } from './testing/api-world.ts'

const DAY_MS = 86_400_000

async function world(t: TestContext) {
  const api = await apiWorld(t, 'node')
  const { deps, history, clock } = api
  const project = await api.createProject('shop')
  const about = { ...historyEntry(1).about, rule: 'a <b>bold</b> rule' }
  const base = { projectId: project.id, atUs: clock.nowUs(), windowEndUs: clock.nowUs(), about }
  const entries = [historyEntry(7, base), historyEntry(8, { ...base, key: '["web-2"]' })]
  history.push(...entries)
  const active: StoredState[] = entries.map(({ ruleId, key, windowEndUs }, i) => ({
    id: i + 1,
    ruleId,
    key,
    status: 'firing',
    value: 21,
    windowEndUs,
    sinceUs: windowEndUs,
    acknowledgedBy: null,
    acknowledgedAtUs: null,
    note: null,
  }))
  const seen: string[] = []
  Object.assign(deps.alertStates, {
    active: async () => active,
    acknowledge: async (_: string, id: number, how: { by: string }) => {
      seen.push(`${id} by ${how.by}`)
      return true
    },
  })
  assert.ok(deps.alertLinks instanceof AlertLinks)
  const links = deps.alertLinks
  const actions = (...ids: readonly number[]) => {
    const made = links.of(
      entries.filter(({ id }) => ids.includes(id)),
      'channel1',
    )
    assert.ok(made)
    return made
  }
  const ask = (method: string, address: string, query = '') =>
    api.call(method, new URL(address).pathname + query)
  const silences = () => deps.silences.list(project.id, clock.nowUs())
  return { ...api, project, active, seen, links, entries, actions, ask, silences }
}

test('to look at a link changes nothing, its button acknowledges what was told', async t => {
  const { actions, ask, seen, active, catalog, project, state } = await world(t)
  const { acknowledge } = actions(7, 8)
  assert.match(acknowledge, /^https:\/\/logs\.example\//)
  const looked = await ask('GET', acknowledge)
  assert.equal(looked.status, 200)
  assert.match(looked.text, /Acknowledge: a &lt;b&gt;bold&lt;\/b&gt; rule/)
  assert.match(looked.text, /host=web-1: count &gt; 20/)
  assert.match(looked.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  assert.equal(looked.headers.get('referrer-policy'), 'no-referrer')
  assert.deepEqual([seen, state.alertsChanged], [[], 0])
  assert.equal((await ask('POST', acknowledge)).status, 200)
  assert.deepEqual(seen, ['1 by link of channel channel1', '2 by link of channel channel1'])
  assert.equal(state.alertsChanged, 1)
  const entries = await catalog.auditEntries.list({ projectId: project.id, limit: 9 })
  const [noted] = entries.filter(({ action }) => action === 'alert.acknowledge')
  assert.deepEqual([noted?.actor, noted?.detail], ['link of channel channel1', { changes: [7, 8] }])
  const began = active[0]
  active.splice(0, 2, { ...(began as StoredState), windowEndUs: (began?.windowEndUs ?? 0) + 1 })
  assert.equal((await ask('POST', acknowledge)).status, 409, 'it began anew, and is told anew')
  assert.equal(seen.length, 2)
})

test('a silence is of the group that was told, or of the rule where there were several', async t => {
  const { actions, ask, silences, clock } = await world(t)
  const { silence } = actions(7)
  assert.match((await ask('GET', silence)).text, /action="\?hours=4"/)
  assert.deepEqual(await silences(), [])
  assert.equal((await ask('POST', silence, '?hours=4')).status, 200)
  const [one] = await silences()
  assert.deepEqual(
    one?.matchers.map(({ label, op, value }) => `${label} ${op} ${value}`),
    ['alertname = a <b>bold</b> rule', 'host = web-1'],
  )
  assert.equal(one?.endsAtUs, clock.nowUs() + 4 * 3_600_000_000)
  assert.equal((await ask('POST', silence, '?hours=25')).status, 400)
  await ask('POST', actions(7, 8).silence)
  const [, rule] = await silences()
  assert.deepEqual(rule?.matchers.length, 1)
})

test('a link is good for its purpose and changes, as it was made, until it expires', async t => {
  const { actions, ask, seen, links, entries, clock, silences } = await world(t)
  const { acknowledge, silence } = actions(7)
  const other = acknowledge.replace('/acknowledge.', '/silence.')
  assert.notEqual(other, acknowledge)
  for (const bad of [other, acknowledge.slice(0, -1), acknowledge.replace('.7.', '.8.')]) {
    assert.equal((await ask('GET', bad)).status, 404, bad)
    assert.equal((await ask('POST', bad)).status, 404, bad)
  }
  const foreign = new AlertLinks([Buffer.alloc(32, 9)], () => 'https://logs.example')
  const forged = foreign.of(entries, 'channel1')?.acknowledge ?? assert.fail()
  assert.equal((await ask('POST', forged)).status, 404)
  assert.deepEqual([seen, await silences()], [[], []])
  assert.deepEqual(links.of(entries, 'channel1'), links.of(entries, 'channel1'))
  assert.equal(links.of([historyEntry(9, { to: 'ok' })], 'channel1'), null)
  clock.advance(7 * DAY_MS)
  assert.equal((await ask('GET', silence)).status, 404)
  assert.equal((await ask('POST', acknowledge)).status, 404)
})
