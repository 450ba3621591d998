/** Texts of logs, queries and receivers that SQL cannot keep hold up nothing that is kept. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { alertKey } from '#actors/alerts/alert-key.ts'
import type { SqlCatalog } from '../sql-catalog.ts'
import { alertChange } from './alert-tests.ts'
import { evaluatedRule, newChannel, newDelivery } from './channel-tests.ts'
import { NOW_US, newProject } from './people.ts'

const ODD = 'a\0b'
const KEPT = 'a\ufffdb'

export function foreignTextTests(catalog: () => SqlCatalog): void {
  test('an audited search with such a word is noted, and what is noted with it', async () => {
    const { auditEntries } = catalog()
    const entry = { actor: 'ada', actorName: ODD, peer: '::1', action: 'logs.search', atUs: NOW_US }
    const of = (query: string) => ({ ...entry, projectId: 'foreign001', detail: { query } })
    await auditEntries.add([of('plain'), of(`"${ODD}" \ud800`)])
    const found = await auditEntries.list({ projectId: 'foreign001', limit: 9 })
    assert.deepEqual(
      found.map(({ actor_name: name, detail }) => [name, detail['query']]),
      [
        [KEPT, `"${KEPT}" \ufffd`],
        [KEPT, 'plain'],
      ],
    )
  })

  test('a receiver that answers with such a text has been told', async () => {
    const { alertChannels, channelOutbox } = catalog()
    await catalog().createProject(newProject('foreign002'))
    await alertChannels.create(newChannel('odd answers', { projectId: 'foreign002' }))
    const delivery = newDelivery('odd answers', [], { outcome: 'delivered', answer: ODD })
    await channelOutbox.attempted(delivery, null)
    const [told] = await alertChannels.deliveries('odd answers', {
      before: null,
      limit: 1,
    })
    assert.equal(told?.answer, KEPT)
  })

  test('a reason with such a text is part of the answer of its keyed request', async () => {
    await catalog().createProject(newProject('foreign003'))
    const id = { projectId: 'foreign003', producer: 1n }
    const { keyedRequests } = catalog()
    await keyedRequests.begin(id, { bodySha256: new Uint8Array(32), of: 1 }, NOW_US)
    const rejected = [{ index: 0, reason: ODD }]
    await keyedRequests.store(id, { chunk: 1, accepted: 1, rejected })
    const stored = await keyedRequests.find(id, NOW_US)
    assert.deepEqual(stored?.rejected, [{ index: 0, reason: KEPT }])
  })

  test('a group by a text too long for an index changes, and is told, like others', async () => {
    const { alertStates, alertChannels, channelOutbox } = catalog()
    await catalog().createProject(newProject('foreign005'))
    await alertChannels.create(newChannel('long keys', { projectId: 'foreign005' }))
    const { ruleId, fence } = await evaluatedRule(catalog(), 'foreign005')
    const record = (to: 'firing' | 'ok', ...users: readonly string[]) => {
      const changes = users.map(user => {
        const key = alertKey(JSON.stringify([user, user, user]))
        const windowEndUs = NOW_US + (to === 'ok' ? 1 : 0)
        return alertChange('foreign005', ruleId, { key, to, windowEndUs, targets: [] })
      })
      return alertStates.record(changes, fence)
    }
    const tell = async (): Promise<number> => {
      const asked = { nowUs: NOW_US + 1, againAtUs: NOW_US + 9, limit: 9 }
      const tellings = await channelOutbox.take(asked)
      for (const { entry } of tellings) {
        const delivered = { id: `long ${entry.id}`, outcome: 'delivered' } as const
        await channelOutbox.attempted(newDelivery('long keys', [entry.id], delivered), null)
      }
      return tellings.length
    }
    // What repeats would be stored in less.
    const long = randomBytes(6_000).toString('base64')
    await record('firing', long, 'ada', `${long}!`)
    assert.equal(await tell(), 3)
    await record('ok', long)
    assert.equal(await tell(), 1)
    assert.equal((await alertStates.active('foreign005')).length, 2)
  })

  test('a fault of a rule with such a text is told', async () => {
    await catalog().createProject(newProject('foreign004'))
    const { ruleId } = await evaluatedRule(catalog(), 'foreign004')
    await catalog().alertFaults.note({ ruleId, version: 1, message: ODD }, NOW_US)
    assert.equal((await catalog().alertRules.find('foreign004', ruleId))?.fault, KEPT)
  })
}
