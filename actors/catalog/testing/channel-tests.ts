/** What channels and their outbox must do, in whichever catalog. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { PACING_DEFAULTS } from '#proto/channel-pacing.ts'
import { ALERT_CHANNELS_MAX } from '#proto/limits.ts'
import type { AlertChannels, ChannelDelivery, StoredChannel } from '../alert-channels.ts'
import { ALERT_GROUP, ALERT_PARTITION, type NewStateChange } from '../alert-states.ts'
import type { ChannelOutbox } from '../channel-outbox.ts'
import { type AlertCatalog, alertChange } from './alert-tests.ts'
import { NOW_US, newProject } from './people.ts'

export interface ChannelCatalog extends AlertCatalog {
  readonly alertChannels: AlertChannels
  readonly channelOutbox: ChannelOutbox
}

export function newChannel(id: string, change: Partial<StoredChannel> = {}): StoredChannel {
  return {
    id,
    projectId: 'channels01',
    name: id,
    kind: 'webhook',
    target: 'example.org',
    sealed: Buffer.from([0, 1, 255]),
    enabled: true,
    severity: 'info',
    labels: {},
    pacing: PACING_DEFAULTS,
    template: { title: '', body: '' },
    createdAtUs: NOW_US,
    updatedAtUs: NOW_US,
    version: 1,
    ...change,
  }
}

export function newDelivery(
  channelId: string,
  changes: readonly number[],
  change: Partial<ChannelDelivery> = {},
): ChannelDelivery {
  return {
    id: `${channelId}-1`,
    channelId,
    atUs: NOW_US,
    attempt: 1,
    outcome: 'failed',
    status: 500,
    answer: 'no',
    tookMs: 12,
    changes,
    isRepeatPossible: false,
    isReminder: false,
    ...change,
  }
}

/** A rule of the project, and the fence of who evaluates it. */
export async function evaluatedRule(
  { alertRules, checkpoints }: ChannelCatalog,
  projectId: string,
) {
  const edit = { projectId, by: 'ada', atUs: NOW_US }
  const rule = { id: `rule-${projectId}`, rule: { name: 'errors', condition: '> 20' } }
  await alertRules.create(edit, [rule], false)
  const [claim] = await checkpoints.claim(ALERT_GROUP, projectId, [ALERT_PARTITION], 'p1')
  return { ruleId: rule.id, fence: claim?.fence ?? 0 }
}

