/** What rules and their states must do, in whichever catalog. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { AlertFaults } from '../alert-faults.ts'
import type { AlertRules } from '../alert-rules.ts'
import {
  ALERT_GROUP,
  ALERT_PARTITION,
  type AlertStates,
  type NewStateChange,
} from '../alert-states.ts'
import type { Catalog } from '../catalog.ts'
import type { Checkpoints } from '../checkpoints.ts'
import { NOW_US, newProject } from './people.ts'

export interface AlertCatalog extends Catalog {
  readonly alertRules: AlertRules
  readonly alertStates: AlertStates
  readonly alertFaults: AlertFaults
  readonly checkpoints: Checkpoints
}

/** A group of the first version of a rule begins to fire. */
export function alertChange(
  projectId: string,
  ruleId: string,
  change: Partial<NewStateChange> = {},
): NewStateChange {
  return {
    projectId,
    ruleId,
    version: 1,
    key: '["web-1"]',
    to: 'firing',
    value: 21.5,
    windowEndUs: NOW_US,
    atUs: NOW_US + 1,
    about: {
      rule: 'errors',
      severity: 'critical',
      condition: '> 20',
      labels: { team: 'shop' },
      group: { host: 'web-1' },
      runbook: null,
      query: 'level:error',
      window_s: 300,
    },
    targets: ['log'],
    ...change,
  }
}

