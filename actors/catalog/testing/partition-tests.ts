/** What project partitions must do. */
import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SqlCatalog } from '../sql-catalog.ts'

const COUNT = 4

export function partitionTests(catalog: () => SqlCatalog): void {
  const projectIds = Array.from({ length: 8 }, (_, at) => `partition${at}`)

  suite('project partitions', () => {
    before(async () => {
      for (const id of projectIds) {
        await catalog().createProject({
          id,
          name: id,
          createdAtUs: 1,
          retentionDays: 1,
          timeZone: 'UTC',
        })
      }
    })

    test('projects that come at once are spread evenly, and stay where they are', async () => {
      const ask = () => Promise.all(projectIds.map(id => catalog().partitions.of(id, COUNT)))
      const assigned = await ask()
      assert.deepEqual(
        assigned.flat().sort((a, b) => Number(a) - Number(b)),
        [0, 0, 1, 1, 2, 2, 3, 3],
      )
      assert.deepEqual(await ask(), assigned)
    })

    test('gateways that ask for one project at once get the same answer', async () => {
      const id = await another('samesame01')
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => catalog().partitions.of(id, COUNT)),
      )
      assert.equal(new Set(answers.map(String)).size, 1)
    })

    test('a new project goes to the partition with the fewest, of several the lowest', async () => {
      for (const at of [0, 1, 3]) {
        await catalog().partitions.assign(await another(`crowded00${at}`), [at])
      }
      await catalog().partitions.assign(await another('everywhere'), [0, 1, 2, 3])
      assert.deepEqual(await catalog().partitions.of(await another('leastload1'), COUNT), [2])
      assert.deepEqual(await catalog().partitions.of(await another('leastload2'), 16), [4])
    })

    test('a large project gets several, in order, and everybody notices', async () => {
      const [id = ''] = projectIds
      const version = await catalog().version()
      assert.equal(await catalog().partitions.assign(id, [3, 1, 3]), true)
      assert.ok((await catalog().version()) > version)
      assert.deepEqual(await catalog().partitions.of(id, COUNT), [1, 3])
      assert.deepEqual((await catalog().partitions.all()).get(id), [1, 3])
    })

    test('a project that is not there has none; a deleted one gives its own back', async () => {
      assert.equal(await catalog().partitions.of('nosuchproj', COUNT), null)
      assert.equal(await catalog().partitions.assign('nosuchproj', [1]), false)
      const id = await another('shortlived')
      await catalog().partitions.of(id, COUNT)
      await catalog().deleteProject(id, 1)
      assert.equal((await catalog().partitions.all()).has(id), false)
    })

    test('no partition at all is a mistake', async () => {
      await assert.rejects(catalog().partitions.of('samesame01', 0), RangeError)
      await assert.rejects(async () => catalog().partitions.assign('samesame01', []), RangeError)
    })
  })

  async function another(id: string): Promise<string> {
    await catalog().createProject({
      id,
      name: id,
      createdAtUs: 1,
      retentionDays: 1,
      timeZone: 'UTC',
    })
    return id
  }
}