export function channelTests(catalog: () => ChannelCatalog): void {
  const channels = () => catalog().alertChannels
  const outbox = () => catalog().channelOutbox
  const take = (nowUs: number, limit = 10) =>
    outbox().take({ nowUs, againAtUs: nowUs + 1_000, limit })
  const told = async (nowUs: number) =>
    (await take(nowUs)).map(({ channel, entry, attempts, failures }) => [
      channel.id,
      entry.to,
      attempts,
      failures,
    ])
  /** Tells what a rule of the project says. */
  const evaluated = async (projectId: string) => {
    const { fence } = await evaluatedRule(catalog(), projectId)
    const [stored] = await catalog().alertRules.list(projectId)
    let windowEndUs = NOW_US
    return async (to: NewStateChange['to'], change: Partial<NewStateChange> = {}) => {
      const ruleId = stored?.id ?? ''
      const version = stored?.version ?? 0
      const next = { version, to, windowEndUs: ++windowEndUs, atUs: NOW_US }
      const made = alertChange(projectId, ruleId, { ...next, targets: [], ...change })
      assert.equal(await catalog().alertStates.record([made], fence), 1)
    }
  }

  before(async () => {
    for (const n of [1, 2, 3, 4, 5, 6, 7]) {
      await catalog().createProject(newProject(`channels0${n}`))
    }
  })

  test('channels are kept as they are, by name, each in its project', async () => {
    assert.equal(await channels().create(newChannel('b', { labels: { team: "o'shop" } })), 'done')
    assert.equal(await channels().create(newChannel('a', { severity: 'critical' })), 'done')
    assert.equal(await channels().create(newChannel('c', { name: 'a' })), 'name-taken')
    const absent = { projectId: 'nosuchproj' }
    assert.equal(await channels().create(newChannel('d', absent)), 'unknown-project')
    const found = await channels().list('channels01')
    assert.deepEqual(
      found.map(each => ({ ...each, sealed: Buffer.from(each.sealed) })),
      [newChannel('a', { severity: 'critical' }), newChannel('b', { labels: { team: "o'shop" } })],
    )
    assert.equal(await channels().find('channels02', 'a'), null)
    const template = { title: "{{rule}}'s", body: '{{count}}' }
    const changed = newChannel('a', {
      name: 'z',
      enabled: false,
      updatedAtUs: NOW_US + 5,
      template,
    })
    assert.equal(await channels().update(changed), 'done')
    assert.equal(await channels().update({ ...changed, name: 'b' }), 'name-taken')
    assert.equal(await channels().update({ ...changed, projectId: 'channels02' }), 'unknown')
    const kept = await channels().find('channels01', 'a')
    assert.deepEqual([kept?.name, kept?.template, kept?.version], ['z', template, 2])
    assert.equal(await channels().update({ ...changed, name: 'late' }, 1), 'stale')
    assert.deepEqual(await channels().find('channels01', 'a'), kept)
    assert.equal(await channels().update({ ...changed, name: 'y' }, 2), 'done')
    assert.equal(await channels().delete('channels02', 'a'), false)
    assert.equal(await channels().delete('channels01', 'a'), true)
    assert.equal(await channels().find('channels01', 'a'), null)
  })

  test('a project has no more channels than it may', async () => {
    const projectId = 'channels02'
    for (let n = 0; n < ALERT_CHANNELS_MAX; n++) {
      assert.equal(await channels().create(newChannel(`many${n}`, { projectId })), 'done')
    }
    assert.equal(await channels().create(newChannel('more', { projectId })), 'too-many')
  })

  test('a firing is due to the channels of its project that its severity and labels fit', async () => {
    const projectId = 'channels03'
    const make = (id: string, change: Partial<StoredChannel>) =>
      channels().create(newChannel(id, { projectId, ...change }))
    await make('all', {})
    await make('weight', { severity: 'critical' })
    await make('team', { labels: { team: 'shop' } })
    await make('others', { labels: { team: 'pay' } })
    await make('off', { enabled: false })
    const tell = await evaluated(projectId)
    await tell('pending')
    assert.deepEqual(await told(NOW_US), [], 'nobody hears of what only waits')
    await tell('firing')
    const found = await take(NOW_US)
    assert.deepEqual(found.map(({ channel }) => channel.id).sort(), ['all', 'team', 'weight'])
    assert.equal(found[0]?.projectName, newProject(projectId).name)
    assert.deepEqual(await told(NOW_US), [], 'nobody else gets it meanwhile')
    assert.deepEqual(
      (await told(NOW_US + 1_000)).map(([, , attempts, failures]) => [attempts, failures]),
      Array(3).fill([1, 0]),
      'whoever took it died',
    )
    await tell('ok', { key: '["web-2"]' }).catch(() => undefined)
    const { about } = alertChange(projectId, '')
    await tell('firing', { key: '["web-3"]', about: { ...about, severity: 'warning', labels: {} } })
    assert.deepEqual(
      (await take(NOW_US)).map(({ channel }) => channel.id),
      ['all'],
    )
  })

  test('of one group the end is told after the beginning, and what failed is due later', async () => {
    const projectId = 'channels04'
    await channels().create(newChannel('order', { projectId }))
    const tell = await evaluated(projectId)
    await tell('firing')
    await tell('ok')
    const [first, ...rest] = await take(NOW_US)
    assert.equal(rest.length, 0)
    assert.equal(first?.entry.to, 'firing')
    const changes = [first?.entry.id ?? 0]
    await outbox().attempted(newDelivery('order', changes), NOW_US + 500)
    assert.deepEqual(await told(NOW_US + 499), [])
    assert.deepEqual(await told(NOW_US + 500), [['order', 'firing', 1, 1]])
    const delivered = { id: 'order-2', attempt: 2, outcome: 'delivered', status: 200 } as const
    await outbox().attempted(newDelivery('order', changes, delivered), null)
    await outbox().attempted(newDelivery('order', changes, delivered), null)
    assert.deepEqual(await told(NOW_US + 500), [['order', 'ok', 0, 0]])
    const asked = { before: null, limit: 10 }
    const kept = await channels().deliveries('order', asked)
    assert.deepEqual(kept, [
      newDelivery('order', changes, delivered),
      newDelivery('order', changes),
    ])
    assert.deepEqual(
      (await channels().deliveries('order', { ...asked, before: 'order-2' })).map(({ id }) => id),
      ['order-1'],
    )
    assert.equal(await channels().forgetDeliveries(NOW_US), 0)
    assert.equal(await channels().forgetDeliveries(NOW_US + 1), 2)
  })

  test('what was given up is told again when somebody asks, and nothing else is', async () => {
    const projectId = 'channels07'
    await channels().create(newChannel('again', { projectId }))
    const tell = await evaluated(projectId)
    await tell('firing')
    const [first] = await take(NOW_US)
    const changes = [first?.entry.id ?? 0]
    const asked = (delivery: string) => channels().tellAgain('again', delivery, NOW_US + 9)
    await outbox().attempted(newDelivery('again', changes), NOW_US)
    assert.equal(await asked('again-1'), 'other', 'it is still tried')
    const last = { id: 'again-2', attempt: 2, outcome: 'given_up' } as const
    await outbox().attempted(newDelivery('again', changes, last), null)
    assert.deepEqual(await told(NOW_US + 9), [])
    assert.equal(await channels().tellAgain('other', 'again-2', NOW_US), 'unknown', 'not its own')
    assert.equal(await asked('again-2'), 'done')
    assert.equal(await asked('again-2'), 'done', 'it may be asked twice')
    assert.deepEqual(await told(NOW_US + 9), [['again', 'firing', 0, 0]])
    const silent = { id: 'again-3', outcome: 'given_up', status: null } as const
    await outbox().attempted(newDelivery('again', changes, silent), null)
    assert.equal(await asked('again-3'), 'done')
    assert.deepEqual(await told(NOW_US + 9), [['again', 'firing', 1, 0]], 'possibly repeated')
    const lost = { id: 'again-4', outcome: 'given_up' } as const
    await channels().note(newDelivery('again', [999_999], lost))
    assert.equal(await asked('again-4'), 'none')
  })

  test('a rule that goes tells channels that its firings are over', async () => {
    const projectId = 'channels06'
    await channels().create(newChannel('end', { projectId }))
    await channels().create(newChannel('end of others', { projectId, labels: { team: 'pay' } }))
    const tell = await evaluated(projectId)
    await tell('firing')
    await tell('pending', { key: '["web-2"]' })
    const [first] = await take(NOW_US)
    await outbox().attempted(newDelivery('end', [first?.entry.id ?? 0]), null)
    const edit = { projectId, by: 'ada', atUs: NOW_US }
    await catalog().alertRules.delete(edit, `rule-${projectId}`)
    assert.deepEqual(await told(NOW_US), [['end', 'ok', 0, 0]])
  })

  test('what a deleted channel was to be told is forgotten', async () => {
    const projectId = 'channels05'
    await channels().create(newChannel('gone', { projectId }))
    const tell = await evaluated(projectId)
    await tell('firing')
    assert.equal(await channels().delete(projectId, 'gone'), true)
    await channels().create(newChannel('gone', { projectId }))
    assert.deepEqual(await told(NOW_US), [])
    await outbox().attempted(newDelivery('absent', [1]), null)
  })
}
