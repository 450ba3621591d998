/**
 * An anomaly in the actor that runs live, over eleven hours of a virtual clock, killed on the way:
 * it warms up and says so, and its firings are those of a backtest of the same logs.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredAlertRule, WarmUp } from '#actors/catalog/alert-rules.ts'
import type { NewStateChange } from '#actors/catalog/alert-states.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { type ProcessBatch, processBatch } from '#actors/processing/process-batch.ts'
import { envelopeOf } from '#actors/processing/testing/plain-records.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { formatTime } from '#proto/time.ts'
import { seededRandom } from '#runtime/index.ts'
import { type TestActor, testActor } from '#runtime/testing/test-actor.ts'
import type { FedBatch } from './alert-feed.ts'
import { type AlertDeps, type AlertMessage, alerts } from './alerts.ts'
import { backtest } from './backtest.ts'
import { type Replay, replay } from './replay.ts'

const START_US = Date.UTC(2026, 0, 1) * 1_000
const MINUTE_US = 60_000_000
const MINUTES = 660
/** Four times as many as usual, for a quarter of an hour. */
const isBurst = (minute: number): boolean => minute >= 520 && minute < 535
const KILLED_AT = [100, 527]

const RULE = {
  name: 'Unusual traffic',
  aggregate: 'anomaly(count)',
  window: '10m',
  condition: '> 5',
  by: ['service'],
}

interface Minute {
  readonly receivedAtUs: number
  readonly rows: readonly string[]
  readonly memory: SharedArrayBuffer
}

/** What was logged in each minute, as the log and as a search have it. */
function history(): Minute[] {
  const random = seededRandom(5)
  return Array.from({ length: MINUTES }, (_, minute) => {
    const receivedAtUs = START_US + minute * MINUTE_US + 1
    const builder = new BatchBuilder({ sdkName: 'test', sdkVersion: '1' })
    const services = ['shop', 'mail'].flatMap(service => {
      const most = service === 'shop' && isBurst(minute) ? 60 : 12
      return Array.from({ length: most - random.below(4) }, () => service)
    })
    const rows = services.map((service, row) => {
      const timeUs = receivedAtUs - row
      const log = { service, host: 'web-1', file: '', message: 'served' }
      assert.equal(builder.append({ timeUs, severity: 9, ...log, attributes: [] }), null)
      const ids = { trace_id: null, span_id: null, pattern_id: null, attributes: {} }
      const times = { time: formatTime(timeUs, 6), ingested_at: formatTime(receivedAtUs, 6) }
      return JSON.stringify({ level: 'INFO', id: `${1e15 + row}`, ...log, ...ids, ...times })
    })
    const bytes = builder.seal()
    const memory = new SharedArrayBuffer(bytes.length)
    new Uint8Array(memory).set(bytes)
    return { receivedAtUs, rows, memory }
  })
}

/** The log, the catalog and the actor, which may be killed and goes on. */
class World {
  readonly told: NewStateChange[] = []
  readonly warmUps: WarmUp[] = []
  readonly #minutes: readonly Minute[]
  readonly #rule: StoredAlertRule
  /** Batches that were committed, and those that the actor has absorbed. */
  #end = 0
  #absorbed = 0
  #saved: { readonly position: number; readonly state: Uint8Array } | null = null
  #atUs = START_US
  actor: TestActor<AlertMessage>

  constructor(minutes: readonly Minute[]) {
    this.#minutes = minutes
    const times = { createdAtUs: START_US, updatedAtUs: START_US, updatedBy: 'ada' }
    const known = { projectId: 'p', version: 1, fault: null, warmUp: null, uncounted: null }
    this.#rule = { id: 'r', rule: RULE, ...known, ...times }
    this.actor = this.#started()
  }

  async minute(at: number): Promise<void> {
    this.#end = at + 1
    const { receivedAtUs } = this.#minutes[at] ?? assert.fail()
    this.#moveTo(receivedAtUs)
    this.#feed(at)
    await this.actor.settle()
    this.#moveTo(receivedAtUs + MINUTE_US - 1_000)
    await this.actor.settle()
  }

