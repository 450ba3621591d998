/** Rules over REST: a save is answered once the rule is evaluated. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryAlertRules } from '#actors/alerts/testing/memory-alerts.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { ADMIN_TOKEN, apiWorld } from './testing/api-world.ts'

test('a save is answered once the rule is evaluated, or nobody seems to', async t => {
  const { call, createProject, clock, deps } = await apiWorld(t, 'node')
  const project = await createProject('shop')
  const rules = deps.alertRules
  assert.ok(rules instanceof MemoryAlertRules)
  // Somebody evaluates rules.
  rules.begun.set('another', 1)
  const save = (name: string) => {
    const answer = { status: 0 }
    const body = { project: project.id, rule: { name, condition: '> 2' } }
    const request = call('POST', '/api/v1/alerts/rules', { token: ADMIN_TOKEN, body })
    void request.then(({ status }) => {
      answer.status = status
    })
    return answer
  }
  const until = async (isSo: () => boolean, passMs = 0): Promise<void> => {
    while (!isSo()) {
      if (passMs > 0) clock.advance(passMs)
      await nextRound()
    }
  }
  const stored = async () => (await rules.list(project.id)).at(-1)
  const first = save('first')
  let rule = await stored()
  for (; rule?.rule.name !== 'first'; rule = await stored()) await nextRound()
  for (let passed = 0; passed < 1_000; passed += 25) {
    clock.advance(25)
    for (let round = 0; round < 5; round++) await nextRound()
  }
  assert.equal(first.status, 0, 'it is not known to anybody yet')
  await rules.noteBegun([rule])
  await until(() => first.status !== 0, 1)
  assert.equal(first.status, 201)
  const second = save('second')
  await until(() => second.status !== 0, 25)
  assert.equal(second.status, 201, 'it is saved all the same')
})

test('of two who change one rule the later one is told, and replaces nothing', async t => {
  const { call, createProject } = await apiWorld(t, 'node')
  const { id: project } = await createProject('shop')
  const ask = (method: string, path: string, body: object) =>
    call(method, `/api/v1/alerts/rules${path}`, { token: ADMIN_TOKEN, body: { project, ...body } })
  const rule = (condition: string) => ({ rule: { name: 'errors', condition } })
  const made = await ask('POST', '', rule('> 1'))
  const { id, version } = made.json as { id: string; version: number }
  const first = await ask('PUT', `/${id}`, { ...rule('> 2'), version })
  assert.equal(first.status, 200)
  const late = await ask('PUT', `/${id}`, { ...rule('> 3'), version })
  assert.deepEqual([late.status, late.json['code']], [409, 'LOGBOY_CONFLICT'])
  const now = await call('GET', `/api/v1/alerts/rules/${id}?project=${project}`, {
    token: ADMIN_TOKEN,
  })
  assert.deepEqual(now.json, first.json)
  assert.equal((await ask('PUT', `/${id}`, rule('> 3'))).status, 200, 'whatever it is by now')
})
