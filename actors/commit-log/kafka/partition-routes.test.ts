import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeOf } from '../testing/envelopes.ts'
import { MemoryPartitions } from '../testing/memory-catalog.ts'
import { PartitionRoutes } from './partition-routes.ts'

const PROJECT = 'project0aa'
const of = (producer: bigint, epoch = 0) => envelopeOf({ projectId: PROJECT, producer, epoch })

async function newRoutes(partitions: readonly number[], partitionCount = 8) {
  const catalog = new MemoryPartitions()
  catalog.assign(PROJECT, partitions)
  const routes = new PartitionRoutes(catalog, partitionCount)
  assert.deepEqual(await routes.load(PROJECT), partitions)
  return { catalog, routes }
}

test('a project with several partitions spreads its producers, each over one', async () => {
  const { routes } = await newRoutes([2, 5, 7])
  const of300 = Array.from({ length: 300 }, (_, at) => routes.route(of(BigInt(at)), true, 0))
  for (const partition of [2, 5, 7]) {
    assert.equal(of300.filter(chosen => chosen === partition).length, 100)
  }
  assert.deepEqual(
    of300,
    Array.from({ length: 300 }, (_, at) => routes.route(of(BigInt(at)), true, 1)),
  )
})

test('with another list a producer keeps its way until its new epoch; fresh numbers go at once', async () => {
  const { catalog, routes } = await newRoutes([1])
  assert.equal(routes.route(of(5n), true, 0), 1)
  catalog.assign(PROJECT, [3, 4])
  assert.deepEqual(await routes.refresh(), [PROJECT])
  assert.deepEqual(await routes.refresh(), [])
  assert.equal(routes.route(of(5n), true, 1), 1)
  assert.equal(routes.route(of(5n), false, 1), 4)
  assert.equal(routes.route(of(6n), true, 1), 3)
  assert.equal(routes.route(of(5n, 1), true, 2), 4)
  assert.equal(routes.route(of(5n, 1), true, 3), 4)
})

test('a producer that was silent for long has nothing on its way that binds it', async () => {
  const { catalog, routes } = await newRoutes([1])
  routes.route(of(5n), true, 0)
  catalog.assign(PROJECT, [3])
  await routes.refresh()
  routes.route(of(9n), true, 15 * 60_000)
  assert.equal(routes.route(of(5n), true, 15 * 60_000), 3)
})

test('partitions that the topic does not have are left out', async () => {
  const catalog = new MemoryPartitions()
  catalog.assign(PROJECT, [9, 1])
  const routes = new PartitionRoutes(catalog, 4)
  await routes.load(PROJECT)
  assert.deepEqual(routes.partitionsOf(PROJECT), [1])
  catalog.assign(PROJECT, [9])
  await routes.refresh()
  assert.deepEqual(routes.partitionsOf(PROJECT), [1])
  assert.equal(routes.partitionsOf('project0bb'), undefined)
})

test('a list that changes while it is looked up is the new one', async () => {
  const catalog = new MemoryPartitions()
  catalog.assign(PROJECT, [1])
  let answered = (): void => undefined
  const slow = {
    all: () => catalog.all(),
    async of(projectId: string, partitionCount: number) {
      const read = await catalog.of(projectId, partitionCount)
      await new Promise<void>(resolve => {
        answered = resolve
      })
      return read
    },
  }
  const routes = new PartitionRoutes(slow, 8)
  const loading = routes.load(PROJECT)
  await new Promise(setImmediate)
  catalog.assign(PROJECT, [1, 2])
  assert.deepEqual(await routes.refresh(), [])
  answered()
  await new Promise(setImmediate)
  answered()
  await loading
  assert.deepEqual(routes.partitionsOf(PROJECT), [1, 2])
})
