/** What silences, and the outbox that they hold back, must do in whichever catalog. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { SILENCES_MAX } from '#proto/limits.ts'
import type { NewStateChange, Telling } from '../alert-states.ts'
import type { Silences, StoredSilence } from '../silences.ts'
import { alertChange } from './alert-tests.ts'
import { type ChannelCatalog, evaluatedRule, newChannel, newDelivery } from './channel-tests.ts'
import { NOW_US, newProject } from './people.ts'

export interface SilenceCatalog extends ChannelCatalog {
  readonly silences: Silences
}

export function newSilence(id: string, change: Partial<StoredSilence> = {}): StoredSilence {
  return {
    id,
    projectId: 'silences01',
    matchers: [{ label: 'alertname', op: '=', value: "it's" }],
    startsAtUs: NOW_US,
    endsAtUs: NOW_US + 100,
    comment: 'upgrade',
    createdBy: 'ada',
    createdAtUs: NOW_US,
    version: 1,
    ...change,
  }
}

export function silenceTests(catalog: () => SilenceCatalog): void {
  const silences = () => catalog().silences
  const channels = () => catalog().alertChannels
  const outbox = () => catalog().channelOutbox
  const hold = (its: readonly Telling[], { id, version }: StoredSilence) =>
    outbox().hold(its, { by: `${id}@${version}`, untilUs: 0 })
  const ids = async (found: Promise<readonly StoredSilence[]>) => (await found).map(({ id }) => id)
  /** A rule of the project that tells a channel of it. */
  const evaluated = async (projectId: string) => {
    const take = async (nowUs: number) => {
      const taken = await outbox().take({ nowUs, againAtUs: nowUs + 1_000, limit: 100 })
      return taken.filter(({ entry }) => entry.projectId === projectId)
    }
    const told = async (nowUs: number) =>
      (await take(nowUs)).map(({ entry, attempts }) => `${entry.to} ${attempts}`)
    const { ruleId, fence } = await evaluatedRule(catalog(), projectId)
    await channels().create(newChannel(`channel-${projectId}`, { projectId }))
    let windowEndUs = NOW_US
    const tell = async (...all: readonly NewStateChange['to'][]) => {
      for (const to of all) {
        const next = { to, windowEndUs: ++windowEndUs, atUs: NOW_US, targets: [] }
        const change = alertChange(projectId, ruleId, next)
        assert.equal(await catalog().alertStates.record([change], fence), 1)
      }
    }
    return { tell, take, told }
  }

  before(async () => {
    for (const n of [1, 2, 3, 4, 5, 6]) await catalog().createProject(newProject(`silences0${n}`))
  })

  test('silences are kept as they are, each in its project, until they end', async () => {
    const later = newSilence('b', { startsAtUs: NOW_US + 10 })
    assert.equal(await silences().create(newSilence('a')), 'done')
    assert.equal(await silences().create(later), 'done')
    assert.equal(
      await silences().create(newSilence('c', { projectId: 'nosuchproj' })),
      'unknown-project',
    )
    assert.deepEqual(await silences().find('silences01', 'a'), newSilence('a'))
    assert.equal(await silences().find('silences02', 'a'), null)
    const both = ['silences01', 'silences02']
    assert.deepEqual(await ids(silences().active(both, NOW_US - 1)), [])
    assert.deepEqual(await ids(silences().active(both, NOW_US)), ['a'])
    assert.deepEqual(await ids(silences().active(both, NOW_US + 10)), ['a', 'b'])
    assert.deepEqual(await ids(silences().active(['silences02'], NOW_US + 10)), [])
    assert.equal(await silences().end('silences02', 'b', NOW_US), false)
    assert.equal(await silences().end('silences01', 'b', NOW_US + 20), true)
    assert.equal(await silences().end('silences01', 'b', NOW_US + 30), true, 'it ended before')
    assert.equal((await silences().find('silences01', 'b'))?.endsAtUs, NOW_US + 20)
    assert.deepEqual(await ids(silences().list('silences01', NOW_US + 20)), ['a', 'b'])
    const changed = newSilence('a', { comment: 'longer', endsAtUs: NOW_US + 500 })
    assert.equal(await silences().update(changed, NOW_US + 20), 'done')
    assert.deepEqual(await silences().find('silences01', 'a'), { ...changed, version: 2 })
    const late = { ...changed, comment: 'late' }
    assert.equal(await silences().update(late, NOW_US + 20, 1), 'stale')
    assert.deepEqual(await silences().find('silences01', 'a'), { ...changed, version: 2 })
    assert.equal(await silences().update(changed, NOW_US + 20, 2), 'done')
    assert.equal(await silences().update(later, NOW_US + 20, 1), 'stale', 'its end changed it')
    assert.equal(await silences().update(later, NOW_US + 20), 'ended')
    assert.equal(await silences().update({ ...changed, projectId: 'silences02' }, 0), 'unknown')
    assert.equal(await silences().forget(NOW_US + 21), 1)
    assert.deepEqual(await ids(silences().list('silences01', NOW_US)), ['a'])
  })

  test('a project has no more silences that have not ended than it may', async () => {
    const projectId = 'silences02'
    for (let n = 0; n < SILENCES_MAX; n++) {
      assert.equal(await silences().create(newSilence(`many${n}`, { projectId })), 'done')
    }
    assert.equal(await silences().create(newSilence('more', { projectId })), 'too-many')
    await silences().end(projectId, 'many0', NOW_US)
    assert.equal(await silences().create(newSilence('more', { projectId })), 'done')
  })

  test('what is held back is due once its silence is over, as if it had not been taken', async () => {
    const projectId = 'silences03'
    const { tell, take, told } = await evaluated(projectId)
    const silence = newSilence('held', { projectId })
    await silences().create(silence)
    await tell('firing')
    await hold(await take(NOW_US), silence)
    assert.deepEqual(await told(NOW_US + 99), [])
    const [released, ...others] = await take(NOW_US + 100)
    assert.deepEqual([released?.entry.to, released?.attempts, others.length], ['firing', 0, 0])
    assert.deepEqual(await told(NOW_US + 100), [], 'somebody has it')
    const changes = [released?.entry.id ?? 0]
    const delivery = newDelivery(`channel-${projectId}`, changes, { outcome: 'delivered' })
    await outbox().attempted(delivery, null)
    await tell('ok')
    await hold(await take(NOW_US + 50), silence)
    assert.deepEqual(await told(NOW_US + 50), [])
    assert.deepEqual(await told(NOW_US + 100), ['ok 0'], 'the end of what was told')
  })

  test('a silence that is ended, changed or forgotten holds nothing back', async () => {
    const projectId = 'silences04'
    const { tell, take, told } = await evaluated(projectId)
    const silence = newSilence('early', { projectId })
    const held = async (version: number) => hold(await take(NOW_US), { ...silence, version })
    await silences().create(silence)
    await tell('firing')
    await held(1)
    await silences().update({ ...silence, endsAtUs: NOW_US + 900 }, NOW_US)
    await held(2)
    assert.deepEqual(await told(NOW_US), [])
    await silences().end(projectId, 'early', NOW_US)
    assert.equal((await take(NOW_US)).length, 1)
    await held(2)
    await silences().forget(NOW_US + 1)
    assert.equal((await take(NOW_US + 1_000)).length, 1)
  })

  test('of what begins and ends within a silence nothing is told', async () => {
    const projectId = 'silences05'
    const { tell, take, told } = await evaluated(projectId)
    const silence = newSilence('whole', { projectId })
    await silences().create(silence)
    await tell('firing')
    await hold(await take(NOW_US), silence)
    await tell('ok')
    assert.deepEqual(await told(NOW_US), [])
    assert.deepEqual(await told(NOW_US + 200), [])
    await tell('firing')
    await hold(await take(NOW_US), silence)
    await tell('ok', 'firing')
    assert.deepEqual(await told(NOW_US + 200), ['firing 0'], 'a pair goes, what is left is told')
    assert.deepEqual(await told(NOW_US + 200), [], 'once')
  })

  test('what may have been told before its silence is not called off', async () => {
    const projectId = 'silences06'
    const { tell, take, told } = await evaluated(projectId)
    const silence = newSilence('tried', { projectId })
    await silences().create(silence)
    await tell('firing')
    await take(NOW_US)
    await hold(await take(NOW_US + 1_000), { ...silence, endsAtUs: NOW_US + 2_000 })
    await tell('ok')
    assert.deepEqual(await told(NOW_US + 2_000), ['firing 1'])
  })
}