  /** All that it has not saved it reads again. */
  async kill(): Promise<void> {
    this.actor.kill()
    this.actor = this.#started()
    this.actor.clock.shiftWall((this.#atUs - this.actor.clock.nowUs()) / 1_000)
    this.#absorbed = this.#saved?.position ?? 0
    await this.actor.settle()
    for (let at = this.#absorbed; at < this.#end; at++) this.#feed(at)
    await this.actor.settle()
  }

  #moveTo(atUs: number): void {
    this.actor.clock.advance((atUs - this.#atUs) / 1_000)
    this.#atUs = atUs
  }

  #feed(at: number): void {
    const { receivedAtUs, memory, rows } = this.#minutes[at] ?? assert.fail()
    const envelope = envelopeOf({
      projectId: 'p',
      receivedAtUs: BigInt(receivedAtUs),
      recordCount: rows.length,
    })
    const batch: FedBatch['entry']['batch'] = {
      memory,
      offset: 0,
      length: memory.byteLength,
      retain() {},
      release() {},
    }
    const entry = { partition: 0, position: at + 1, envelope, batch }
    const done = (): void => void (this.#absorbed = Math.max(this.#absorbed, at + 1))
    this.actor.tell({ type: 'fed', batch: { entry, generation: 1, done } })
  }

  #started(): TestActor<AlertMessage> {
    const pool: AlertDeps['pool'] = {
      run: async <Output>(_: string, input: unknown) =>
        processBatch(input as ProcessBatch).result as Output,
    }
    return testActor(alerts, {
      projectId: 'p',
      pool,
      rules: {
        list: async () => [this.#rule],
        noteBegun: async () => undefined,
        noteUncounted: async () => undefined,
        noteWarmUp: async (_id, _version, warmUp) => void this.warmUps.push(warmUp),
      },
      states: {
        record: async changes => this.told.push(...changes),
      },
      faults: { note: async () => undefined },
      checkpoints: {
        claim: async () => [
          { partition: 0, fence: 1, position: null, state: null, ...this.#saved },
        ],
        save: async ({ position, state }) => {
          this.#saved = { position, state }
          return true
        },
      },
      feed: {
        isWatched: () => true,
        hasBegun: () => true,
        begin: (_, positions) => ({
          positions: positions ?? Positions.NONE,
          generation: 1,
          knownSinceUs: START_US,
        }),
        saved() {},
        partitionsOf: () => new Set([0]),
        coveredBy: () => {
          const isAll = this.#absorbed === this.#end
          const atUs = this.actor.clock.nowUs()
          return isAll ? { positions: Positions.at(this.#end), atUs } : null
        },
      },
      logName: () => 'journal',
      onTold() {},
      onFenced: () => assert.fail('nobody else is there'),
      onFault: error => assert.fail(error),
    })
  }
}

type Told = Pick<NewStateChange, 'key' | 'to' | 'value' | 'windowEndUs'>
const plain = ({ key, to, value, windowEndUs }: Told): string =>
  `${key} ${to} ${formatTime(windowEndUs)} ${value?.toFixed(9)}`

test('what fires live, killed on the way, is what a backtest says; until it knows, it says so', async () => {
  const minutes = history()
  const world = new World(minutes)
  await world.actor.settle()
  for (let at = 0; at < MINUTES; at++) {
    await world.minute(at)
    if (KILLED_AT.includes(at)) await world.kill()
  }
  world.actor.kill()

  const parsed = parseAlertRule(RULE)
  assert.ok(parsed.type === 'rule')
  const endUs = START_US + MINUTES * MINUTE_US
  const input = { rule: parsed.rule, isMetrics: false, startUs: START_US, endUs, pointUs: null }
  const { changes, warmUp } = await backtest(input, {
    pool: { run: async <Output>(_: string, piece: unknown) => replay(piece as Replay) as Output },
    async *rowsOf(fromUs, toUs) {
      const seen = minutes.filter(each => each.receivedAtUs >= fromUs && each.receivedAtUs < toUs)
      for (const { rows } of seen) yield rows
    },
  })
  // A replay may tell again what was told already: the catalog takes each window's word once.
  const live = [...new Set(world.told.map(plain))]
  assert.deepEqual(changes.map(plain), live)
  assert.deepEqual(
    live.map(each => each.split(' ').slice(0, 2).join(' ')),
    ['["shop"] firing', '["shop"] ok'],
  )
  const bursts = changes.map(({ windowEndUs }) => (windowEndUs - START_US) / MINUTE_US)
  assert.ok((bursts[0] ?? 0) >= 520 && (bursts[0] ?? 0) < 524, bursts.join())

  const progress = [
    ...new Set(world.warmUps.map(({ samples, warming }) => `${samples}/${warming}`)),
  ]
  assert.deepEqual(progress.slice(0, 3), ['0/2', '1/2', '2/2'])
  assert.deepEqual(progress.slice(-2), ['23/2', '0/0'])
  assert.equal(warmUp?.warming, 0)
})
