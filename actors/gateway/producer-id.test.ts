import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { producerOfKey, producerOfLetter, producerOfSender } from './producer-id.ts'

const KINDS = [
  (projectId: string, name: bigint) => producerOfSender(projectId, name),
  (projectId: string, name: bigint) => producerOfKey(projectId, `key ${name}`),
  (projectId: string, name: bigint) => producerOfLetter(projectId, String(name)),
]

test('a producer is the same each time, and another in each project and of each kind', () => {
  const project = fc.stringMatching(/^[0-9a-v]{10}$/)
  const claimed = fc.bigInt({ min: 1n, max: (1n << 63n) - 1n })
  fc.assert(
    fc.property(project, project, claimed, (one, two, name) => {
      const producers = KINDS.flatMap(kind => [kind(one, name), kind(two, name)])
      assert.deepEqual(
        producers,
        KINDS.flatMap(kind => [kind(one, name), kind(two, name)]),
      )
      assert.equal(new Set(producers).size, one === two ? 3 : 6)
      for (const producer of producers) assert.ok(producer >= 1n && producer < 1n << 63n)
    }),
  )
})
