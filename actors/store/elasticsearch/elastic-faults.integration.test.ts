import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { searchAll } from '#actors/store/testing/random-searches.ts'
import { OTHER, PROJECT, Rig } from '#actors/store/testing/store-rig.ts'
import { pause } from '#runtime/clock.ts'
import { seededRandom } from '#runtime/random.ts'
import type { ElasticStore, ElasticStoreOptions } from './elastic-store.ts'
import { ElasticProxy, type Spoiled } from './testing/elastic-proxy.ts'
import { type ElasticWorld, inElasticWorld, openTestPool } from './testing/elastic-world.ts'

const address = process.env['ELASTICSEARCH_URL']
const ALL = searchAll(PROJECT, { limit: 10_000 })

if (address === undefined) {
  test('faults of Elasticsearch', { skip: 'ELASTICSEARCH_URL is not set' }, () => undefined)
} else {
  describe('faults of Elasticsearch', () => {
    const pool = openTestPool()
    after(() => pool.close())

    const withProxy = async (
      body: (parts: { proxy: ElasticProxy; world: ElasticWorld; rig: Rig }) => Promise<void>,
      options: Partial<ElasticStoreOptions> = {},
    ): Promise<void> => {
      const proxy = new ElasticProxy(address)
      await proxy.start()
      try {
        await inElasticWorld(
          proxy.url,
          pool,
          async world => {
            const rig = await Rig.open(world, seededRandom(1))
            await body({ proxy, world, rig })
            await rig.close()
          },
          options,
        )
      } finally {
        await proxy.stop()
      }
    }

    test('documents that the server has no time for come again until they are there', () =>
      withProxy(async ({ proxy, rig }) => {
        let bulks = 0
        proxy.spoil = spoilBulk(() => {
          const documents = Array.from({ length: 40 }, (_, i) => i).filter(i => i % 3 !== bulks % 3)
          return ++bulks <= 6 ? { type: 'refuse', documents, status: 429 } : { type: 'pass' }
        })
        for (let i = 0; i < 5; i++) await rig.append(PROJECT, 40)
        await rig.store.flush()
        assert.ok(bulks > 6)
        assert.equal((await rig.compare(ALL)).length, 200)
      }))

    test('answers that are lost double nothing', () =>
      withProxy(async ({ proxy, rig }) => {
        let lost = 0
        proxy.spoil = spoilBulk(() => (++lost <= 3 ? { type: 'lose-answer' } : { type: 'pass' }))
        for (let i = 0; i < 4; i++) await rig.append(PROJECT, 30)
        await rig.store.flush()
        assert.equal((await rig.compare(ALL)).length, 120)
        assert.ok((rig.store.observe()['repeats'] as number) > 0, 'they were there already')
      }))

    test('a server that is away holds everything up, and nothing is lost when it is back', () =>
      withProxy(
        async ({ proxy, world, rig }) => {
          await rig.append(PROJECT, 30)
          await rig.store.flush()
          await proxy.stop()
          const appending = (async () => {
            for (let i = 0; i < 12; i++) await rig.append(i % 2 === 0 ? PROJECT : OTHER, 30)
          })()
          await pause(700)
          const { entries } = rig.store.observe() as { entries: number }
          assert.ok(entries > 0 && entries < 12, `${entries} entries are held: the log waits`)
          await assert.rejects(rig.store.search(ALL, new AbortController().signal), {
            code: 'LOGBOY_STORE_AWAY',
          })
          await proxy.start()
          await appending
          await rig.store.flush()
          assert.equal((await rig.compare(ALL)).length, 210)
          assert.equal((await rig.compare(searchAll(OTHER, { limit: 1_000 }))).length, 180)
          assert.deepEqual(world.letters, [])
          // Told once, not with every attempt.
          assert.equal(world.faults.splice(0).length <= 1, true)
        },
        { memoryBytes: 10_000 },
      ))

    test('a server that says it is overloaded, or not there, is asked again', () =>
      withProxy(async ({ proxy, world, rig }) => {
        const statuses = [429, 503, 502, 429, 504]
        proxy.spoil = spoilBulk(() => {
          const status = statuses.shift()
          return status === undefined ? { type: 'pass' } : { type: 'answer', status, body: '{}' }
        })
        await rig.append(PROJECT, 30)
        await rig.store.flush()
        assert.equal((await rig.compare(ALL)).length, 30)
        assert.deepEqual(world.letters, [])
      }))

    test('what can never be written is buried with its reason; the rest of its batch is there', () =>
      withProxy(async ({ proxy, world, rig }) => {
        await rig.append(PROJECT, 30)
        await rig.store.flush()
        let isFirst = true
        proxy.spoil = spoilBulk(() => {
          if (!isFirst) return { type: 'pass' }
          isFirst = false
          return { type: 'refuse', documents: [2, 7], status: 400 }
        })
        await rig.append(PROJECT, 10)
        await rig.store.flush()
        const [letter] = world.letters
        assert.deepEqual(letter?.rows, [2, 7])
        assert.match(letter?.reason ?? '', /the queue is full/)
        assert.equal(world.letters.length, 1)
        const { total } = await rig.search(ALL)
        assert.equal(total, 38)
      }))

    test('an index that takes nothing: its batch is buried, other projects go on', () =>
      withProxy(async ({ world, rig }) => {
        const index = await placeTwoDays(world)
        await rig.append(PROJECT, 5)
        await rig.store.flush()
        await block(world, index, 'write', true)
        await rig.append(PROJECT, 7, false)
        await rig.append(OTHER, 9)
        await rig.store.flush()
        assert.equal((await rig.compare(searchAll(OTHER))).length, 9)
        const [letter] = world.letters
        assert.equal(letter?.rows, null)
        assert.match(letter?.reason ?? '', /blocked/)
        assert.equal(letter?.entry.envelope.recordCount, 7)
        await block(world, index, 'write', false)
        await rig.append(PROJECT, 3)
        await rig.store.flush()
        assert.equal((await rig.compare(ALL)).length, 8)
      }))

    test('a disk at its flood stage: nothing is buried, all is there once it has room again', () =>
      withProxy(async ({ world, rig }) => {
        const index = await placeTwoDays(world)
        await rig.append(PROJECT, 5)
        await rig.store.flush()
        await block(world, index, 'read_only_allow_delete', true)
        await rig.append(PROJECT, 7)
        const retries = (): number => rig.store.observe()['retries'] as number
        for (let looked = 0; retries() < 4; looked++) {
          assert.ok(looked < 500, 'it was refused')
          await pause(20)
        }
        assert.deepEqual(world.letters, [])
        await block(world, index, 'read_only_allow_delete', false)
        await rig.store.flush()
        assert.equal((await rig.compare(ALL)).length, 12)
        assert.deepEqual(world.letters, [])
      }))

    test('an index that somebody deleted is made anew, with the fields of what comes', () =>
      withProxy(async ({ world, rig }) => {
        await rig.append(PROJECT, 20)
        await rig.store.flush()
        for (const { index } of await world.placements.list()) {
          await world.server.request({ method: 'DELETE', path: `/${index}` })
        }
        rig.reference.drop(PROJECT)
        for (let i = 0; i < 3; i++) await rig.append(PROJECT, 20)
        await rig.store.flush()
        assert.equal((await rig.compare(ALL)).length, 60)
        const terms = [{ type: 'field', field: 'user.id', value: 'U3' }] as const
        const found = await rig.compare(searchAll(PROJECT, { query: { terms } }))
        assert.ok(found.length > 0)
        assert.deepEqual(world.letters, [])
      }))

    test('a batch that no thread can open is buried after three lives of its writer', () =>
      withProxy(async ({ world, rig }) => {
        await rig.append(PROJECT, 5)
        const entry = rig.log.damagedEntry(PROJECT)
        await rig.store.receive([entry])
        entry.batch.release()
        await rig.append(PROJECT, 6)
        await rig.append(OTHER, 4)
        await rig.store.flush()
        assert.equal((await rig.compare(ALL)).length, 11)
        assert.equal((await rig.compare(searchAll(OTHER))).length, 4)
        assert.deepEqual(
          world.letters.map(({ rows }) => rows),
          [null],
        )
        assert.ok(world.faults.splice(0).length >= 2, 'each life is told')
      }))

    test('a partition that was taken away is not written any more', () =>
      withProxy(async ({ proxy, rig }) => {
        const store = rig.store as ElasticStore
        await rig.append(PROJECT, 5)
        await store.flush()
        proxy.spoil = spoilBulk(() => ({ type: 'answer', status: 503, body: '{}' }))
        await rig.append(PROJECT, 6)
        store.revoked(0)
        await pause(50)
        proxy.spoil = () => ({ type: 'pass' })
        const bulks = proxy.seen.filter(({ path }) => path.includes('_bulk')).length
        await pause(500)
        assert.ok(proxy.seen.filter(({ path }) => path.includes('_bulk')).length <= bulks + 1)
        store.assigned(0, 0)
        await rig.log.deliverAll(store)
        await store.flush()
        assert.equal((await rig.compare(ALL)).length, 11)
      }))

    test('a process that ends does not wait for what comes again from the log', () =>
      withProxy(
        async ({ proxy, world, rig }) => {
          await rig.append(PROJECT, 5)
          await rig.store.flush()
          proxy.spoil = spoilBulk(() => ({ type: 'answer', status: 503, body: '{}' }))
          const appending = (async () => {
            for (let i = 0; i < 12; i++) await rig.append(PROJECT, 30)
          })()
          await pause(100)
          const { entries } = rig.store.observe() as { entries: number }
          assert.ok(entries > 0 && entries < 12, `${entries} entries are held: the log waits`)
          await world.stop()
          await appending
          proxy.spoil = () => ({ type: 'pass' })
          rig.store = await world.open()
          await rig.log.deliverAll(rig.store)
          await rig.store.flush()
          assert.equal((await rig.compare(ALL)).length, 365)
        },
        { memoryBytes: 10_000 },
      ))

    test('a replay over a change of day and of placement doubles nothing', () =>
      withProxy(async ({ world, rig }) => {
        for (let i = 0; i < 12; i++) await rig.append(PROJECT, 20)
        await rig.store.flush()
        const placed = await world.placements.list(PROJECT)
        assert.ok(placed.length > 1, 'the batches lie in several days')
        // Another process would place it elsewhere now; what is decided stays.
        const store = rig.store as ElasticStore
        store.assigned(0, 0)
        await rig.log.deliverAll(store)
        await store.flush()
        assert.deepEqual(await world.placements.list(PROJECT), placed)
        assert.equal((await rig.compare(ALL)).length, 240)
        assert.equal(store.observe()['repeats'], 240)
      }))
  })
}

function spoilBulk(spoil: () => Spoiled): ElasticProxy['spoil'] {
  return ({ path }) => (path.includes('/_bulk') ? spoil() : { type: 'pass' })
}

/** Both days of the rig lie in one index. */
async function placeTwoDays({ name, placements }: ElasticWorld): Promise<string> {
  const index = `logs-${name}.own-2026.03.10`
  for (const period of ['2026-03-10', '2026-03-11']) {
    await placements.place(PROJECT, period, { index, shards: 1, shared: false })
  }
  return index
}

async function block(
  { server }: ElasticWorld,
  index: string,
  kind: 'write' | 'read_only_allow_delete',
  isBlocked: boolean,
): Promise<void> {
  await server.request({
    method: 'PUT',
    path: `/${index}/_settings`,
    body: { [`index.blocks.${kind}`]: isBlocked },
  })
}
