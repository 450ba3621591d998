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
import { ALERT_GROUP, ALERT_PARTITION } from '#actors/catalog/alert-states.ts'
import type { ChannelOutbox } from '#actors/catalog/channel-outbox.ts'
import { openEmbeddedCatalog } from '#actors/catalog/open-catalog.ts'
import type { SqlCatalog } from '#actors/catalog/sql-catalog.ts'
import { alertChange } from '#actors/catalog/testing/alert-tests.ts'
import { newChannel } from '#actors/catalog/testing/channel-tests.ts'
import { newProject } from '#actors/catalog/testing/people.ts'
import { InProcessCoordination } from '#actors/coordination/in-process.ts'
import { newHint } from '#actors/coordination/shared-look.ts'
import { type ChannelPacing, PACING_DEFAULTS } from '#proto/channel-pacing.ts'
import { seededRandom } from '#runtime/index.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { type TestActor, testActor } from '#runtime/testing/test-actor.ts'
import { SealedSettings } from './channel-settings.ts'
import { NO_FINDINGS } from './findings.ts'
import { type CountedChange, countMessages } from './message-count.ts'
import { type NotifierMessage, notifier } from './notifier.ts'

const RUNS = Number(process.env['LOGBOY_PACING_CASES'] ?? 2)
const S = 1_000_000
/** Everything is told by then. */
const LAST_S = 30
const RULES = ['r1', 'r2'] as const
const HOSTS = ['a', 'b'] as const
const folder = mkdtempSync(join(tmpdir(), 'logboy-paced-'))
const settings = new SealedSettings([Buffer.alloc(32, 7)], seededRandom(1))
let catalog: SqlCatalog
const random = seededRandom(2)
let runs = 0

before(async () => {
  catalog = await openEmbeddedCatalog(folder)
})
after(async () => {
  await catalog.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Change {
  readonly atS: number
  readonly rule: (typeof RULES)[number]
  readonly host: (typeof HOSTS)[number]
  readonly to: 'firing' | 'ok'
}

interface Told {
  readonly atS: number
  readonly subject: string
  readonly changes: readonly string[]
}

/** A project of its own with a channel, rules and senders, at second 0. */
async function world(pacing: ChannelPacing, senders: number) {
  const projectId = `paced${String(++runs).padStart(5, '0')}`
  await catalog.createProject(newProject(projectId))
  const sealed = settings.seal({ kind: 'email', to: ['ops@example.org'] })
  const channelId = `channel-${projectId}`
  await catalog.alertChannels.create(
    newChannel(channelId, { projectId, kind: 'email', sealed, pacing }),
  )
  const ruleId = (rule: string): string => `${rule}-${projectId}`
  const rules = RULES.map(rule => ({ id: ruleId(rule), rule: { name: rule, condition: '> 20' } }))
  await catalog.alertRules.create({ projectId, by: 'ada', atUs: 0 }, rules, false)
  const [claim] = await catalog.checkpoints.claim(ALERT_GROUP, projectId, [ALERT_PARTITION], 'p')
  const told: Told[] = []
  const coordination = new InProcessCoordination({ monotonicMs: () => actors[0]?.clock.monotonicMs() ?? 0 })
  const actors: TestActor<NotifierMessage>[] = []
  const waiting = new Set<Promise<unknown>>()
  const outbox = watched(catalog.channelOutbox, waiting)
  const nowS = (): number => ((actors[0]?.clock.nowUs() ?? startUs) - startUs) / S
  let startUs = 0
  for (let n = 0; n < senders; n++) {
    const actor = testActor(notifier, {
      outbox,
      silences: catalog.silences,
      coordination,
      settings,
      random: seededRandom(runs * 10 + n),
      evidence: async () => ({ lines: [], findings: NO_FINDINGS }),
      // The mail carries what it is about.
      link: changes =>
        changes.map(({ ruleId: rule, key, to }) => `${rule.slice(0, 2)} ${key} ${to}`).join('|'),
      links: { of: () => null },
      mailer: {
        type: 'mail',
        send: async ({ subject, text }) => {
          const [, changes = ''] = /^logs: (.*)$/m.exec(text) ?? []
          told.push({ atS: nowS(), subject, changes: changes.split('|') })
        },
        close: () => undefined,
      },
      allowPrivate: false,
      onFault: error => assert.fail(error),
    })
    actors.push(actor)
    startUs = actor.clock.nowUs()
  }
  const entries: CountedChange[] = []
  let windows = 1
  return {
    projectId,
    channelId,
    told,
    entries,
    startUs,
    change: async ({ atS, rule, host, to }: Change) => {
      const { about } = alertChange(projectId, '')
      const made = alertChange(projectId, ruleId(rule), {
        key: JSON.stringify([host]),
        to,
        windowEndUs: startUs + windows++,
        atUs: startUs + atS * S,
        about: { ...about, rule, group: { host } },
        targets: [],
      })
      if ((await catalog.alertStates.record(made, claim?.fence ?? 0)) !== 'told') return
      entries.push({ ...made, from: to === 'ok' ? 'firing' : 'ok' })
    },
    /** To the next second, with everything that is due in it. */
    async second() {
      for (const { clock } of actors) clock.advance(1_000)
      await quiet(waiting)
    },
    /** One alert's changes are taken one after the other. */
    async look(rounds = 2) {
      for (let n = 0; n < rounds; n++) {
        const hint = newHint(random)
        for (const actor of actors) actor.tell({ type: 'hinted', hint })
        await quiet(waiting)
      }
    },
    /** As a Redis that comes back empty. */
    forget: () => coordination.flush(),
    async acknowledge() {
      for (const { id } of await catalog.alertStates.active(projectId)) {
        await catalog.alertStates.acknowledge(projectId, id, {
          by: 'ada',
          note: null,
          atUs: startUs,
        })
      }
    },
    async end() {
      for (const actor of actors) actor.kill()
      await quiet(waiting)
      await catalog.alertChannels.delete(projectId, channelId)
    },
  }
}

/** Every call is in the set for as long as it runs. */
function watched(outbox: ChannelOutbox, waiting: Set<Promise<unknown>>): ChannelOutbox {
  const watch = async <Result>(call: Promise<Result>): Promise<Result> => {
    waiting.add(call)
    return call.finally(() => waiting.delete(call))
  }
  return {
    take: asked => watch(outbox.take(asked)),
    hold: (tellings, hold) => watch(outbox.hold(tellings, hold)),
    attempted: (delivery, atUs) => watch(outbox.attempted(delivery, atUs)),
    paces: of => watch(outbox.paces(of)),
    movePaces: (paces, mark) => watch(outbox.movePaces(paces, mark)),
  }
}

/** Until nobody waits for the catalog, nor begins to. */
async function quiet(waiting: ReadonlySet<Promise<unknown>>): Promise<void> {
  for (let still = 0; still < 5; still++) {
    if (waiting.size > 0) still = 0
    await Promise.allSettled(waiting)
    await nextRound()
  }
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

test('two senders tell what a rehearsal of the same changes counts, each of it once', async () => {
  await fc.assert(
    fc.asyncProperty(pacings, events, losses, async (pacing, all, lost) => {
      const { told, entries, startUs, ...of } = await world(pacing, 2)
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
    { numRuns: RUNS, endOnFailure: true },
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
  const all = await world({ ...PACING_DEFAULTS, repeatS: 10 }, 2)
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
