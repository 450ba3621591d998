import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { seededRandom } from '#runtime/index.ts'
import { type AlertChange, AlertEngine, type StoredRule } from './alert-engine.ts'
import { PartitionClocks } from './partition-clocks.ts'
import { runStep } from './testing/engine-run.ts'
import { NaiveAlerts, type PlainStep } from './testing/naive-alerts.ts'
import {
  randomAnomaly,
  randomDays,
  randomHistory,
  randomRule,
  START_US,
} from './testing/random-history.ts'
import { WindowReader } from './window-value.ts'

/** 20,000 for the long run. */
const CASES = Number(process.env.LOGBOY_ALERT_CASES ?? 400)

/** Days of history: each costs as much as some hundred others. */
const ANOMALY_CASES = Math.ceil(CASES / 40)

function randomCase(seed: number) {
  const random = seededRandom(seed)
  const rule = randomRule(random)
  return { random, rule, stored: storedAs(rule), steps: randomHistory(random, rule) }
}

function anomalyCase(seed: number) {
  const random = seededRandom(seed)
  const rule = randomAnomaly(random)
  return { random, rule, stored: storedAs(rule), steps: randomDays(random, rule) }
}

function storedAs(rule: AlertRule): StoredRule {
  return { id: 'r', version: 1, updatedAtUs: START_US, rule }
}

const plain = (
  { key, from, to, windowEndUs, value }: Omit<AlertChange, 'atUs'>,
  { aggregate: { fn } }: AlertRule,
) => {
  // Numbers are whole, and quantiles of them within 2.2 %.
  const digits = /^p\d/.test(fn) ? 0 : 9
  const told = value === null ? null : Number(value.toFixed(digits)) + 0
  return { key, from, to, windowEndUs, value: told }
}
const byGroup = <Change extends { readonly key: string; readonly windowEndUs: number }>(
  changes: readonly Change[],
) => changes.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))

test('changes are those of a naive count of all events, early or at the close of a window', () => {
  const fired = compareWithNaive(randomCase, CASES)
  assert.ok(fired > CASES / 4, `${fired} firings in ${CASES} histories`)
})

test('anomalies are those of a naive baseline of all windows there ever were', () => {
  const fired = compareWithNaive(anomalyCase, ANOMALY_CASES)
  assert.ok(fired > ANOMALY_CASES, `${fired} firings in ${ANOMALY_CASES} histories`)
})

/** Answers how often anything fired. */
function compareWithNaive(caseOf: typeof randomCase, cases: number): number {
  let fired = 0
  for (let seed = 1; seed <= cases; seed++) {
    const { rule, stored, steps } = caseOf(seed)
    const engine = new AlertEngine()
    engine.setRules([stored])
    const naive = new NaiveAlerts(rule, START_US)
    const changes = steps.flatMap(step => {
      naive.step(step)
      return runStep(engine, stored, step)
    })
    const wanted = byGroup(
      naive.changes.map(change => plain({ ...change, ruleId: 'r', version: 1 }, rule)),
    )
    const found = byGroup(changes.map(change => plain(change, rule)))
    assert.deepEqual(found, wanted, `seed ${seed}: ${JSON.stringify(rule)}`)
    const { counters } = engine.evaluators.get('r')?.evaluator ?? assert.fail()
    const { late, behind, leftOut } = naive
    assert.deepEqual({ ...counters }, { late, behind, leftOut }, `seed ${seed}`)
    fired += changes.filter(({ to }) => to === 'firing').length
  }
  return fired
}

/** What the catalog keeps of changes that come again: those that go on from what it has. */
class Told {
  readonly changes: AlertChange[] = []
  readonly #last = new Map<string, AlertChange>()

  tell(changes: readonly AlertChange[]): void {
    for (const change of changes) {
      const last = this.#last.get(change.key)
      const status = last?.to ?? 'ok'
      if (change.windowEndUs <= (last?.windowEndUs ?? 0) || change.to === status) continue
      this.#last.set(change.key, change)
      this.changes.push(change)
    }
  }
}

