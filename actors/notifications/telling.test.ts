import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelTelling } from '#actors/catalog/channel-outbox.ts'
import { alertChange } from '#actors/catalog/testing/alert-tests.ts'
import { newChannel } from '#actors/catalog/testing/channel-tests.ts'
import type { ChannelKind } from '#proto/alert-channel.ts'
import { NO_FINDINGS } from './findings.ts'
import { backOff, bundle, isRepeatPossible, messageOf } from './telling.ts'

interface Part {
  readonly channel?: string
  readonly kind?: ChannelKind
  readonly rule?: string
  readonly to?: 'firing' | 'ok'
  readonly attempts?: number
  readonly reminder?: number
}

function telling(id: number, part: Part = {}, failures = part.attempts ?? 0): ChannelTelling {
  const { channel = 'c1', rule = 'r1', to = 'firing', attempts = 0, reminder = 0 } = part
  const { about } = alertChange('abcdefghij', rule)
  return {
    target: `channel:${channel}`,
    channel: newChannel(channel, { kind: part.kind ?? 'webhook' }),
    projectName: 'shop',
    entry: { id, ruleId: rule, to, about: { ...about, rule } },
    attempts,
    failures,
    reminder,
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
    telling(8, { reminder: 2 }),
    telling(9, { reminder: 1 }),
  ]
  assert.deepEqual(idsOf(bundle(due)), [[1, 2, 6], [3], [4], [5], [7], [8, 9]])
})

test('a message has no more changes than who reads it can take', () => {
  const sizes = (kind: ChannelKind) =>
    idsOf(bundle(Array.from({ length: 501 }, (_, id) => telling(id, { kind })))).map(
      ids => ids.length,
    )
  assert.deepEqual(sizes('slack'), [500, 1])
  assert.deepEqual(sizes('pagerduty'), [...Array<number>(10).fill(50), 1])
})

test('the same changes have the same id, so that a repeat is known', () => {
  const id = (...all: ChannelTelling[]) =>
    bundle(all).map(
      each => messageOf(each, { lines: [], findings: NO_FINDINGS, link: '', actions: null }).id,
    )
  assert.deepEqual(id(telling(1), telling(2)), id(telling(1), telling(2)))
  assert.notDeepEqual(id(telling(1)), id(telling(2)))
  assert.notDeepEqual(id(telling(1)), id(telling(1, { channel: 'c2' })))
  const reminded = (reminder: number) => id(telling(1, { reminder }))
  assert.deepEqual(reminded(1), reminded(1))
  assert.equal(new Set([0, 1, 2].flatMap(reminded)).size, 3)
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
