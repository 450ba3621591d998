import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { searchAll } from '#actors/store/testing/random-searches.ts'
import { OTHER, PROJECT, Rig } from '#actors/store/testing/store-rig.ts'
import { pause } from '#runtime/clock.ts'
import { seededRandom } from '#runtime/random.ts'
import type { ElasticStore } from './elastic-store.ts'
import { periodRange } from './index-names.ts'
import { type ElasticWorld, inElasticWorld, openTestPool } from './testing/elastic-world.ts'

const address = process.env['ELASTICSEARCH_URL']
const DAY_US = 86_400_000_000
const ALL = searchAll(PROJECT, { limit: 1_000 })

if (address === undefined) {
  test('expiry in Elasticsearch', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  describe('expiry in Elasticsearch', () => {
    const pool = openTestPool()
    after(() => pool.close())
    const inRig = (body: (rig: Rig, world: ElasticWorld) => Promise<void>): Promise<void> =>
      inElasticWorld(address, pool, async world => {
        const rig = await Rig.open(world, seededRandom(1))
        await body(rig, world)
        await rig.close()
      })

    test('a shared index goes as a whole, once nothing in it is visible to anybody', () =>
      inRig(async (rig, world) => {
        const [first] = await fillTwoDays(rig, world)
        const { endUs } = periodRange(first.period)
        await rig.expire(PROJECT, endUs)
        assert.ok(await isThere(world, first.index), 'the other project needs it')
        await rig.compare(ALL)
        await rig.compare(searchAll(OTHER, { limit: 1_000 }))
        await rig.expire(OTHER, endUs)
        assert.ok(!(await isThere(world, first.index)))
        assert.ok((await world.placements.list()).every(({ index }) => index !== first.index))
        await rig.compare(ALL)
        await rig.compare(searchAll(OTHER, { limit: 1_000 }))
      }))

    test('rows that were left a day later, and those of a dropped project, are removed', () =>
      inRig(async (rig, world) => {
        const [first] = await fillTwoDays(rig, world)
        await rig.expire(PROJECT, periodRange(first.period).endUs + DAY_US)
        await until(async () => (await rowsOf(world, first.index, PROJECT)) === 0)
        assert.ok((await rowsOf(world, first.index, OTHER)) > 0)
        await rig.drop(OTHER)
        await until(async () => !(await isThere(world, first.index)))
      }))

    test('what is deleted does not come back with a replay of the log', () =>
      inRig(async (rig, world) => {
        const [first] = await fillTwoDays(rig, world)
        const { endUs } = periodRange(first.period)
        await rig.expire(PROJECT, endUs)
        await rig.expire(OTHER, endUs)
        const store = rig.store as ElasticStore
        store.assigned(0, 0)
        await rig.log.deliverAll(store)
        await store.flush()
        await rig.compare(ALL)
        await rig.compare(searchAll(OTHER, { limit: 1_000 }))
        assert.ok(!(await isThere(world, first.index)), 'nothing was written for it')
      }))
  })
}

/** Both projects have rows on two days; answers where the first lie. */
async function fillTwoDays(
  rig: Rig,
  world: ElasticWorld,
): Promise<readonly [{ readonly index: string; readonly period: string }]> {
  rig.receivedAtUs -= 60 * 60_000_000
  for (let i = 0; i < 24; i++) await rig.append(i % 2 === 0 ? PROJECT : OTHER, 5)
  await rig.store.flush()
  const placed = await world.placements.list()
  const [first] = placed
  assert.ok(first !== undefined)
  const together = placed.filter(({ index }) => index === first.index)
  assert.equal(new Set(together.map(({ projectId }) => projectId)).size, 2)
  assert.ok(placed.length > together.length, 'there is a second day')
  return [first]
}

async function isThere({ server }: ElasticWorld, index: string): Promise<boolean> {
  const { status } = await server.request({ method: 'HEAD', path: `/${index}`, allowed: [404] })
  return status === 200
}

async function rowsOf(world: ElasticWorld, index: string, projectId: string): Promise<number> {
  await world.refresh()
  const { count } = await world.server.json<{ count: number }>({
    method: 'POST',
    path: `/${index}/_count`,
    body: { query: { term: { 'logboy.project': projectId } } },
  })
  return count
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 200; look++) {
    if (await isSo()) return
    await pause(50)
  }
  assert.fail('it did not come to pass')
}
