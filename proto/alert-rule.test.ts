import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AlertRuleText, printAlertRule, slideOf } from './alert-rule.ts'
import { parseAlertRule } from './alert-rule-parser.ts'
import { alertRuleArbitrary } from './testing/alert-rule-arbitrary.ts'

const RULE: AlertRuleText = { name: 'errors', query: 'level:error', condition: '> 20' }

/** `member: message` of each fault. */
function faultsOf(change: Record<string, unknown>): string[] {
  const parsed = parseAlertRule({ ...RULE, ...change })
  return parsed.type === 'rule'
    ? []
    : parsed.faults.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('every rule reads back as it was, through JSON', () => {
  fc.assert(
    fc.property(alertRuleArbitrary, rule => {
      const text = JSON.stringify(printAlertRule(rule))
      assert.deepEqual(parseAlertRule(JSON.parse(text)), { type: 'rule', rule }, text)
    }),
    { numRuns: 1_000 },
  )
})

test('whatever is given, the answer is a rule or what is wrong with it', () => {
  const anything = fc.oneof(
    fc.anything(),
    fc.record(
      {
        name: fc.anything(),
        query: fc.oneof(fc.anything(), fc.string()),
        aggregate: fc.oneof(
          fc.anything(),
          fc.constantFrom('p95(', 'ratio(x:)', 'sum()', 'count(x)'),
        ),
        metric: fc.anything(),
        window: fc.oneof(fc.anything(), fc.constantFrom('1s', '121s', '25h', '')),
        condition: fc.anything(),
        resolve: fc.anything(),
        by: fc.anything(),
        labels: fc.anything(),
        for: fc.anything(),
      },
      { requiredKeys: [] },
    ),
  )
  fc.assert(
    fc.property(anything, value => {
      const parsed = parseAlertRule(value)
      assert.ok(parsed.type === 'rule' || parsed.faults.length > 0)
    }),
    { numRuns: 2_000 },
  )
})

test('what is wrong is told with its place, all of it at once', () => {
  assert.deepEqual(faultsOf({}), [])
  const told = (change: Record<string, unknown>) => faultsOf(change).join('\n')
  assert.match(told({ treshold: 3 }), /^treshold: a rule has no member "treshold"/)
  assert.match(told({ windw: '5m' }), /did you mean window\?/)
  assert.match(told({ query: 'a | count' }), /^query: /)
  assert.match(told({ query: 'time:>now-5m' }), /^query: time: the window says/)
  assert.match(
    told({ aggregate: 'p12(x)' }),
    /^aggregate: unknown aggregate "p12\(x\)": expected count/,
  )
  assert.match(told({ aggregate: 'p95(message)' }), /^aggregate: message is no field of numbers/)
  assert.match(told({ metric: '9', aggregate: 'count' }), /^metric: .*\naggregate: of a metric/)
  assert.match(told({ window: '5s' }), /^window: expected a duration .* from 10s to 1d$/)
  assert.match(told({ window: '123s' }), /^window: .* multiple of 10s$/)
  assert.match(
    told({ aggregate: 'change', window: '1d' }),
    /^window: a change looks at two windows/,
  )
  assert.match(told({ condition: '20' }), /^condition: expected >/)
  const unusual = { aggregate: 'anomaly(count)', condition: '> 5' }
  assert.deepEqual(faultsOf(unusual), [])
  assert.match(told({ ...unusual, window: '2h' }), /^window: .* at most 60m$/)
  assert.match(told({ ...unusual, groups_max: 1_001 }), /^groups_max: .* to 1000$/)
  assert.match(told({ ...unusual, condition: '> 1000' }), /^condition: scores end at 1000/)
  assert.match(told({ aggregate: 'anomaly(change)' }), /unknown aggregate "change": expected count/)
  assert.match(told({ aggregate: 'anomaly' }), /unknown aggregate "anomaly": .*anomaly\(AGG/)
  assert.match(told({ condition: '>= 0' }), /^condition: there are never fewer than 0/)
  assert.match(told({ resolve: 21 }), /^resolve: expected at most 20/)
  assert.match(told({ aggregate: 'absence' }), /^condition: absence holds or not/)
  assert.match(told({ by: ['host', 'message'] }), /^by.1: every message would be a group/)
  assert.match(told({ by: ['a', 'b', 'c', 'd'] }), /^by: expected up to 3/)
  assert.match(told({ labels: { 'a b': 'x' } }), /^labels.a b: expected letters/)
  assert.match(told({ runbook: 'javascript:x' }), /^runbook: expected a link/)
  assert.equal(faultsOf({ window: 1, severity: 'bad', name: '' }).length, 3)
})

test('a fault in a query points into it', () => {
  const parsed = parseAlertRule({ ...RULE, query: 'level:error (a', aggregate: 'ratio(x AND)' })
  assert(parsed.type === 'faults')
  const offsets = parsed.faults.map(({ path, offset }) => [...path, offset])
  assert.deepEqual(offsets, [
    ['aggregate', 8],
    ['query', 12],
  ])
  const nested = parseAlertRule({ ...RULE, aggregate: 'anomaly(ratio(x AND))' })
  assert(nested.type === 'faults')
  assert.deepEqual(nested.faults[0]?.offset, 16)
})

test('windows slide in fine steps, from ten seconds to a day', () => {
  const windowsS = [10, 120, 130, 1_200, 1_260, 7_200, 7_800, 86_400]
  assert.deepEqual(windowsS.map(slideOf), [1, 1, 10, 10, 60, 60, 600, 600])
  for (const windowS of windowsS) {
    const steps = windowS / slideOf(windowS)
    assert.ok(Number.isInteger(steps) && steps >= 10 && steps <= 144, `${windowS} s: ${steps}`)
    assert.deepEqual(faultsOf({ window: `${windowS}s` }), [])
  }
})