type PlainBatch = Extract<PlainStep, { readonly type: 'batch' }>

/** When which group fired; between two firings the clock may have moved in other steps. */
const firings = (changes: readonly AlertChange[]): string[] =>
  byGroup(changes).flatMap(({ key, from, to }) =>
    from === 'firing' || to === 'firing' ? [`${key} ${to === 'firing'}`] : [],
  )

/**
 * Rows of the moment of their receipt: which of two windows a row fires early that comes late is
 * decided by what is known by then.
 */
function prompt(batch: PlainBatch): PlainBatch {
  const events = batch.events.map(event => ({ ...event, timeUs: batch.atUs }))
  return { ...batch, events }
}

test('of two partitions one may be read far ahead of the other', () => {
  for (let seed = 1; seed <= CASES; seed++) {
    const { random, rule, stored, steps } = randomCase(seed)
    // A group is forgotten between rows that are far from each other, and is not if the later ones
    // were read already: what it had before then says something.
    if (rule.by.length > 0 && new WindowReader(rule).needsPast) continue
    // Which groups are beyond the cap is decided by what is read first, and so is which are
    // forgotten where histories are of days.
    if (rule.groupsMax < 3 || rule.windowS === 86_400) continue
    const batches = steps.flatMap(step => (step.type === 'batch' ? [prompt(step)] : []))
    const endUs = steps.at(-1)?.atUs ?? 0
    const inOrder = new AlertEngine()
    inOrder.setRules([stored])
    const wanted = batches.flatMap(step => runStep(inOrder, stored, step))
    wanted.push(...inOrder.advance(endUs))

    const partitions: (typeof batches)[] = [[], []]
    for (const batch of batches) partitions[random.below(2)]?.push(batch)
    const clocks = new PartitionClocks()
    const engine = new AlertEngine()
    engine.setRules([stored])
    const changes: AlertChange[] = []
    while (partitions.some(({ length }) => length > 0)) {
      const [at, other] = random.below(2) === 0 ? [0, 1] : [1, 0]
      const step = partitions[at]?.shift()
      if (step === undefined) continue
      clocks.heard(at, step.atUs)
      // Nothing is still to come from one that was read to its end.
      if (partitions[at]?.length === 0) clocks.heard(at, endUs)
      if (partitions[other]?.length === 0) clocks.heard(other, endUs)
      const clockUs = Math.min(step.atUs, clocks.of([0, 1]))
      changes.push(...runStep(engine, stored, step, clockUs))
    }
    changes.push(...engine.advance(endUs))
    assert.deepEqual(firings(changes), firings(wanted), `seed ${seed}: ${JSON.stringify(rule)}`)
  }
})

test('killed anywhere, a replay from any snapshot before tells no false firing and misses none', () => {
  killAnywhere(randomCase, CASES)
})

test('killed anywhere, a baseline is what it would have been', () => {
  killAnywhere(anomalyCase, ANOMALY_CASES)
})

function killAnywhere(caseOf: typeof randomCase, cases: number): void {
  for (let seed = 1; seed <= cases; seed++) {
    const { random, rule, stored, steps } = caseOf(seed)
    const whole = new AlertEngine()
    whole.setRules([stored])
    const naive = new NaiveAlerts(rule, START_US)
    const wanted = steps.flatMap(step => {
      naive.step(step)
      return runStep(whole, stored, step)
    })

    const told = new Told()
    const killedAt = random.below(steps.length)
    const savedAt = random.below(killedAt + 1)
    const first = new AlertEngine()
    first.setRules([stored])
    for (const step of steps.slice(0, savedAt)) told.tell(runStep(first, stored, step))
    const snapshot = first.snapshot()
    for (const step of steps.slice(savedAt, killedAt)) told.tell(runStep(first, stored, step))
    const second = AlertEngine.restore(snapshot, [stored])
    // The log has the batches; nobody wrote down when the clock was looked at.
    for (const step of steps.slice(savedAt, killedAt)) {
      if (step.type === 'batch') told.tell(runStep(second, stored, step))
    }
    for (const step of steps.slice(killedAt)) told.tell(runStep(second, stored, step))

    const about = `seed ${seed}, ${savedAt} to ${killedAt}: ${JSON.stringify(rule)}`
    assert.equal(uncounted(second), uncounted(whole), about)
    assert.deepEqual(episodes(told.changes), episodes(wanted), about)
    for (const { key, to, windowEndUs } of told.changes) {
      if (to === 'firing' && naive.behind === 0) assert.ok(naive.held(key, windowEndUs), about)
    }
  }
}

