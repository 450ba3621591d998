/** Senders on one catalog, and changes of alerts that they tell a channel by mail. */
import assert from 'node:assert/strict'
import { ALERT_GROUP, ALERT_PARTITION } from '#actors/catalog/alert-states.ts'
import type { ChannelOutbox } from '#actors/catalog/channel-outbox.ts'
import type { SqlCatalog } from '#actors/catalog/sql-catalog.ts'
import { alertChange } from '#actors/catalog/testing/alert-tests.ts'
import { newChannel } from '#actors/catalog/testing/channel-tests.ts'
import { newProject } from '#actors/catalog/testing/people.ts'
import type { Coordination } from '#actors/coordination/coordination.ts'
import { newHint } from '#actors/coordination/shared-look.ts'
import type { ChannelPacing } from '#proto/channel-pacing.ts'
import { seededRandom } from '#runtime/index.ts'
import { nextRound } from '#runtime/scheduler.ts'
import { type TestActor, testActor } from '#runtime/testing/test-actor.ts'
import { SealedSettings } from '../channel-settings.ts'
import { NO_FINDINGS } from '../findings.ts'
import type { CountedChange } from '../message-count.ts'
import { type NotifierMessage, notifier } from '../notifier.ts'

const S = 1_000_000
export const RULES = ['r1', 'r2'] as const
export const HOSTS = ['a', 'b'] as const
const settings = new SealedSettings([Buffer.alloc(32, 7)], seededRandom(1))
const random = seededRandom(2)
let runs = 0

export interface SenderChange {
  readonly atS: number
  readonly rule: (typeof RULES)[number]
  readonly host: (typeof HOSTS)[number]
  readonly to: 'firing' | 'ok'
}

export interface Told {
  readonly atS: number
  readonly subject: string
  readonly changes: readonly string[]
}

/** A project with a channel and rules; what its changes are, and what was told of them. */
export interface SenderProject {
  readonly projectId: string
  readonly channelId: string
  readonly told: readonly Told[]
  readonly entries: readonly CountedChange[]
  readonly change: (change: SenderChange) => Promise<void>
  readonly acknowledge: () => Promise<void>
}

/** Senders at second 0, one for each of `claimers`. */
export async function senderWorld(
  catalog: SqlCatalog,
  claimers: readonly Pick<Coordination, 'claim'>[],
) {
  const run = ++runs
  const actors: TestActor<NotifierMessage>[] = []
  const waiting = new Set<Promise<unknown>>()
  const outbox = watched(catalog.channelOutbox, waiting)
  const told = new Map<string, Told[]>()
  const projects: SenderProject[] = []
  const nowS = (): number => ((actors[0]?.clock.nowUs() ?? startUs) - startUs) / S
  let startUs = 0
  for (const [n, coordination] of claimers.entries()) {
    const actor = testActor(notifier, {
      outbox,
      silences: catalog.silences,
      coordination: { claim: (key, ttlMs) => watch(waiting, coordination.claim(key, ttlMs)) },
      settings,
      random: seededRandom(run * 10 + n),
      evidence: async () => ({ lines: [], findings: NO_FINDINGS }),
      // The mail carries what it is about.
      link: changes =>
        changes.map(({ ruleId: rule, key, to }) => `${rule.slice(0, 2)} ${key} ${to}`).join('|'),
      links: { of: () => null },
      mailer: {
        type: 'mail',
        send: async ({ to, subject, text }) => {
          const [, changes = ''] = /^logs: (.*)$/m.exec(text) ?? []
          told.get(to)?.push({ atS: nowS(), subject, changes: changes.split('|') })
        },
        close: () => undefined,
      },
      allowPrivate: false,
      onFault: error => assert.fail(error),
    })
    actors.push(actor)
    startUs = actor.clock.nowUs()
  }
  return {
    startUs,
    open: async (pacing: ChannelPacing): Promise<SenderProject> => {
      const projectId = `p${String(run).padStart(5, '0')}${String(projects.length).padStart(4, '0')}`
      const mails: Told[] = []
      told.set(`${projectId}@example.org`, mails)
      const project = await openProject(catalog, { projectId, pacing, startUs, told: mails })
      projects.push(project)
      return project
    },
    /** To the next second, with everything that is due in it. */
    second: async (): Promise<void> => {
      for (const { clock } of actors) clock.advance(1_000)
      await quiet(waiting)
    },
    /** One alert's changes are taken one after the other. */
    look: async (rounds = 2): Promise<void> => {
      for (let n = 0; n < rounds; n++) {
        const hint = newHint(random)
        for (const actor of actors) actor.tell({ type: 'hinted', hint })
        await quiet(waiting)
      }
    },
    end: async (): Promise<void> => {
      for (const actor of actors) actor.kill()
      await quiet(waiting)
      for (const { projectId, channelId } of projects) {
        await catalog.alertChannels.delete(projectId, channelId)
      }
    },
  }
}

