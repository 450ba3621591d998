/** Changes of alerts reach every socket once, in order, whoever wrote them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextRound } from '#runtime/scheduler.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { AlertTail, type AlertTailDeps } from './alert-tail.ts'
import { historyEntry } from './testing/history-entry.ts'

function world(change: Partial<AlertTailDeps['states']> = {}) {
  const clock = new VirtualClock()
  const history = [historyEntry(1), historyEntry(2)]
  const faults: string[] = []
  const asked: number[] = []
  const tail = new AlertTail({
    states: {
      newest: async () => history.at(-1)?.id ?? 0,
      since: async (ids, after, limit) => {
        asked.push(after)
        const found = history.filter(each => ids.includes(each.projectId) && each.id > after)
        return found.slice(0, limit)
      },
      ...change,
    },
    clock,
    onFault: error => void faults.push(error.message),
  })
  const open = (projectId = 'project001', after: number | null = null) => {
    const told: (number | string)[] = []
    const end = tail.subscribe({
      projectId,
      after,
      hello: from => void told.push(`hello ${from}`),
      told: ({ id }) => void told.push(id),
    })
    return { told, end }
  }
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await nextRound()
  }
  return { clock, history, faults, asked, tail, open, settle }
}

test('a hint is enough, and without one it takes a second', async () => {
  const { clock, history, tail, open, settle } = world()
  const [one, other] = [open(), open('project002')]
  await settle()
  history.push(historyEntry(3), historyEntry(4, { projectId: 'project002' }))
  tail.look()
  await settle()
  assert.deepEqual(one.told, ['hello 2', 3])
  assert.deepEqual(other.told, ['hello 2', 4])
  history.push(historyEntry(5))
  clock.advance(999)
  await settle()
  assert.equal(one.told.length, 2)
  clock.advance(1)
  await settle()
  assert.deepEqual(one.told, ['hello 2', 3, 5])
})

test('with a token it goes on behind that, through as many pages as it takes', async () => {
  const { history, open, settle } = world()
  const many = Array.from({ length: 1_200 }, (_, i) => historyEntry(i + 3))
  history.push(...many)
  const [now, behind] = [open(), open('project001', 2)]
  await settle()
  assert.deepEqual(now.told, ['hello 1202'])
  assert.deepEqual(behind.told, ['hello 2', ...many.map(({ id }) => id)])
  const future = open('project001', 9_999)
  await settle()
  assert.deepEqual(future.told, ['hello 1202'], 'of a catalog that was brought back from before')
})

test('nobody there: nothing is asked', async () => {
  const { clock, asked, open, settle } = world()
  const { end } = open()
  await settle()
  end()
  const before = asked.length
  clock.advance(10_000)
  await settle()
  assert.equal(asked.length, before)
})

test('a catalog that is away is asked again', async () => {
  let isAway = true
  const { clock, faults, open, settle } = world({
    newest: async () => {
      if (isAway) throw new Error('away')
      return 7
    },
  })
  const { told } = open()
  await settle()
  assert.deepEqual([told, faults], [[], ['away']])
  isAway = false
  clock.advance(1_000)
  await settle()
  assert.deepEqual(told, ['hello 7'])
})

test('whoever leaves before it has begun is not asked for', async () => {
  const { asked, faults, open, settle } = world()
  open().end()
  await settle()
  assert.deepEqual([asked, faults], [[], []])
})