/** Late rows; what is behind or left out also depends on when the clock was looked at. */
function uncounted({ evaluators }: AlertEngine): number | undefined {
  return evaluators.get('r')?.evaluator.counters.late
}

/** Firings of each group by when they were over. */
function episodes(changes: readonly AlertChange[]): string[] {
  return changes
    .filter(({ from, to }) => to === 'firing' || from === 'firing')
    .map(({ key, to, windowEndUs }) => `${key} ${to} ${to === 'firing' ? '' : windowEndUs}`)
    .toSorted()
}

test('a rule that fails is left out and told, and stops no other', () => {
  const rule = { ...randomRule(seededRandom(1)), windowS: 10, latenessS: 0 }
  const stored = (id: string): StoredRule => ({ id, version: 1, updatedAtUs: START_US, rule })
  let windows = 0
  const engine = new AlertEngine(() => {
    if (++windows === 1) throw new Error('no window could be read')
  })
  engine.setRules([stored('bad'), stored('good')])
  const events = [{ timeUs: START_US + 1_000_000, key: '', number: 1, isPart: false }]
  runStep(engine, stored('bad'), { type: 'batch', atUs: START_US + 1_500_000, events })
  runStep(engine, stored('good'), { type: 'batch', atUs: START_US + 1_600_000, events })
  for (let s = 2; s < 30; s++) engine.advance(START_US + s * 1_000_000)
  assert.deepEqual([...engine.evaluators.keys()], ['good'])
  assert.deepEqual(
    engine.takeFailed().map(({ stored: { id }, error }) => [id, error.message]),
    [['bad', 'no window could be read']],
  )
  assert.deepEqual(engine.takeFailed(), [])
  assert.ok(windows > 1)
})

test('a clock that is set an hour ahead and back fires nothing false; what is late meanwhile is counted', () => {
  const parsed = parseAlertRule({ name: 'many', window: '60s', lateness: '10s', condition: '> 2' })
  assert.ok(parsed.type === 'rule')
  const stored = storedAs(parsed.rule)
  const engine = new AlertEngine()
  engine.setRules([stored])
  const at = (s: number): number => START_US + s * 1_000_000
  /** Three rows of their own time; no receipt is stamped before another. */
  let receivedS = 0
  const burst = (timeS: number, clockS: number): readonly string[] => {
    receivedS = Math.max(clockS, receivedS + 1e-6)
    const event = { key: '', timeUs: at(timeS), number: 1, isPart: false }
    const step = { type: 'batch' as const, atUs: at(receivedS), events: [event, event, event] }
    return [...runStep(engine, stored, step), ...engine.advance(at(clockS))].map(({ to }) => to)
  }
  const quiet = (fromS: number, toS: number): readonly string[] =>
    Array.from({ length: toS - fromS }, (_, s) => engine.advance(at(fromS + s)))
      .flat()
      .map(({ to }) => to)
  assert.deepEqual(burst(100, 100), ['firing'])
  assert.deepEqual(quiet(101, 110), [])
  // An hour ahead: what came before is over, a burst of then fires, and both are over in turn.
  assert.deepEqual(burst(3_711, 3_711), ['ok', 'firing'])
  // And back: rows are an hour behind the receipts that the log has given.
  assert.deepEqual(burst(120, 120), [])
  assert.deepEqual(quiet(121, 3_700), [])
  assert.equal(engine.evaluators.get('r')?.evaluator.counters.late, 3)
  // Once time has caught up all is as before.
  assert.deepEqual(quiet(3_700, 3_800), ['ok'])
  assert.deepEqual(burst(3_900, 3_900), ['firing'])
})