async function openProject(
  catalog: SqlCatalog,
  {
    projectId,
    pacing,
    startUs,
    told,
  }: Pick<SenderProject, 'projectId' | 'told'> & { pacing: ChannelPacing; startUs: number },
): Promise<SenderProject> {
  await catalog.createProject(newProject(projectId))
  const sealed = settings.seal({ kind: 'email', to: [`${projectId}@example.org`] })
  const channelId = `channel-${projectId}`
  await catalog.alertChannels.create(
    newChannel(channelId, { projectId, kind: 'email', sealed, pacing }),
  )
  const ruleId = (rule: string): string => `${rule}-${projectId}`
  const rules = RULES.map(rule => ({ id: ruleId(rule), rule: { name: rule, condition: '> 20' } }))
  await catalog.alertRules.create({ projectId, by: 'ada', atUs: 0 }, rules, false)
  const [claim] = await catalog.checkpoints.claim(ALERT_GROUP, projectId, [ALERT_PARTITION], 'p')
  const entries: CountedChange[] = []
  let windows = 1
  return {
    projectId,
    channelId,
    told,
    entries,
    change: async ({ atS, rule, host, to }: SenderChange) => {
      const { about } = alertChange(projectId, '')
      const made = alertChange(projectId, ruleId(rule), {
        key: JSON.stringify([host]),
        to,
        windowEndUs: startUs + windows++,
        atUs: startUs + atS * S,
        about: { ...about, rule, group: { host } },
        targets: [],
      })
      if ((await catalog.alertStates.record([made], claim?.fence ?? 0)) !== 1) return
      entries.push({ ...made, from: to === 'ok' ? 'firing' : 'ok' })
    },
    acknowledge: async () => {
      for (const { id } of await catalog.alertStates.active(projectId)) {
        const how = { by: 'ada', note: null, atUs: startUs }
        await catalog.alertStates.acknowledge(projectId, id, how)
      }
    },
  }
}

function watched(outbox: ChannelOutbox, waiting: Set<Promise<unknown>>): ChannelOutbox {
  return {
    take: asked => watch(waiting, outbox.take(asked)),
    hold: (tellings, hold) => watch(waiting, outbox.hold(tellings, hold)),
    attempted: (delivery, atUs) => watch(waiting, outbox.attempted(delivery, atUs)),
    paces: of => watch(waiting, outbox.paces(of)),
    movePaces: (paces, mark) => watch(waiting, outbox.movePaces(paces, mark)),
  }
}

/** The call is in the set for as long as it runs. */
async function watch<Result>(
  waiting: Set<Promise<unknown>>,
  call: Promise<Result>,
): Promise<Result> {
  waiting.add(call)
  return call.finally(() => waiting.delete(call))
}

/** Until nobody waits for the catalog, nor begins to. */
async function quiet(waiting: ReadonlySet<Promise<unknown>>): Promise<void> {
  for (let still = 0; still < 5; still++) {
    if (waiting.size > 0) still = 0
    await Promise.allSettled(waiting)
    await nextRound()
  }
}
