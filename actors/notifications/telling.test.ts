import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelTelling } from '#actors/catalog/alert-channels.ts'
import { backOff, bundle, isRepeatPossible, messageOf } from './telling.ts'

function telling(
  id: number,
  part: { channel?: string; rule?: string; to?: 'firing' | 'ok'; attempts?: number } = {},
  failures = part.attempts ?? 0,
): ChannelTelling {
  const { channel = 'c1', rule = 'r1', to = 'firing', attempts = 0 } = part
  return {
    target: `channel:${channel}`,
    channel: { id: channel, projectId: 'abcdefghij' },
    projectName: 'shop',
    entry: { id, ruleId: rule, to },
    attempts,
    failures,
  } as ChannelTelling
}

const idsOf = (all: ReturnType<typeof bundle>) => all.map(each => each.map(({ entry }) => entry.id))

test('groups of one rule are told together; channels, rules and directions are not', () => {
  const due = [
    telling(1),
    telling(2),
    telling(3, { to: 'ok' }),
    telling(4, { rule: 'r2' }),
    telling(5, { channel: 'c2' }),
    telling(6),
    telling(7, { attempts: 1 }),
  ]
  assert.deepEqual(idsOf(bundle(due)), [[1, 2, 6], [3], [4], [5], [7]])
})

test('the same changes have the same id, so that a repeat is known', () => {
  const id = (...all: ChannelTelling[]) =>
    bundle(all).map(each => messageOf(each, { lines: [], link: '', actions: null }).id)
  assert.deepEqual(id(telling(1), telling(2)), id(telling(1), telling(2)))
  assert.notDeepEqual(id(telling(1)), id(telling(2)))
  assert.notDeepEqual(id(telling(1)), id(telling(1, { channel: 'c2' })))
})

test('an attempt of which nothing is known may have arrived, one that failed has not', () => {
  const [fresh, failed, unknown] = [
    bundle([telling(1)]),
    bundle([telling(1, { attempts: 2 }, 2)]),
    bundle([telling(1, { attempts: 2 }, 1)]),
  ].map(([first]) => first !== undefined && isRepeatPossible(first))
  assert.deepEqual([fresh, failed, unknown], [false, false, true])
})

test('attempts come further and further apart, and end', () => {
  const pauses = Array.from({ length: 10 }, (_, n) => backOff(n + 1))
  const times = pauses.filter(pause => pause !== null)
  assert.equal(times.length, 8)
  assert.deepEqual(
    times.toSorted((a, b) => a - b),
    times,
  )
  assert.equal(backOff(9), null)
})
