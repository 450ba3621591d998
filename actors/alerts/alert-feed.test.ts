import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Positions } from '#actors/commit-log/positions.ts'
import { inlineTasks, newArena, openRealJournal } from '#actors/commit-log/testing/journals.ts'
import { VirtualClock } from '#runtime/testing/virtual-clock.ts'
import { type AlertedLog, AlertFeed } from './alert-feed.ts'
import { alertFeedSuite } from './testing/alert-feed-suite.ts'

alertFeedSuite('journal', false, async body => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-feed-'))
  const arena = newArena()
  try {
    await body({ arena, open: () => openRealJournal(arena, inlineTasks(), { folder }) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const PROJECT = 'project0aa'

/** A shared log that ends where it is said, as of then. */
function worldOf(end: number) {
  const clock = new VirtualClock()
  const state = { identity: 'first', end: Positions.of([[0, end]]), knownAtUs: 0 }
  const log: AlertedLog = {
    consume(consumer) {
      consumer.assigned?.(0, 0)
      return {
        passed: () => undefined,
        delivered: () => Positions.of([[0, 3]]),
        rewind: () => undefined,
        shareAgain: () => undefined,
        stop: async () => undefined,
      }
    },
    ends: () => ({ identity: state.identity, positions: state.end, atUs: state.knownAtUs }),
    start: () => ({ positions: Positions.NONE, receivedAtUs: 0 }),
    partitionsOf: async () => [0],
  }
  const discarded: string[] = []
  const feed = new AlertFeed({
    log,
    clock,
    isShared: true,
    onFault: error => assert.fail(error),
    feed: () => undefined,
    discarded: projectId => void discarded.push(projectId),
    shared: async () => undefined,
  })
  feed.know(new Map([[PROJECT, [0]]]))
  feed.start()
  feed.watch(PROJECT)
  /** The end is asked for, and looked at. */
  const pass = (isAsked = true): void => {
    clock.advance(600)
    if (isAsked) state.knownAtUs = clock.nowUs()
    clock.advance(600)
  }
  return { feed, clock, state, discarded, pass }
}

test('a snapshot behind which a log that was made anew has nothing is discarded, and told', () => {
  const { feed, clock, discarded, pass } = worldOf(5)
  const saved = Positions.of([[0, 5_000]])
  assert.deepEqual(feed.begin(PROJECT, saved).positions, saved)
  pass(false)
  assert.deepEqual(discarded, [], 'the end that is known may be an old one')
  pass()
  assert.deepEqual(discarded, [PROJECT])
  assert.equal(feed.hasBegun(PROJECT), false)
  const begun = feed.begin(PROJECT, saved)
  assert.deepEqual(begun.positions.pairs(), [[0, 3]], 'it goes on with what comes')
  assert.equal(begun.knownSinceUs, clock.nowUs(), 'and knows nothing from before')
  pass()
  assert.deepEqual(discarded, [PROJECT], 'once')
  feed.close()
})

test('a snapshot that the log reaches, if only later, stays', () => {
  const { feed, state, discarded, pass } = worldOf(5)
  const saved = Positions.of([[0, 9]])
  feed.begin(PROJECT, saved)
  pass(false)
  state.end = saved
  pass()
  pass()
  assert.deepEqual(discarded, [])
  assert.equal(feed.hasBegun(PROJECT), true)
  feed.close()
})

test('a log that was made anew under its name is another one, however long it is', () => {
  const { feed, clock, state, discarded, pass } = worldOf(5)
  const saved = Positions.of([[0, 5]])
  feed.begin(PROJECT, saved)
  pass()
  assert.deepEqual(discarded, [])
  state.identity = 'second'
  state.end = Positions.of([[0, 5_000]])
  pass()
  assert.deepEqual(discarded, [PROJECT])
  assert.equal(feed.hasBegun(PROJECT), false)
  assert.equal(feed.begin(PROJECT, null).knownSinceUs, clock.nowUs(), 'nobody knows the rest')
  pass()
  assert.deepEqual(discarded, [PROJECT], 'once')
  feed.close()
})
