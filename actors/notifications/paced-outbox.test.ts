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
import {
  HOSTS,
  RULES,
  type SenderChange,
  type SenderProject,
  senderWorld,
  type Told,
} from './testing/sender-world.ts'

/** Cases that share a world: it is asked each second, however many there are. */
const CASES_AT_ONCE = 12
const RUNS = Math.ceil(Number(process.env['LOGBOY_PACING_CASES'] ?? 24) / CASES_AT_ONCE)
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
async function world() {
  const ticks = { nowMs: 0 }
  const claims = new InProcessCoordination({ monotonicMs: () => ticks.nowMs })
  const all = await senderWorld(catalog, [claims, claims])
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

interface PacedCase {
  readonly pacing: ChannelPacing
  readonly events: readonly SenderChange[]
}

const cases = fc.record({ pacing: pacings, events })
const KNOWN: readonly PacedCase[] = [
  {
    // An end that waits is over again when a reminder is due: both are forgotten, and it is told.
    pacing: { groupBy: ['alertname'], waitS: 5, intervalS: 4, repeatS: 6, cooldownS: 0 },
    events: [
      { atS: 1, rule: 'r2', host: 'a', to: 'firing' },
      { atS: 8, rule: 'r2', host: 'a', to: 'ok' },
      { atS: 12, rule: 'r2', host: 'a', to: 'firing' },
    ],
  },
  {
    // The same in the second in which something else of the group is told: it comes along.
    pacing: { groupBy: [], waitS: 0, intervalS: 9, repeatS: 6, cooldownS: 0 },
    events: [
      { atS: 1, rule: 'r1', host: 'a', to: 'firing' },
      { atS: 6, rule: 'r2', host: 'b', to: 'firing' },
      { atS: 9, rule: 'r1', host: 'a', to: 'ok' },
      { atS: 10, rule: 'r1', host: 'a', to: 'firing' },
    ],
  },
  {
    // It ends while a reminder waits: the end waits for others, not for what is no longer true.
    pacing: { groupBy: ['alertname'], waitS: 5, intervalS: 0, repeatS: 6, cooldownS: 0 },
    events: [
      { atS: 3, rule: 'r2', host: 'a', to: 'firing' },
      { atS: 15, rule: 'r2', host: 'a', to: 'ok' },
    ],
  },
]

test('two senders tell what a rehearsal of the same changes counts, each of it once', async () => {
  const many = fc.array(cases, { minLength: CASES_AT_ONCE, maxLength: CASES_AT_ONCE })
  await fc.assert(fc.asyncProperty(many, losses, checkCases), {
    numRuns: RUNS,
    endOnFailure: true,
    examples: [[[...KNOWN], new Set<number>()]],
  })
})

async function checkCases(all: readonly PacedCase[], lost: ReadonlySet<number>): Promise<void> {
  const { open, forget, second, look, end, startUs } = await world()
  const opened: (PacedCase & { readonly project: SenderProject })[] = []
  for (const each of all) opened.push({ ...each, project: await open(each.pacing) })
  for (let atS = 0; atS <= LAST_S; atS++) {
    if (lost.has(atS)) forget()
    let changes = 0
    for (const { events: its, project } of opened) {
      const now = its.filter(one => one.atS === atS)
      for (const each of now) await project.change(each)
      changes = Math.max(changes, now.length)
    }
    if (atS > 0) await second()
    await look(2 + changes)
    for (const { pacing, events: its, project } of opened) {
      const counted = countMessages(project.entries, pacing, startUs + atS * S)
      const which = `at ${atS} of ${JSON.stringify({ pacing, events: its })}`
      assert.equal(project.told.length, counted, which)
    }
  }
  await end()
  for (const each of opened) checkTold(each)
}

function checkTold({ pacing, events: all, project }: PacedCase & { project: SenderProject }): void {
  const { told, entries } = project
  checkTurns(told, pacing)
  for (const { rule, host } of all) {
    const alert = `${rule} ["${host}"]`
    const last = told.findLast(({ changes }) => changes.some(text => text.startsWith(alert)))
    const state = entries.findLast(({ about, key }) => about.rule === rule && key === `["${host}"]`)
    const isTold = last?.changes.includes(`${alert} firing`) === true
    assert.equal(isTold, state?.to === 'firing', `${alert} in the end`)
  }
}

/** Beginning and end of an alert take turns; what is between them are reminders. */
function checkTurns(told: readonly Told[], { repeatS, intervalS }: ChannelPacing): void {
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
  const { open, second, look, end } = await world()
  const { change, acknowledge, told, channelId } = await open({ ...PACING_DEFAULTS, repeatS: 10 })
  await change({ atS: 0, rule: 'r1', host: 'a', to: 'firing' })
  await look()
  for (let n = 0; n < 25; n++) await second()
  assert.deepEqual(
    told.map(({ atS, subject }) => `${atS} ${subject.split(':')[0]}`),
    ['0 FIRING', '10 STILL FIRING', '20 STILL FIRING'],
  )
  await acknowledge()
  for (let n = 0; n < 15; n++) await second()
  assert.equal(told.length, 3)
  await change({ atS: 40, rule: 'r1', host: 'a', to: 'ok' })
  await look()
  assert.match(told.at(-1)?.subject ?? '', /^RESOLVED/)
  const deliveries = await catalog.alertChannels.deliveries(channelId, { before: null, limit: 9 })
  assert.deepEqual(
    deliveries.map(({ isReminder, isRepeatPossible, attempt }) => [
      isReminder,
      isRepeatPossible,
      attempt,
    ]),
    [false, true, true, false].map(isReminder => [isReminder, false, 1]),
  )
  await end()
})
