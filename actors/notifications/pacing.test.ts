/** What is told now and what later, by time alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pace } from '#actors/catalog/channel-outbox.ts'
import { alertChange } from '#actors/catalog/testing/alert-tests.ts'
import { type ChannelPacing, PACING_DEFAULTS } from '#proto/channel-pacing.ts'
import { type CountedChange, countMessages, MESSAGES_COUNTED_MAX } from './message-count.ts'
import { type Paceable, pace, paceGroup, paceKey } from './pacing.ts'

const NOW_US = 1_000_000_000_000
const S = 1_000_000

function telling(
  pacing: Partial<ChannelPacing> = {},
  part: Partial<Paceable> & { readonly host?: string; readonly rule?: string } = {},
): Paceable {
  const { host = 'web-1', rule = 'errors', ...rest } = part
  const { about } = alertChange('p', rule)
  return {
    channel: { id: 'c', pacing: { ...PACING_DEFAULTS, ...pacing } },
    entry: {
      ruleId: rule,
      key: JSON.stringify([host]),
      to: 'firing',
      about: { ...about, rule, group: { host } },
    },
    attempts: 0,
    reminder: 0,
    pacedUntilUs: null,
    toldAtUs: null,
    ...rest,
  }
}

/** When the one telling is told, in seconds from now; 0 = now. */
function paced(one: Paceable, part: Partial<Pace> | null = null, nowUs = NOW_US) {
  const of = { channelId: 'c', group: paceGroup(one) }
  const known: Pace = { ...of, toldAtUs: null, dueAtUs: null, version: 3, ...part }
  const { due, groups } = pace(
    [one],
    part === null ? new Map() : new Map([[paceKey(of), known]]),
    nowUs,
  )
  const [group] = groups
  assert.equal(due.length + groups.length, 1)
  return { inS: Math.max(0, ((group?.untilUs ?? nowUs) - nowUs) / S), moved: group?.moved ?? null }
}

test('without a pacing all is told at once, and nothing has to be remembered', () => {
  assert.deepEqual(paced(telling()), { inS: 0, moved: null })
})

test('alerts of a message have labels in common: the rule, fields, nothing, or everything', () => {
  const groups = (groupBy: readonly string[]) =>
    new Set(
      [
        telling({ groupBy }),
        telling({ groupBy }, { host: 'web-2' }),
        telling({ groupBy }, { rule: 'latency' }),
        telling({ groupBy }, { rule: 'latency' }),
      ].map(paceGroup),
    ).size
  assert.deepEqual(
    [['alertname'], ['host'], ['team'], ['nothing has it'], [], ['...'], ['alertname', 'host']].map(
      groups,
    ),
    [2, 2, 1, 1, 1, 3, 3],
  )
})

test('the first waits for others, what comes meanwhile goes with it, what comes later waits anew', () => {
  const first = paced(telling({ waitS: 30 }))
  assert.deepEqual([first.inS, first.moved?.dueAtUs], [30, NOW_US + 30 * S])
  const gathering = { dueAtUs: NOW_US + 30 * S }
  assert.deepEqual(paced(telling({ waitS: 30 }), gathering, NOW_US + 10 * S), {
    inS: 20,
    moved: null,
  })
  const held = telling({ waitS: 30 }, { pacedUntilUs: NOW_US + 30 * S })
  const told = paced(held, gathering, NOW_US + 30 * S)
  assert.deepEqual(
    [told.inS, told.moved?.toldAtUs, told.moved?.dueAtUs],
    [0, NOW_US + 30 * S, null],
  )
  assert.equal(paced(held, gathering, NOW_US + 999 * S).inS, 0, 'nobody looked for a while')
  const stale = paced(telling({ waitS: 30 }), gathering, NOW_US + 999 * S)
  assert.equal(stale.inS, 30, 'what gathered was over before anybody was told')
})