export function alertTests(catalog: () => AlertCatalog): void {
  const edit = (projectId: string) => ({ projectId, by: 'ada', atUs: NOW_US })
  const rule = (id: string, name = id) => ({ id, rule: { name, condition: '> 20' } })
  const create = (projectId: string, ...ids: string[]) =>
    catalog().alertRules.create(
      edit(projectId),
      ids.map(id => rule(id)),
      false,
    )
  const names = async (projectId: string) =>
    (await catalog().alertRules.list(projectId)).map(({ id, rule: { name } }) => `${id} ${name}`)
  const history = (projectId: string) =>
    catalog().alertStates.history(projectId, { limit: 10, before: null, ruleId: null })
  const take = (limit = 10, nowUs = NOW_US + 2) =>
    catalog().alertStates.take('log', { nowUs, againAtUs: nowUs + 1_000, limit, inOrder: true })
  /** A rule with its version, and the fence of who evaluates it. */
  const evaluated = async (projectId: string, owner: string) => {
    const claims = await catalog().checkpoints.claim(
      ALERT_GROUP,
      projectId,
      [ALERT_PARTITION],
      owner,
    )
    const [found] = await catalog().alertRules.list(projectId)
    return { fence: claims[0]?.fence ?? 0, ruleId: found?.id ?? '', version: found?.version ?? 0 }
  }

  before(async () => {
    for (const n of [1, 2, 3, 4, 5, 9]) await catalog().createProject(newProject(`alerts000${n}`))
  })

  test('rules are kept as they were written, by name', async () => {
    assert.equal(await create('alerts0001', 'r2', 'r1'), 'done')
    assert.deepEqual(await names('alerts0001'), ['r1 r1', 'r2 r2'])
    assert.equal(await create('alerts0001', 'r3', 'r1'), 'name-taken')
    assert.equal(await create('nosuchproj', 'r9'), 'unknown-project')
    assert.equal((await catalog().alertRules.list('alerts0001')).length, 2)
    const found = await catalog().alertRules.find('alerts0001', 'r1')
    assert.deepEqual([found?.rule, found?.updatedBy], [{ name: 'r1', condition: '> 20' }, 'ada'])
    assert.equal(await catalog().alertRules.find('alerts0002', 'r1'), null)
  })

  test('an import replaces rules of the same name, and every change has a version of its own', async () => {
    const [before] = await catalog().alertRules.list('alerts0001')
    const stamp = (await catalog().alertRules.stamps()).get('alerts0001')
    const rules = [rule('r7', 'r1'), rule('r8')]
    assert.equal(await catalog().alertRules.create(edit('alerts0001'), rules, true), 'done')
    assert.deepEqual(await names('alerts0001'), ['r1 r1', 'r2 r2', 'r8 r8'])
    const [changed] = await catalog().alertRules.list('alerts0001')
    assert.equal(changed?.version, (before?.version ?? 0) + 1)
    assert.notEqual((await catalog().alertRules.stamps()).get('alerts0001'), stamp)
    const update = (id: string, name: string) =>
      catalog().alertRules.update(edit('alerts0001'), rule(id, name))
    assert.equal(await update('r8', 'r9'), 'done')
    assert.equal(await update('r8', 'r2'), 'name-taken')
    assert.equal(await update('r5', 'r5'), 'unknown')
    const [late] = await catalog().alertRules.list('alerts0001')
    assert.ok(late)
    const ofVersion = (version: number) =>
      catalog().alertRules.update(edit('alerts0001'), rule(late.id, 'r1'), version)
    assert.equal(await ofVersion(late.version - 1), 'stale')
    assert.deepEqual(await catalog().alertRules.find('alerts0001', late.id), late)
    assert.equal(await ofVersion(late.version), 'done')
    assert.equal(await catalog().alertRules.delete(edit('alerts0002'), 'r8'), false)
    assert.equal(await catalog().alertRules.delete(edit('alerts0001'), 'r8'), true)
  })

  test('a change is told once: state, history and outbox together, whoever repeats it', async () => {
    await create('alerts0002', 'once')
    const { fence, ruleId, version } = await evaluated('alerts0002', 'p1')
    const change = (to: NewStateChange['to'], windowEndUs: number) =>
      catalog().alertStates.record(
        [alertChange('alerts0002', ruleId, { version, to, windowEndUs })],
        fence,
      )
    assert.equal(await change('ok', NOW_US), 0)
    assert.equal(await change('pending', NOW_US + 1), 1)
    assert.equal(await change('firing', NOW_US + 2), 1)
    // A replay from before comes by all of it again.
    assert.equal(await change('pending', NOW_US + 1), 0)
    assert.equal(await change('firing', NOW_US + 2), 0)
    assert.equal(await change('firing', NOW_US + 3), 0)
    const [state] = await catalog().alertStates.active('alerts0002')
    assert.deepEqual([state?.status, state?.value, state?.key], ['firing', 21.5, '["web-1"]'])
    assert.deepEqual(
      (await history('alerts0002')).map(({ from, to }) => `${from} ${to}`),
      ['pending firing', 'ok pending'],
    )
    assert.deepEqual(
      (await take()).map(({ entry, attempts }) => [entry.to, attempts, entry.about.labels]),
      [
        ['pending', 0, { team: 'shop' }],
        ['firing', 0, { team: 'shop' }],
      ],
    )
    assert.deepEqual(await take(), [], 'somebody has it')
    assert.equal(await change('ok', NOW_US + 3), 1)
    assert.deepEqual(await take(), [], 'the one before it comes first')
    const again = await take(10, NOW_US + 2_000)
    assert.deepEqual(
      again.map(({ entry, attempts }) => `${entry.to} ${attempts}`),
      ['pending 1', 'firing 1', 'ok 0'],
    )
    await catalog().alertStates.settled(
      'log',
      again.map(({ entry }) => entry.id),
    )
    assert.deepEqual(await take(10, NOW_US + 4_000), [])
    assert.deepEqual(await catalog().alertStates.active('alerts0002'), [])
  })

  test('many changes are told in one go, in order; what is known of them is left out', async () => {
    await create('alerts0009', 'many')
    const { fence, ruleId, version } = await evaluated('alerts0009', 'p1')
    const change = (key: string, part: Partial<NewStateChange> = {}) =>
      alertChange('alerts0009', ruleId, { version, key, windowEndUs: NOW_US + 1, ...part })
    const record = (changes: readonly NewStateChange[], by = fence) =>
      catalog().alertStates.record(changes, by)
    assert.equal(await record([change('["b"]')]), 1)
    const last = await catalog().alertStates.newest()
    const many = [
      change('["c"]', { to: 'pending', value: null }),
      change('["b"]'),
      change('["a"]', { value: 3, targets: [] }),
      change('["d"]', { version: version - 1 }),
      change('["e"]', { ruleId: 'gone' }),
    ]
    assert.equal(await record(many, fence - 1), 'fenced')
    assert.equal(await record(many), 2)
    assert.equal(await record(many), 0, 'it may run twice')
    const told = (await history('alerts0009')).toReversed()
    assert.deepEqual(
      told.map(({ id, key, from, to, value }) => [id - last, key, from, to, value]),
      [
        [0, '["b"]', 'ok', 'firing', 21.5],
        [1, '["c"]', 'ok', 'pending', null],
        [2, '["a"]', 'ok', 'firing', 3],
      ],
    )
    const states = await catalog().alertStates.active('alerts0009')
    assert.deepEqual(
      states.map(({ id, key, status }) => `${id - last} ${key} ${status}`).toSorted(),
      ['0 ["b"] firing', '1 ["c"] pending', '2 ["a"] firing'],
    )
    const posted = (await take()).map(({ entry }) => entry)
    assert.deepEqual(
      posted.map(({ key }) => key),
      ['["b"]', '["c"]'],
    )
    await catalog().alertStates.settled(
      'log',
      posted.map(({ id }) => id),
    )
    const over = { to: 'ok', windowEndUs: NOW_US + 2, targets: [] } as const
    assert.equal(await record([change('["a"]', over)]), 1)
    assert.equal(await catalog().alertStates.newest(), last + 3)
  })

  test('a group by a text that SQL cannot keep is told with a sign in its place', async () => {
    const { fence, ruleId, version } = await evaluated('alerts0009', 'p1')
    const odd = alertChange('alerts0009', ruleId, { version, key: '["a\\u0000b"]', targets: [] })
    const about = { ...odd.about, group: { user: 'a\0b', host: 'c\ud800d' } }
    assert.equal(await catalog().alertStates.record([{ ...odd, about }], fence), 1)
    const [told] = await history('alerts0009')
    assert.deepEqual(told?.about.group, { user: 'a\ufffdb', host: 'c\ufffdd' })
  })

  test('who lost the project, and who has an old rule, changes nothing', async () => {
    await create('alerts0003', 'fenced')
    const first = await evaluated('alerts0003', 'p1')
    const second = await evaluated('alerts0003', 'p2')
    const record = (fence: number, version = first.version) =>
      catalog().alertStates.record(
        [alertChange('alerts0003', first.ruleId, { version, windowEndUs: NOW_US + 1 })],
        fence,
      )
    assert.equal(await record(first.fence), 'fenced')
    assert.equal(await record(second.fence, first.version - 1), 0)
    assert.deepEqual(await history('alerts0003'), [])
    assert.equal(await record(second.fence), 1)
  })

  test('what fires can be acknowledged, until it changes', async () => {
    await create('alerts0004', 'seen')
    const { fence, ruleId, version } = await evaluated('alerts0004', 'p1')
    const record = (change: Partial<NewStateChange>) =>
      catalog().alertStates.record(
        [alertChange('alerts0004', ruleId, { version, ...change })],
        fence,
      )
    await record({})
    const [state] = await catalog().alertStates.active('alerts0004')
    const how = { by: 'ada', note: 'looking', atUs: NOW_US + 5 }
    const id = state?.id ?? 0
    assert.equal(await catalog().alertStates.acknowledge('alerts0003', id, how), false)
    assert.equal(await catalog().alertStates.acknowledge('alerts0004', id, how), true)
    const [seen] = await catalog().alertStates.active('alerts0004')
    assert.deepEqual([seen?.acknowledgedBy, seen?.note], ['ada', 'looking'])
    assert.equal(await catalog().alertStates.acknowledge('alerts0004', id, how), true)
    const entries = await history('alerts0004')
    assert.deepEqual(
      entries.map(({ from, to, actor, note }) => [from, to, actor, note]),
      [
        ['firing', 'firing', 'ada', 'looking'],
        ['ok', 'firing', null, null],
      ],
      'a statement that ran twice is one entry',
    )
    const taken = await take(100, NOW_US + 10)
    const settled = taken.map(({ entry }) => entry.id)
    await catalog().alertStates.settled('log', settled)
    const logged = taken.filter(({ entry }) => entry.projectId === 'alerts0004')
    assert.deepEqual(
      logged.map(({ entry }) => entry.actor),
      [null, 'ada'],
    )
    assert.equal(
      await catalog().alertStates.acknowledge('alerts0004', id, { ...how, by: 'bob' }),
      true,
    )
    assert.equal((await history('alerts0004')).length, 3)
    await record({ to: 'ok', windowEndUs: NOW_US + 1 })
    await record({ windowEndUs: NOW_US + 2 })
    assert.equal((await catalog().alertStates.active('alerts0004'))[0]?.acknowledgedBy, null)
  })

  test('a fault of a rule is told once, until the rule or the fault is another one', async () => {
    const { alertFaults: faults, alertRules } = catalog()
    const fault = (message: string, version = 1) => ({ ruleId: 'seen', version, message })
    const take = async (nowUs: number) =>
      (await faults.take({ nowUs, againAtUs: nowUs + 10, limit: 5 })).map(
        ({ message, projectId, rule: { name } }) => `${projectId} ${name}: ${message}`,
      )
    await faults.note(fault('broken'), NOW_US)
    assert.deepEqual(await take(NOW_US - 1), [])
    assert.deepEqual(await take(NOW_US), ['alerts0004 seen: broken'])
    assert.deepEqual(await take(NOW_US + 9), [], 'somebody has it')
    assert.deepEqual(await take(NOW_US + 10), ['alerts0004 seen: broken'])
    await faults.told(fault('broken'))
    await faults.note(fault('broken'), NOW_US)
    await faults.note(fault('of a version that is no more', 7), NOW_US)
    assert.deepEqual(await take(NOW_US + 99), [])
    assert.equal((await alertRules.find('alerts0004', 'seen'))?.fault, 'broken')
    await faults.note(fault('broken elsewhere'), NOW_US)
    await faults.told(fault('broken'))
    assert.deepEqual(await take(NOW_US + 99), ['alerts0004 seen: broken elsewhere'])
    await alertRules.update(edit('alerts0004'), rule('seen'))
    assert.deepEqual(await take(NOW_US + 999), [])
    assert.equal((await alertRules.find('alerts0004', 'seen'))?.fault, null)
  })

  test('whether the rules of a project have begun is known by their versions', async () => {
    const { alertRules } = catalog()
    await catalog().createProject(newProject('alerts0008'))
    assert.equal(await alertRules.hasBegun('alerts0008'), true, 'there is none')
    await create('alerts0008', 'b1', 'b2')
    await alertRules.noteBegun([{ id: 'b1', version: 1 }])
    assert.equal(await alertRules.hasBegun('alerts0008'), false)
    await alertRules.noteBegun([{ id: 'b2', version: 1 }])
    assert.equal(await alertRules.hasBegun('alerts0008'), true)
    await alertRules.update(edit('alerts0008'), rule('b1'))
    await alertRules.noteBegun([{ id: 'b1', version: 1 }])
    assert.equal(await alertRules.hasBegun('alerts0008'), false, 'another version')
    const paused = { id: 'b1', rule: { ...rule('b1').rule, enabled: false } }
    await alertRules.update(edit('alerts0008'), paused)
    assert.equal(await alertRules.hasBegun('alerts0008'), true, 'nobody evaluates it')
  })

  test('how warm an anomaly is is known of the version that is evaluated', async () => {
    const { alertRules } = catalog()
    const warmUp = { samples: 3, needed: 24, groups: 2, warming: 1 }
    const known = async () => (await alertRules.find('alerts0004', 'seen'))?.warmUp
    const { version = 0 } = (await alertRules.find('alerts0004', 'seen')) ?? {}
    assert.equal(await known(), null)
    await alertRules.noteWarmUp('seen', version, warmUp)
    assert.deepEqual(await known(), warmUp)
    await alertRules.update(edit('alerts0004'), rule('seen'))
    await alertRules.noteWarmUp('seen', version, warmUp)
    assert.equal(await known(), null)
  })

  test('rows that a rule did not count are known of the version that is evaluated', async () => {
    const { alertRules } = catalog()
    const known = async () => (await alertRules.find('alerts0004', 'seen'))?.uncounted
    const { version = 0 } = (await alertRules.find('alerts0004', 'seen')) ?? {}
    const uncounted = { late: 12, leftOut: 2 ** 40 }
    const note = { id: 'seen', version, uncounted }
    assert.equal(await known(), null)
    await alertRules.noteUncounted([note, { ...note, id: 'of-nobody' }])
    assert.deepEqual(await known(), uncounted)
    await alertRules.update(edit('alerts0004'), rule('seen'))
    await alertRules.noteUncounted([note])
    assert.equal(await known(), null)
  })

  test('entries behind one are found oldest first, by project', async () => {
    const newest = await catalog().alertStates.newest()
    const all = await catalog().alertStates.since(['alerts0002', 'alerts0004'], 0, 100)
    assert.deepEqual(
      all.map(({ id }) => id),
      all.map(({ id }) => id).toSorted((a, b) => a - b),
    )
    assert.equal(all.at(-1)?.id, newest)
    assert.deepEqual(await catalog().alertStates.since(['alerts0002', 'alerts0004'], newest, 9), [])
    assert.deepEqual(
      await catalog().alertStates.since(['alerts0004'], all.at(-3)?.id ?? 0, 1),
      all.slice(-2, -1),
    )
  })

  test('a rule that changes or goes ends its states, which is told, too', async () => {
    await create('alerts0005', 'gone')
    const { fence, ruleId, version } = await evaluated('alerts0005', 'p1')
    const groups = { '["a"]': 'firing', '["b"]': 'firing', '["c"]': 'pending' } as const
    for (const [key, to] of Object.entries(groups)) {
      const change = alertChange('alerts0005', ruleId, { version, key, to })
      await catalog().alertStates.record([change], fence)
    }
    await catalog().alertRules.update(edit('alerts0005'), rule(ruleId))
    assert.deepEqual(await catalog().alertStates.active('alerts0005'), [])
    const ended = (await history('alerts0005')).slice(0, 3).toReversed()
    assert.deepEqual(
      ended.map(({ key, from, to, actor, note }) => [key, from, to, actor, note]),
      Object.entries(groups).map(([key, from]) => {
        return [key, from, 'ok', 'ada', 'the rule was changed']
      }),
    )
    assert.equal(ended[0]?.about.rule, 'errors')
    const told = (await take(100, NOW_US + 10)).filter(
      ({ entry }) => entry.projectId === 'alerts0005',
    )
    assert.equal(told.length, 6)
    const ids = told.map(({ entry }) => entry.id)
    assert.deepEqual(
      ids,
      ids.toSorted((x, y) => x - y),
    )
    assert.ok((await catalog().alertStates.forget(NOW_US + 1_000)) >= 6)
    assert.deepEqual(await history('alerts0005'), [])
  })
}
