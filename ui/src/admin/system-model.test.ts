import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorLines, partsOf } from './system-model.ts'

const mailbox = { depth: 3, capacity: 4, accepted: 9 }

test('actors stand below what their address begins with', () => {
  const lines = actorLines({
    actors: [
      { address: 'tail', state: 'idle', restarts: 0, mailbox, lastFault: null },
      { address: 'project/b', state: 'busy', restarts: 2, mailbox, lastFault: 'disk' },
      { address: 'project/a', state: 'idle', restarts: 0, mailbox },
    ],
  })
  assert.deepEqual(
    lines.map(({ name, depth, state }) => [name, depth, state]),
    [
      ['project', 0, null],
      ['a', 1, 'idle'],
      ['b', 1, 'busy'],
      ['tail', 0, 'idle'],
    ],
  )
  assert.deepEqual([lines[2]?.fault, lines[2]?.restarts, lines[2]?.mailbox?.depth], ['disk', 2, 3])
})

test('parts are told whatever they say', () => {
  const [store, odd] = partsOf({
    actors: [],
    degraded: [],
    store: { rows: 1234, duckdb: { lastFailure: '' }, damaged: [] },
    odd: 'text',
  })
  assert.deepEqual(store?.facts, [
    ['rows', '1,234'],
    ['duckdb.lastFailure', '–'],
    ['damaged', '[]'],
  ])
  assert.deepEqual(odd?.facts, [['value', 'text']])
  assert.deepEqual(actorLines({ actors: [null, 5, { address: 7 }, 'x'] }), [])
  assert.deepEqual(actorLines({}), [])
})
