/** Rules that cannot be read, or fail while they are evaluated, are noted and stop no other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RuleFault } from '#actors/catalog/alert-faults.ts'
import type { NewStateChange } from '#actors/catalog/alert-states.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { type TestActor, testActor } from '#runtime/testing/test-actor.ts'
import { type AlertMessage, alerts } from './alerts.ts'
import { RuleEvaluator } from './rule-evaluator.ts'
import { MemoryAlertRules } from './testing/memory-alerts.ts'

const PROJECT = 'project001'

type Close = RuleEvaluator['close']

test('what cannot be evaluated is noted with its version, and the others go on', async t => {
  const close = Reflect.get(RuleEvaluator.prototype, 'close') as Close
  t.mock.method(
    RuleEvaluator.prototype,
    'close',
    function (this: RuleEvaluator, ...args: Parameters<Close>): void {
      if (this.rule.name === 'broken') throw new Error('no window could be read')
      close.apply(this, args)
    },
  )
  const rules = new MemoryAlertRules()
  const silent = { aggregate: 'absence', window: '10s', lateness: '0s' }
  const made = [
    { id: 'old', rule: { name: 'old', condition: 'as it was written once' } },
    { id: 'broken', rule: { name: 'broken', ...silent } },
    { id: 'good', rule: { name: 'good', ...silent } },
  ]
  const faults: RuleFault[] = []
  const told: NewStateChange[] = []
  let hasBegun = false
  const actor: TestActor<AlertMessage> = testActor(alerts, {
    projectId: PROJECT,
    logName: () => 'journal',
    pool: { run: () => assert.fail('no batch comes') },
    rules,
    states: {
      record: async changes => told.push(...changes),
    },
    faults: { note: async fault => void faults.push(fault) },
    checkpoints: {
      claim: async () => [{ partition: 0, fence: 1, position: null, state: null }],
      save: async () => true,
    },
    feed: {
      isWatched: () => true,
      hasBegun: () => hasBegun,
      begin: () => {
        hasBegun = true
        return { positions: Positions.NONE, generation: 1, knownSinceUs: 0 }
      },
      saved: () => undefined,
      coveredBy: () => ({ positions: Positions.NONE, atUs: actor.clock.nowUs() }),
      partitionsOf: () => new Set([0]),
    },
    onTold: () => undefined,
    onFenced: () => assert.fail('nobody else is there'),
    onFault: error => assert.fail(error),
  })
  await rules.create({ projectId: PROJECT, by: 'ada', atUs: actor.clock.nowUs() }, made, false)
  await actor.settle()
  for (let s = 0; s < 15; s++) {
    for (let quarter = 0; quarter < 4; quarter++) {
      actor.clock.advance(250)
      await actor.settle()
    }
  }
  actor.kill()
  const versions = new Map((await rules.list(PROJECT)).map(({ id, version }) => [id, version]))
  assert.deepEqual(
    faults.map(({ ruleId, version, message }) => [ruleId, version, message.split(':')[0]]),
    [
      ['old', versions.get('old'), 'condition'],
      ['broken', versions.get('broken'), 'no window could be read'],
    ],
  )
  assert.deepEqual(
    told.map(({ ruleId, to }) => [ruleId, to]),
    [['good', 'firing']],
  )
  const [{ atUs, windowEndUs } = assert.fail()] = told
  assert.ok(atUs - windowEndUs <= 750_000, 'lateness is nothing: half a second, and a look')
})
