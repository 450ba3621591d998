/** What the outbox of channels must do for pacing, in whichever catalog. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { PACING_DEFAULTS } from '#proto/channel-pacing.ts'
import type { NewStateChange } from '../alert-states.ts'
import { type ChannelTelling, PACED, type Pace } from '../channel-outbox.ts'
import { alertChange } from './alert-tests.ts'
import { type ChannelCatalog, evaluatedRule, newChannel, newDelivery } from './channel-tests.ts'
import { NOW_US, newProject } from './people.ts'

const MINUTE_US = 60_000_000

export function pacingTests(catalog: () => ChannelCatalog): void {
  const channels = () => catalog().alertChannels
  const outbox = () => catalog().channelOutbox
  /** A channel that is reminded each minute, and the rule that it hears of. */
  const reminded = async (projectId: string) => {
    const pacing = { ...PACING_DEFAULTS, repeatS: 60 }
    const channelId = `channel-${projectId}`
    await channels().create(newChannel(channelId, { projectId, pacing }))
    const { ruleId, fence } = await evaluatedRule(catalog(), projectId)
    let windowEndUs = NOW_US
    let deliveries = 0
    const take = async (nowUs: number) => {
      const taken = await outbox().take({ nowUs, againAtUs: nowUs + 1_000, limit: 100 })
      return taken.filter(({ entry }) => entry.projectId === projectId)
    }
    const attempt = (tellings: readonly ChannelTelling[], atUs: number, againAtUs: number | null) =>
      outbox().attempted(
        newDelivery(
          channelId,
          tellings.map(({ entry }) => entry.id),
          {
            id: `${channelId}-${++deliveries}`,
            atUs,
            outcome: againAtUs === null ? 'delivered' : 'failed',
          },
        ),
        againAtUs,
      )
    return {
      channelId,
      take,
      attempt,
      tell: async (to: NewStateChange['to']) => {
        const next = { to, windowEndUs: ++windowEndUs, atUs: NOW_US, targets: [] }
        const change = alertChange(projectId, ruleId, next)
        assert.equal(await catalog().alertStates.record([change], fence), 1)
      },
      told: async (nowUs: number) => {
        const tellings = await take(nowUs)
        await attempt(tellings, nowUs, null)
        return tellings.map(({ entry, reminder }) => `${entry.to} ${reminder}`)
      },
    }
  }

  before(async () => {
    for (const n of [1, 2, 3, 4, 5]) await catalog().createProject(newProject(`reminded0${n}`))
  })

  test('what was told to fire is told again, numbered, until it is over or acknowledged', async () => {
    const { tell, told, take } = await reminded('reminded01')
    await tell('firing')
    assert.deepEqual(await told(NOW_US + MINUTE_US), ['firing 0'])
    assert.deepEqual(await told(NOW_US + 2 * MINUTE_US - 1), [])
    assert.deepEqual(await told(NOW_US + 2 * MINUTE_US), ['firing 1'])
    assert.deepEqual(await told(NOW_US + 3 * MINUTE_US), ['firing 2'])
    const [taken, ...others] = (
      await Promise.all([take(NOW_US + 4 * MINUTE_US), take(NOW_US + 4 * MINUTE_US)])
    ).flat()
    assert.deepEqual([taken?.reminder, taken?.attempts, others.length], [3, 0, 0], 'once')
    await tell('ok')
    assert.deepEqual(await told(NOW_US + 5 * MINUTE_US), ['ok 0'], 'not what is no longer true')
    assert.deepEqual(await told(NOW_US + 9 * MINUTE_US), [])
    await tell('firing')
    assert.deepEqual(await told(NOW_US + 9 * MINUTE_US), ['firing 0'])
    const [state] = await catalog().alertStates.active('reminded01')
    const how = { by: 'ada', note: null, atUs: NOW_US }
    await catalog().alertStates.acknowledge('reminded01', state?.id ?? 0, how)
    assert.deepEqual(await told(NOW_US + 99 * MINUTE_US), [])
  })

  test('a reminder that is held back is gone once it is over, and calls off no end', async () => {
    const { tell, told, take } = await reminded('reminded02')
    await tell('firing')
    await told(NOW_US)
    const held = await take(NOW_US + MINUTE_US)
    await outbox().hold(held, { by: PACED, untilUs: NOW_US + 3 * MINUTE_US })
    assert.deepEqual(await told(NOW_US + 2 * MINUTE_US), [])
    await tell('ok')
    assert.deepEqual(await told(NOW_US + 2 * MINUTE_US), ['ok 0'], 'it waits for no reminder')
  })

  test('each reminder counts failures of its own, a failure told twice counts once', async () => {
    const { tell, take, attempt, told } = await reminded('reminded03')
    await tell('firing')
    const first = await take(NOW_US)
    await attempt(first, NOW_US, NOW_US + 10)
    const again = await take(NOW_US + 10)
    assert.deepEqual(
      again.map(({ attempts, failures }) => [attempts, failures]),
      [[1, 1]],
    )
    const failed = newDelivery(
      'channel-reminded03',
      first.map(({ entry }) => entry.id),
      { id: 'twice' },
    )
    await outbox().attempted(failed, NOW_US + 20)
    await outbox().attempted(failed, NOW_US + 20)
    const [third] = await take(NOW_US + 20)
    assert.deepEqual([third?.attempts, third?.failures], [2, 2])
    await attempt([third as ChannelTelling], NOW_US + 20, null)
    const [reminder] = await take(NOW_US + 20 + MINUTE_US)
    assert.deepEqual(
      [reminder?.attempts, reminder?.failures, reminder?.toldAtUs],
      [0, 0, NOW_US + 20],
    )
    assert.deepEqual(await told(NOW_US + 21 + MINUTE_US), [], 'somebody has it')
  })

  test('a channel that is off, or no longer hears of the rule, is not reminded', async () => {
    const { tell, told, channelId } = await reminded('reminded04')
    const pacing = { ...PACING_DEFAULTS, repeatS: 60 }
    const change = (part: object) =>
      channels().update(newChannel(channelId, { projectId: 'reminded04', pacing, ...part }))
    await tell('firing')
    await told(NOW_US)
    await change({ enabled: false })
    assert.deepEqual(await told(NOW_US + MINUTE_US), [])
    await change({ labels: { team: 'pay' } })
    assert.deepEqual(await told(NOW_US + MINUTE_US), [])
    await change({})
    assert.deepEqual(await told(NOW_US + MINUTE_US), ['firing 1'])
  })

  test('of two who move a pace on one has moved it, and says so again when asked twice', async () => {
    const { channelId } = await reminded('reminded05')
    const fresh: Pace = { channelId, group: 'g', toldAtUs: null, dueAtUs: NOW_US, version: 0 }
    const of = { channelId, group: 'g' }
    assert.deepEqual(await outbox().paces([of]), [])
    assert.deepEqual(await outbox().movePaces([fresh], 'a'), [of])
    assert.deepEqual(await outbox().movePaces([fresh], 'a'), [of])
    assert.deepEqual(await outbox().movePaces([fresh], 'b'), [])
    assert.deepEqual(await outbox().paces([of, { ...of, group: 'other' }]), [
      { ...fresh, version: 1 },
    ])
    const told: Pace = { ...of, toldAtUs: NOW_US, dueAtUs: null, version: 1 }
    assert.deepEqual(await outbox().movePaces([told], 'b'), [of])
    assert.deepEqual(
      await outbox().movePaces([{ ...fresh, channelId: 'no such channel' }], 'b'),
      [],
    )
    await channels().forgetDeliveries(NOW_US)
    assert.equal((await outbox().paces([of])).length, 1)
    await channels().forgetDeliveries(NOW_US + 1)
    assert.deepEqual(await outbox().paces([of]), [])
  })
}
