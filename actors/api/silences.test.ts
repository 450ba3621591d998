/** Silences over REST, and alerts that one is about. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Silence } from '#proto/silence.ts'
import { ADMIN_TOKEN, apiWorld } from './testing/api-world.ts'

const HOUR_MS = 3_600_000

test('a silence is made, changed, ended, and told in its states', async t => {
  const { call, createProject, person, join, state, clock, catalog, deps } = await apiWorld(
    t,
    'node',
  )
  const project = await createProject('shop')
  const ada = await person('ada')
  await join(project.id, ada.id, 'editor')
  const body = (change: object = {}) => ({
    project: project.id,
    matchers: [{ label: 'host', op: '=~', value: 'web-.*' }],
    ends_at: 'now+2h',
    ...change,
  })
  const ask = (method: string, path: string, sent?: object, token = ada.token) =>
    call(method, `/api/v1/silences${path}`, {
      token,
      ...(sent === undefined ? {} : { body: sent }),
    })
  const at = `?project=${project.id}`
  const made = await ask('POST', '', body({ comment: ' new disks ' }))
  assert.equal(made.status, 201, made.text)
  const { id, created_by, comment, state: told } = JSON.parse(made.text) as Silence
  assert.deepEqual([created_by, comment, told], [ada.id, 'new disks', 'active'])
  const later = await ask('POST', '', body({ starts_at: 'now+1h' }))
  assert.equal(later.json['state'], 'pending')
  assert.equal(state.alertsChanged, 2, 'whoever tells people looks at once')
  assert.deepEqual((await ask('GET', `/${id}${at}`)).json, made.json)
  const changed = await ask('PUT', `/${id}`, body({ ends_at: 'now+3h' }))
  assert.notEqual(changed.json['ends_at'], made.json['ends_at'])
  assert.deepEqual([made.json['version'], changed.json['version']], [1, 2])
  const late = await ask('PUT', `/${id}`, body({ comment: 'late', version: 1 }))
  assert.deepEqual([late.status, late.json['code']], [409, 'LOGBOY_CONFLICT'])
  assert.match(String(late.json['detail']), /somebody else changed this silence meanwhile/)
  assert.deepEqual((await ask('GET', `/${id}${at}`)).json, changed.json)
  const again = await ask('PUT', `/${id}`, body({ comment: 'on time', version: 2 }))
  assert.deepEqual([again.json['comment'], again.json['version']], ['on time', 3])
  assert.equal((await ask('DELETE', `/${id}${at}`)).status, 204)
  const list = async () =>
    (await ask('GET', at, undefined, ADMIN_TOKEN)).json['silences'] as Silence[]
  assert.deepEqual(
    (await list()).map(({ state: each }) => each),
    ['expired', 'pending'],
  )
  assert.equal((await ask('PUT', `/${id}`, body())).status, 409)
  assert.equal((await ask('DELETE', `/nosuch${at}`)).status, 404)
  const viewer = await person('vic')
  await join(project.id, viewer.id, 'viewer')
  assert.equal((await ask('POST', '', body(), viewer.token)).status, 403)
  assert.equal((await ask('GET', at, undefined, viewer.token)).status, 200)
  clock.advance(HOUR_MS)
  assert.equal((await list())[1]?.state, 'active')
  clock.advance(HOUR_MS)
  assert.equal((await list())[1]?.state, 'expired')
  await deps.audit.flush()
  const entries = await catalog.auditEntries.list({ projectId: project.id, limit: 99 })
  const actions = entries.map(({ action }) => action).filter(name => name.startsWith('silence.'))
  assert.deepEqual(actions.sort(), [
    'silence.create',
    'silence.create',
    'silence.end',
    'silence.update',
    'silence.update',
  ])
})

test('what is wrong with a silence is told by name', async t => {
  const { call, createProject } = await apiWorld(t, 'node')
  const project = await createProject('shop')
  const fault = async (change: object): Promise<string> => {
    const matchers = [{ label: 'host', op: '=', value: 'web-1' }]
    const body = { project: project.id, matchers, ends_at: 'now+2h', ...change }
    const reply = await call('POST', '/api/v1/silences', { token: ADMIN_TOKEN, body })
    assert.equal(reply.status, 400, reply.text)
    return String(reply.json['detail'])
  }
  assert.match(await fault({ matchers: [] }), /^matchers/)
  assert.match(await fault({ matchers: [{ label: 'a', op: '~', value: '' }] }), /matchers\.0\.op/)
  assert.match(await fault({ matchers: [{ label: 'a', op: '=~', value: '(' }] }), /^matchers\.0/)
  assert.match(await fault({ matchers: [{ label: 'a', op: '!=', value: 'b' }] }), /all alerts/)
  assert.match(await fault({ ends_at: 'soon' }), /^ends_at/)
  assert.match(await fault({ ends_at: 'now-1h' }), /^ends_at/)
  assert.match(await fault({ starts_at: 'now+3h' }), /^ends_at/)
  assert.match(await fault({ ends_at: 'now+500d' }), /400 days/)
})

test('an alert that is silenced says by what, and has its state', async t => {
  const { call, createProject, deps } = await apiWorld(t, 'node')
  const project = await createProject('shop')
  const ask = (method: string, path: string, body?: object) =>
    call(method, path, { token: ADMIN_TOKEN, ...(body === undefined ? {} : { body }) })
  const rule = { name: 'errors', condition: '> 1', by: ['host'], labels: { team: 'shop' } }
  const made = await ask('POST', '/api/v1/alerts/rules', { project: project.id, rule })
  const ruleId = String(made.json['id'])
  const group = (id: number, host: string) => ({
    id,
    ruleId,
    key: JSON.stringify([host]),
    status: 'firing' as const,
    value: 2,
    windowEndUs: 1,
    sinceUs: 1,
    acknowledgedBy: null,
    acknowledgedAtUs: null,
    note: null,
  })
  const active = async () => [group(1, 'web-1'), group(2, 'web-2')]
  Object.assign(deps.alertStates, { active })
  const matchers = [
    { label: 'team', op: '=', value: 'shop' },
    { label: 'host', op: '=', value: 'web-2' },
  ]
  const silence = await ask('POST', '/api/v1/silences', {
    project: project.id,
    matchers,
    ends_at: 'now+1h',
  })
  const reply = await ask('GET', `/api/v1/alerts/active?project=${project.id}`)
  const alerts = reply.json['alerts'] as { status: string; silenced_by: string | null }[]
  assert.deepEqual(
    alerts.map(({ status, silenced_by }) => [status, silenced_by]),
    [
      ['firing', null],
      ['firing', silence.json['id']],
    ],
  )
})
