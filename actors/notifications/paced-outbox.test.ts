/**
 * Two senders on one catalog, with every pacing: nothing is told twice, nothing that should be told
 * is not, and there are as many messages as a rehearsal counts.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { openEmbeddedCatalog } from '#actors/catalog/open-catalog.ts'
import type { SqlCatalog } from '#actors/catalog/sql-catalog.ts'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import { type ChannelPacing, PACING_DEFAULTS } from '#proto/channel-pacing.ts'
import { countMessages } from './message-count.ts'
import { HOSTS, RULES, type SenderChange, senderWorld, type Told } from './testing/sender-world.ts'

const RUNS = Number(process.env['LOGBOY_PACING_CASES'] ?? 2)
const S = 1_000_000
/** Everything is told by then. */
const LAST_S = 30
const folder = mkdtempSync(join(tmpdir(), 'logboy-paced-'))
let catalog: SqlCatalog

before(async () => {
  catalog = await openEmbeddedCatalog(folder)
})
after(async () => {
  await catalog.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Two senders that share claims. */
async function world(pacing: ChannelPacing) {
  const ticks = { nowMs: 0 }
  const claims = new InProcessCoordination({ monotonicMs: () => ticks.nowMs })
  const all = await senderWorld(catalog, { pacing, claimers: [claims, claims] })
  const next = async (): Promise<void> => {
    ticks.nowMs += 1_000
    await all.second()
  }
  return { ...all, second: next, forget: () => claims.flush() }
}

const seconds = (...all: readonly number[]) => fc.constantFrom(...all)
const pacings = fc.record({
  groupBy: fc.constantFrom(['alertname'], [], ['...'], ['host']),
  waitS: seconds(0, 0, 2, 5),
  intervalS: seconds(0, 0, 4, 9),
  repeatS: seconds(0, 0, 6, 13),
  cooldownS: seconds(0, 0, 7),
})
/** Seconds at which all that Redis had is lost. */
const losses = fc
  .oneof(fc.constant(Array.from({ length: LAST_S }, (_, atS) => atS)), fc.array(fc.nat(LAST_S)))
  .map(all => new Set(all))
const events = fc.array(
  fc.record({
    atS: fc.integer({ min: 0, max: 15 }),
    rule: fc.constantFrom(...RULES),
    host: fc.constantFrom(...HOSTS),
    to: fc.constantFrom('firing' as const, 'ok' as const),
  }),
  { maxLength: 16 },
)

/** An end that waits is over again when a reminder is due: both are forgotten, and it is told. */
const FORGOTTEN: [ChannelPacing, SenderChange[]] = [
  { groupBy: ['alertname'], waitS: 5, intervalS: 4, repeatS: 6, cooldownS: 0 },
  [
    { atS: 1, rule: 'r2', host: 'a', to: 'firing' },
    { atS: 8, rule: 'r2', host: 'a', to: 'ok' },
    { atS: 12, rule: 'r2', host: 'a', to: 'firing' },
  ],
]

test('two senders tell what a rehearsal of the same changes counts, each of it once', async () => {
  await fc.assert(
    fc.asyncProperty(pacings, events, losses, async (pacing, all, lost) => {
      const { told, entries, startUs, ...of } = await world(pacing)
      for (let atS = 0; atS <= LAST_S; atS++) {
        if (lost.has(atS)) of.forget()
        const changes = all.filter(one => one.atS === atS)
        for (const each of changes) await of.change(each)
        if (atS > 0) await of.second()
        await of.look(2 + changes.length)
        assert.equal(told.length, countMessages(entries, pacing, startUs + atS * S), `at ${atS}`)
      }
      await of.end()
      checkTold(told, pacing)
      for (const { rule, host } of all) {
        const alert = `${rule} ["${host}"]`
        const last = told.findLast(({ changes }) => changes.some(text => text.startsWith(alert)))
        const state = entries.findLast(
          ({ about, key }) => about.rule === rule && key === `["${host}"]`,
        )
        const isTold = last?.changes.includes(`${alert} firing`) === true
        assert.equal(isTold, state?.to === 'firing', `${alert} in the end`)
      }
    }),
    { numRuns: RUNS, endOnFailure: true, examples: [[...FORGOTTEN, new Set<number>()]] },
  )
})

/** Beginning and end of an alert take turns; what is between them are reminders. */
function checkTold(told: readonly Told[], { repeatS, intervalS }: ChannelPacing): void {
  const firing = new Map<string, number>()
  for (const { atS, subject, changes } of told) {
    for (const text of changes) {
      const [alert = '', to] = text.split(/ (?=\w+$)/)
      const sinceS = firing.get(alert)
      if (subject.startsWith('STILL')) assert.ok(atS - (sinceS ?? atS) >= repeatS, 'not too early')
      else assert.equal(sinceS !== undefined, to === 'ok', `${text} at ${atS}`)
      if (to === 'firing') firing.set(alert, atS)
      else firing.delete(alert)
    }
  }
  const begins = told.filter(({ subject }) => subject.startsWith('FIRING: r1 '))
  for (const [n, { atS }] of begins.entries()) {
    const before = begins[n - 1]?.atS ?? -Infinity
    const isOfOne = begins[n]?.changes.join() === begins[n - 1]?.changes.join()
    if (isOfOne) assert.ok(atS - before >= intervalS, 'news no sooner than the interval')
  }
}

test('what fires is told again until somebody acknowledges it, under an id of its own', async () => {
  const all = await world({ ...PACING_DEFAULTS, repeatS: 10 })
  await all.change({ atS: 0, rule: 'r1', host: 'a', to: 'firing' })
  await all.look()
  for (let n = 0; n < 25; n++) await all.second()
  assert.deepEqual(
    all.told.map(({ atS, subject }) => `${atS} ${subject.split(':')[0]}`),
    ['0 FIRING', '10 STILL FIRING', '20 STILL FIRING'],
  )
  await all.acknowledge()
  for (let n = 0; n < 15; n++) await all.second()
  assert.equal(all.told.length, 3)
  await all.change({ atS: 40, rule: 'r1', host: 'a', to: 'ok' })
  await all.look()
  assert.match(all.told.at(-1)?.subject ?? '', /^RESOLVED/)
  const deliveries = await catalog.alertChannels.deliveries(all.channelId, {
    before: null,
    limit: 9,
  })
  assert.deepEqual(
    deliveries.map(({ isReminder, isRepeatPossible, attempt }) => [
      isReminder,
      isRepeatPossible,
      attempt,
    ]),
    [false, true, true, false].map(isReminder => [isReminder, false, 1]),
  )
  await all.end()
})
