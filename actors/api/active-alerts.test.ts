/** What is active, through copies that are lost, late and old: always what the catalog has. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { ALERT_GROUP, ALERT_PARTITION } from '#actors/catalog/alert-states.ts'
import { openEmbeddedCatalog } from '#actors/catalog/open-catalog.ts'
import type { SqlCatalog } from '#actors/catalog/sql-catalog.ts'
import { alertChange } from '#actors/catalog/testing/alert-tests.ts'
import { newProject } from '#actors/catalog/testing/people.ts'
import { activeAlerts } from './active-alerts.ts'

const RUNS = Number(process.env['LOGBOY_ACTIVE_CASES'] ?? 15)
const folder = mkdtempSync(join(tmpdir(), 'logboy-active-'))
let catalog: SqlCatalog
let projects = 0

before(async () => {
  catalog = await openEmbeddedCatalog(folder)
})
after(async () => {
  await catalog.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Whatever was ever kept may come back, and what is kept may never arrive. */
class WornCopies {
  readonly all: Uint8Array[] = []
  now: Uint8Array | null = null
  isDeaf = false

  keep(_key: string, copy: Uint8Array): void {
    this.all.push(copy)
    if (!this.isDeaf) this.now = copy
  }

  async kept(): Promise<Uint8Array | null> {
    return this.now
  }
}

async function world() {
  const projectId = `active${String(++projects).padStart(4, '0')}`
  await catalog.createProject(newProject(projectId))
  const ruleId = `${projectId}-rule`
  const rule = (name: string) => ({ id: ruleId, rule: { name, condition: '> 20', by: ['host'] } })
  const edit = { projectId, by: 'ada', atUs: 1 }
  await catalog.alertRules.create(edit, [rule('errors')], false)
  const [claim] = await catalog.checkpoints.claim(ALERT_GROUP, projectId, [ALERT_PARTITION], 'p')
  const copies = new WornCopies()
  let [windows, version, lists] = [0, 1, 0]
  const counted = {
    list: (id: string) => {
      lists++
      return catalog.alertRules.list(id)
    },
  }
  const { alertStates } = catalog
  return {
    copies,
    lists: () => lists,
    read: () => activeAlerts({ alertRules: counted, alertStates, copies }, projectId),
    truth: () =>
      activeAlerts(
        {
          alertRules: catalog.alertRules,
          alertStates,
          copies: { keep: () => undefined, kept: async () => null },
        },
        projectId,
      ),
    async change(host: string, to: 'firing' | 'pending' | 'ok') {
      const at = { windowEndUs: ++windows, atUs: windows, version }
      const made = alertChange(projectId, ruleId, { key: JSON.stringify([host]), to, ...at })
      await alertStates.record([made], claim?.fence ?? 0)
    },
    async acknowledge() {
      const [first] = await alertStates.active(projectId)
      const how = { by: 'ada', note: `at ${++windows}`, atUs: windows }
      if (first !== undefined) await alertStates.acknowledge(projectId, first.id, how)
    },
    async rename() {
      await catalog.alertRules.update(edit, rule(`errors ${++version}`))
    },
  }
}

test('what is active is asked for once, and again when something changes', async () => {
  const { read, lists, copies, ...does } = await world()
  await does.change('web-1', 'firing')
  assert.deepEqual(await read(), await read())
  assert.equal(lists(), 1, 'the second is the copy')
  await does.acknowledge()
  assert.deepEqual(
    (await read()).map(alert => alert.acknowledged_by),
    ['ada'],
  )
  assert.equal(lists(), 2)
  copies.now = Buffer.from('{"stamp":"1","alerts":[{"id":1}]}')
  assert.equal((await read()).length, 1, 'what is no copy is asked for')
  assert.equal(lists(), 3)
})

const steps = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('change' as const),
      host: fc.constantFrom('a', 'b'),
      to: fc.constantFrom('firing' as const, 'pending' as const, 'ok' as const),
    }),
    fc.record({
      type: fc.constantFrom('acknowledge', 'rename', 'read', 'lose', 'deaf', 'hear'),
    }),
    fc.record({ type: fc.constant('old' as const), which: fc.nat(20) }),
  ),
  { maxLength: 20 },
)

test('copies that are lost, late or old are never shown over the catalog', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async all => {
      const { copies, read, truth, ...does } = await world()
      for (const step of all) {
        if ('host' in step) await does.change(step.host, step.to)
        else if ('which' in step) copies.now = copies.all[step.which] ?? null
        else if (step.type === 'acknowledge') await does.acknowledge()
        else if (step.type === 'rename') await does.rename()
        else if (step.type === 'lose') copies.now = null
        else if (step.type !== 'read') copies.isDeaf = step.type === 'deaf'
        assert.deepEqual(await read(), await truth(), step.type)
      }
    }),
    { numRuns: RUNS },
  )
})