test('what nobody received is not missing, whether a batch or the clock comes first after it', () => {
  const rule = { ...randomRule(seededRandom(1)), by: [], latenessS: 0, forS: 0, windowS: 60 }
  const stored = storedAs({ ...rule, aggregate: { fn: 'absence' }, condition: null, resolve: null })
  const at = (s: number) => START_US + s * 1_000_000
  const batch = (s: number) => {
    const events = [{ timeUs: at(s), key: '', number: 1, isPart: false }]
    return { type: 'batch' as const, atUs: at(s), events }
  }
  for (const first of [batch(7_201), { type: 'tick' as const, atUs: at(7_201) }]) {
    const before = new AlertEngine()
    before.setRules([stored])
    for (let s = 1; s < 100; s += 10) runStep(before, stored, batch(s))
    const engine = AlertEngine.restore(before.snapshot(), [stored])
    engine.resume(at(7_200))
    // What had been committed before the end comes again, and then what is new.
    assert.deepEqual(runStep(engine, stored, batch(101)), [])
    assert.deepEqual(runStep(engine, stored, first), [], first.type)
    assert.deepEqual(runStep(engine, stored, batch(7_230)), [], first.type)
    const later = runStep(engine, stored, { type: 'tick', atUs: at(7_300) })
    assert.deepEqual(
      later.map(({ to }) => to),
      ['firing'],
    )
  }
})

test('a rule that comes while logs arrive judges no window of which it missed some', () => {
  const few = { name: 'few', window: '10s', lateness: '0s', condition: '< 3' }
  const parsed = parseAlertRule(few)
  assert.ok(parsed.type === 'rule')
  const { rule } = parsed
  const other = { ...storedAs(rule), id: 'other' }
  const engine = new AlertEngine()
  engine.setRules([other])
  const at = (ms: number): number => START_US + ms * 1_000
  const errors = (ms: number): PlainStep => {
    const event = { key: '', timeUs: at(ms), number: 1, isPart: false }
    return { type: 'batch', atUs: at(ms), events: [event, event, event] }
  }
  runStep(engine, other, errors(200))
  // It was saved before these rows came, and is known only now.
  engine.setRules([storedAs(rule)], at(200))
  const changes = [errors(10_500)].flatMap(step => runStep(engine, storedAs(rule), step))
  assert.deepEqual([...changes, ...engine.advance(at(12_000))], [])
})

test('neither rows from before a rule was saved count, nor what another version of it knew', () => {
  const many = { name: 'many', window: '10s', lateness: '10s', condition: '> 3' }
  const parsed = parseAlertRule(many)
  assert.ok(parsed.type === 'rule')
  const at = (s: number): number => START_US + s * 1_000_000
  const first = { ...storedAs(parsed.rule), updatedAtUs: at(5) }
  const two = (s: number): PlainStep => {
    const event = { key: '', timeUs: at(s), number: 1, isPart: false }
    return { type: 'batch', atUs: at(s), events: [event, event] }
  }
  const engine = new AlertEngine()
  engine.setRules([first])
  assert.deepEqual(runStep(engine, first, two(4)), [])
  assert.deepEqual(runStep(engine, first, two(6)), [], 'two came before it')
  const second = { ...first, version: 2, updatedAtUs: at(7) }
  const restored = AlertEngine.restore(engine.snapshot(), [second])
  assert.deepEqual(runStep(restored, second, two(8)), [], 'two were of the other version')
  const changes = runStep(restored, second, two(9))
  assert.deepEqual(
    changes.map(({ to, value, version }) => [to, value, version]),
    [['firing', 4, 2]],
  )
})
