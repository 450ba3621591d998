/**
 * An hour of logs in virtual time, evaluated batch by batch as it comes and kept by a store: a
 * backtest of that hour out of the store says what was said live.
 */
import assert from 'node:assert/strict'
import { type AlertChange, AlertEngine, type StoredRule } from '#actors/alerts/alert-engine.ts'
import { type BacktestDeps, backtest } from '#actors/alerts/backtest.ts'
import { nextLookMs } from '#actors/alerts/partition-clocks.ts'
import { type Replay, replay } from '#actors/alerts/replay.ts'
import { openRows } from '#actors/processing/rows.ts'
import { RuleSet } from '#actors/processing/windows/window-deltas.ts'
import type { PlainLog } from '#actors/store/testing/random-logs.ts'
import { NEVER, PROJECT, Rig, START_US, type StoreWorld } from '#actors/store/testing/store-rig.ts'
import { type BatchSource, encodeLogs, envelopeOf } from '#actors/store/testing/test-log.ts'
import type { AlertRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { openProven } from '#proto/log-batch.ts'
import { type Random, seededRandom } from '#runtime/random.ts'
import { ruleRows } from '../rule-rows.ts'

const SECOND_US = 1_000_000
const END_US = START_US + 3_600 * SECOND_US
/** Of rows when they are received: prompt, overtaken, late, too late, of a clock that is ahead. */
const AGES_S = [0, 0, 0.2, 0.9, 4, 40, 400, -3]
const FLUSHED_AT = 200
const SEED = 1
const PROJECT_OF_CALLER = { id: PROJECT, role: 'owner', permissions: [], timeZone: 'UTC' } as const

const RULES = [
  { name: 'errors', query: 'level:error', condition: '> 6', by: ['service'], window: '1m' },
  { name: 'held', query: 'level:error', condition: '>= 8', for: '40s', keep_firing_for: '1m' },
  { name: 'slow', aggregate: 'p95(ms)', condition: '> 900', resolve: 850, window: '2m' },
  { name: 'users', aggregate: 'distinct(user)', condition: '>= 20', by: ['service'] },
  { name: 'silent', aggregate: 'absence', by: ['service'], window: '2m' },
].map(rule => storedRule({ window: '1m', ...rule }))

/** Of all rules, or of those named: each asks the store a hundred times. */
export async function compareHour(
  world: StoreWorld,
  names: readonly string[] = RULES.map(({ id }) => id),
): Promise<void> {
  const rig = await Rig.open(world, seededRandom(SEED))
  const live = await liveHour(rig, seededRandom(SEED))
  await rig.covered()
  const pool: BacktestDeps['pool'] = {
    run: async <Value>(_: string, input: unknown) => replay(input as Replay) as Value,
  }
  for (const { id, rule } of RULES.filter(({ id }) => names.includes(id))) {
    const asked = { project: PROJECT_OF_CALLER, nowUs: END_US, store: rig.store, signal: NEVER }
    const range = { isMetrics: false, startUs: START_US, endUs: END_US, pointUs: null }
    const told = await backtest({ rule, ...range }, { pool, rowsOf: ruleRows(rule, asked) })
    const own = live.filter(({ ruleId }) => ruleId === id)
    assert.deepEqual(plain(told.changes), plain(own), rule.name)
    assert.ok(
      own.some(({ to }) => to === 'firing'),
      `${rule.name} never fired`,
    )
  }
  await rig.close()
}

/** What rules said of batches as they came, on a clock that is looked at as often as live. */
async function liveHour(rig: Rig, random: Random): Promise<readonly AlertChange[]> {
  const engine = new AlertEngine()
  engine.setRules(RULES)
  const set = new RuleSet(RULES.map(({ rule }) => rule))
  const changes: AlertChange[] = []
  let lookUs = START_US
  const lookUntil = (untilUs: number): void => {
    for (; lookUs < untilUs; lookUs += nextLookMs(lookUs) * 1_000) {
      changes.push(...engine.advance(lookUs))
    }
  }
  for (const { source, logs } of batches(random)) {
    // The first half is in files, the rest still in memory.
    if (source.sequence === FLUSHED_AT) await rig.store.flush()
    lookUntil(source.receivedAtUs)
    await rig.appendFrom(source, logs)
    const rows = openRows(envelopeOf(source, logs), openProven(encodeLogs(logs)))
    const deltas = set.deltas(rows, source.receivedAtUs)
    changes.push(...engine.absorb(deltas, RULES, source.receivedAtUs))
  }
  lookUntil(END_US)
  changes.push(...engine.advance(END_US))
  return changes
}

/** Quiet and busy minutes, with one in which a service is silent. */
function* batches(random: Random): Iterable<{ source: BatchSource; logs: PlainLog[] }> {
  let receivedAtUs = START_US
  for (let sequence = 1; ; sequence++) {
    receivedAtUs += 1 + random.below(16 * SECOND_US)
    if (receivedAtUs >= END_US) return
    const minute = Math.floor((receivedAtUs - START_US) / (60 * SECOND_US))
    const isBurst = minute % 7 === 3
    const count = (isBurst ? 10 : 1) + random.below(9)
    const services = minute % 20 < 5 ? ['api', 'mail'] : ['api', 'mail', 'shop']
    const logs = Array.from({ length: count }, () =>
      randomLog(random, { receivedAtUs, services, isBurst }),
    )
    yield { source: { projectId: PROJECT, producer: 1n, epoch: 0, sequence, receivedAtUs }, logs }
  }
}

interface Minute {
  readonly receivedAtUs: number
  readonly services: readonly string[]
  readonly isBurst: boolean
}

function randomLog(random: Random, { receivedAtUs, services, isBurst }: Minute): PlainLog {
  const pick = <Value>(values: readonly Value[]) => values[random.below(values.length)] as Value
  return {
    timeUs: receivedAtUs - Math.round(pick(AGES_S) * SECOND_US),
    subNs: 0,
    severity: random.below(isBurst ? 2 : 12) === 0 ? 17 : 9,
    severityText: '',
    service: pick(services),
    host: '',
    file: '',
    message: random.below(9) === 0 ? 'the card declined it: card declined' : 'done',
    traceId: '',
    spanId: '',
    attributes: [
      ['ms', random.below(isBurst ? 1_000 : 800)],
      ['user', `u${random.below(isBurst ? 60 : 9)}`],
    ],
  }
}

function storedRule(wish: { readonly name: string; readonly window: string }): StoredRule {
  const parsed = parseAlertRule({ lateness: '5s', ...wish })
  assert.equal(parsed.type, 'rule', JSON.stringify(parsed))
  const { rule } = parsed as { readonly rule: AlertRule }
  return { id: wish.name, version: 1, updatedAtUs: START_US, rule }
}

const plain = (changes: readonly AlertChange[]): string[] =>
  changes
    .map(({ key, from, to, windowEndUs, value }) =>
      [key, from, to, new Date(windowEndUs / 1_000).toISOString(), value].join(' '),
    )
    .toSorted()