test('what was due with a message that was told without it follows at once', () => {
  const pacing = { waitS: 30, intervalS: 300 }
  const told = { toldAtUs: NOW_US - S }
  const late = paced(telling(pacing, { pacedUntilUs: NOW_US - S }), told)
  assert.deepEqual([late.inS, late.moved], [0, null])
  assert.equal(paced(telling(pacing, { pacedUntilUs: NOW_US }), told).inS, 299)
})

test('after a message the group is quiet, news and reminders alike', () => {
  const pacing = { intervalS: 300, waitS: 10 }
  const told = { toldAtUs: NOW_US - 100 * S }
  assert.equal(paced(telling(pacing), told).inS, 200)
  assert.equal(paced(telling(pacing, { reminder: 2 }), told).inS, 200)
  assert.equal(paced(telling(pacing), { toldAtUs: NOW_US - 295 * S }).inS, 10)
  assert.equal(paced(telling({ intervalS: 300 }), { toldAtUs: NOW_US - 300 * S }).inS, 0)
})

test('an alert that flaps is not told to fire anew before it has cooled down; its end is', () => {
  const cooling = { cooldownS: 600 }
  const toldAtUs = NOW_US - 60 * S
  assert.equal(paced(telling(cooling, { toldAtUs })).inS, 540)
  assert.equal(paced(telling(cooling, { toldAtUs, reminder: 1 })).inS, 0)
  const end = telling(cooling, { toldAtUs })
  assert.equal(paced({ ...end, entry: { ...end.entry, to: 'ok' } }).inS, 0)
  assert.equal(paced(telling(cooling)).inS, 0)
})

test('what was tried before waits for nothing', () => {
  const pacing = { waitS: 30, intervalS: 300, cooldownS: 600 }
  assert.equal(
    paced(telling(pacing, { attempts: 1, toldAtUs: NOW_US }), { toldAtUs: NOW_US }).inS,
    0,
  )
})

/** `[second, host, to]` each. */
function counted(
  pacing: Partial<ChannelPacing>,
  ...all: readonly (readonly [number, string, 'pending' | 'firing' | 'ok'])[]
): number {
  const changes = all.map(([atS, host, to]): CountedChange => {
    const { entry } = telling({}, { host })
    const from = to === 'ok' ? 'firing' : 'ok'
    return { ...entry, from, to, atUs: NOW_US + atS * S }
  })
  return countMessages(changes, { ...PACING_DEFAULTS, ...pacing }, NOW_US + 3_600 * S)
}

test('messages are counted as they would be told', () => {
  const flapping = [0, 10, 20, 30].flatMap(atS => [
    [atS, 'a', 'firing'] as const,
    [atS + 5, 'a', 'ok'] as const,
  ])
  assert.equal(counted({}, ...flapping), 8)
  const waits = [0, 'b', 'pending'] as const
  assert.equal(counted({}, waits, ...flapping), 8, 'nobody hears of what only waits')
  assert.equal(counted({ cooldownS: 600 }, ...flapping), 2)
  assert.equal(counted({ waitS: 8 }, ...flapping), 0, 'over before anybody is told')
  assert.equal(counted({ intervalS: 60 }, ...flapping), 2)
  const many = ['a', 'b', 'c'].map((host, n) => [n, host, 'firing'] as const)
  assert.equal(counted({}, ...many), 3)
  assert.equal(counted({ waitS: 10 }, ...many), 1)
  assert.equal(counted({ waitS: 10, groupBy: ['host'] }, ...many), 3)
  assert.equal(counted({ repeatS: 600 }, [0, 'a', 'firing']), 7)
  assert.equal(counted({ repeatS: 600 }, [0, 'a', 'firing'], [1_500, 'a', 'ok']), 4)
  const hosts = Array.from({ length: 3_000 }, (_, n) => [0, `h${n}`, 'firing'] as const)
  assert.equal(counted({ repeatS: 60, groupBy: ['...'] }, ...hosts), MESSAGES_COUNTED_MAX)
})
