import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueryMemory } from './query-memory.ts'

const MIB = 1024 * 1024
const limits = { perQueryBytes: 3 * MIB, perProjectBytes: 5 * MIB }
const code = 'LOGBOY_QUERY_TOO_DEAR'

test('a query holds up to its limit, of all kinds together', () => {
  const query = new QueryMemory(limits).open('a')
  query.hold('groups', 2 * MIB)
  query.hold('rows', MIB)
  assert.throws(() => query.hold('rows', MIB + 1), {
    code,
    message: /^the rows of the page take more than 3 MiB of memory: ask for fewer rows/,
  })
  query.hold('groups', 0)
  query.hold('rows', 3 * MIB)
  assert.throws(() => query.hold('groups', 1), { code, message: /group by fields with fewer/ })
})

test('the queries of a project share a limit, and give back what they held', () => {
  const memory = new QueryMemory(limits)
  const [first, second, foreign] = [memory.open('a'), memory.open('a'), memory.open('b')]
  first.hold('groups', 3 * MIB)
  foreign.hold('groups', 3 * MIB)
  assert.throws(() => second.hold('groups', 3 * MIB), { code, message: /hold 5 MiB.*again later/ })
  second.hold('groups', 2 * MIB)
  assert.deepEqual(memory.observe(), { ...limits, held: 8 * MIB })
  first.release()
  second.hold('groups', 3 * MIB)
  second.release()
  foreign.release()
  assert.deepEqual(memory.observe(), { ...limits, held: 0 })
})
