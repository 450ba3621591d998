/**
 * Several processes evaluate the rules of an installation, and are killed, cut off and given other
 * partitions at random: in the end what was told is what one process says that saw everything.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewStateChange } from '#actors/catalog/alert-states.ts'
import { MemoryCheckpoints } from '#actors/commit-log/testing/memory-catalog.ts'
import { processBatch } from '#actors/processing/process-batch.ts'
import { packRules } from '#actors/processing/windows/window-rules.ts'
import { PROJECT_RESTART } from '#actors/project/project.ts'
import type { AlertRuleText } from '#proto/alert-rule.ts'
import type { Random } from '#runtime/index.ts'
import type { SimulatedProcess } from '#runtime/testing/simulated-process.ts'
import { type Simulation, simulate } from '#runtime/testing/simulation.ts'
import { AlertEngine } from './alert-engine.ts'
import { Alerting } from './alerting.ts'
import { type AlertDeps, type AlertMessage, alerts } from './alerts.ts'
import { inputOf } from './batch-queue.ts'
import { stateChange } from './state-change.ts'
import { loadRules } from './stored-rules.ts'
import { MemoryAlertRules } from './testing/memory-alerts.ts'
import { MemoryStates } from './testing/memory-states.ts'
import { type Member, SharedLog } from './testing/shared-log.ts'

/** 500 for the long run. */
const SEEDS = Number(process.env.LOGBOY_SHARED_ALERT_SEEDS ?? 3)

/** Snapshots know the places of a list by the time of the next one. */
const MOVE_AGAIN_MS = 20_000
const PARTITIONS = 4
const LISTS: Readonly<Record<string, readonly number[]>> = {
  alone: [0],
  other: [1],
  spread: [2, 3],
  moved: [3],
}
const PROJECTS = Object.keys(LISTS)
const RULES: readonly AlertRuleText[] = [
  { name: 'burst', condition: '> 2', window: '10s', lateness: '2s', by: ['service'] },
  { name: 'quiet', aggregate: 'absence', window: '10s', lateness: '2s' },
  { name: 'lasting', condition: '>= 4', window: '12s', lateness: '1s', for: '3s' },
  { name: 'few', condition: '< 2', window: '20s', lateness: '3s', keep_firing_for: '5s' },
]
const MANIFEST = {
  tasks: { 'process-batch': () => Promise.resolve(processBatch as never) },
  services: {},
}

interface Evaluating {
  readonly process: SimulatedProcess
  readonly member: Member
  readonly alerting: Alerting
}

class World {
  readonly sim: Simulation
  readonly random: Random
  readonly log = new SharedLog(PARTITIONS)
  readonly rules = new MemoryAlertRules()
  readonly #checkpoints = new MemoryCheckpoints()
  readonly #fences = new Map<string, number>()
  readonly states = new MemoryStates(projectId => this.#fences.get(projectId) ?? 0)
  readonly running = new Set<Evaluating>()
  #booted = 0
  #mayMoveMs = 0
  /** How much goes wrong with the catalog. */
  trouble = 0

  constructor(sim: Simulation) {
    this.sim = sim
    this.random = sim.newRandom()
  }

  boot(): Evaluating {
    const { sim } = this
    const process = sim.boot(`p${++this.#booted}`, sim.newDisk())
    const member = this.log.open(process.clock)
    const system = process.system()
    const rules = {
      stamps: () => this.#ask(process, () => this.rules.stamps()),
      list: (projectId: string) => this.#ask(process, () => this.rules.list(projectId)),
      noteWarmUp: async () => undefined,
      noteUncounted: async () => undefined,
      noteBegun: async () => undefined,
    }
    const pool = process.taskPool(MANIFEST, { threads: 2, queueMax: 1_000, latencyMaxMs: 20 })
    const actors = system.keyed<AlertMessage, AlertDeps>(
      alerts,
      projectId => ({
        projectId,
        pool,
        logName: () => 'shared',
        rules,
        states: {
          record: (change, fence) => this.#ask(process, () => this.states.record(change, fence)),
        },
        faults: { note: async () => undefined },
        checkpoints: {
          claim: (...claim) => this.#ask(process, () => this.#claim(...claim)),
          save: checkpoint => this.#ask(process, () => this.#checkpoints.save(checkpoint)),
        },
        feed: alerting.feed,
        onTold: () => undefined,
        onFenced: () => alerting.fenced(projectId),
        onFault: () => undefined,
      }),
      { actorsMax: 100, idleMs: 60_000, restart: PROJECT_RESTART },
    )
    const alerting: Alerting = new Alerting({
      log: member,
      clock: process.clock,
      isShared: true,
      rules,
      onFault: () => undefined,
      actor: projectId => actors.ref(projectId),
    })
    const evaluating = { process, member, alerting }
    this.running.add(evaluating)
    void alerting.start()
    return evaluating
  }

  kill(evaluating: Evaluating): void {
    this.running.delete(evaluating)
    evaluating.process.kill()
    evaluating.member.stop()
    this.log.lose(evaluating.member)
  }

  /** On the other side of a network: done, not done, or done and not answered. */
  async #ask<Value>(process: SimulatedProcess, work: () => Value | Promise<Value>): Promise<Value> {
    await this.sim.sleep(this.random.below(30))
    const isLost = this.random.below(100) < this.trouble
    if (isLost && this.random.below(2) === 0) throw new Error('the catalog is away')
    const answer = await work()
    await new Promise<void>(resolve => void process.clock.after(this.random.below(30), resolve))
    if (isLost) throw new Error('the answer was lost')
    return answer
  }

  async #claim(...claim: Parameters<MemoryCheckpoints['claim']>) {
    const claims = await this.#checkpoints.claim(...claim)
    this.#fences.set(claim[1], claims[0]?.fence ?? 0)
    return claims
  }

  /** Rows of one moment, received now, from the partition that their sender has. */
  write(projectId: string, count: number, service = 'web'): void {
    const list = this.log.lists.get(projectId) ?? []
    const partition = list[this.random.below(list.length)] ?? 0
    const nowUs = this.sim.clock.nowUs()
    // Which window a late row fires early depends on what was read before it: so it has to be one
    // order.
    const lateUs = (LISTS[projectId]?.length ?? 0) > 1 || projectId === 'moved' ? 1 : 1_500_000
    const records = Array.from({ length: count }, () => ({
      timeUs: nowUs - this.random.below(lateUs),
      severity: 17,
      service,
      host: '',
      file: '',
      message: 'card declined',
      attributes: [],
    }))
    this.log.commit(projectId, partition, nowUs, records)
  }

  /** The batches of a project go elsewhere from now on, which everybody learns a little later. */
  move(list: readonly number[]): void {
    if (this.sim.clock.monotonicMs() < this.#mayMoveMs) return
    this.#mayMoveMs = this.sim.clock.monotonicMs() + MOVE_AGAIN_MS
    this.log.lists.set('moved', list)
    for (const { process, alerting } of this.running) {
      const learn = (): void => void alerting.rulesChanged().catch(() => undefined)
      process.clock.after(this.random.below(500), learn)
    }
  }

  async steadily(ms: number): Promise<void> {
    for (let spentMs = 0; spentMs < ms; spentMs += 1_000) {
      for (const projectId of PROJECTS) this.write(projectId, 1)
      await this.sim.sleep(1_000)
    }
  }
}

/** By group, `to` after `to`. */
function stories(changes: readonly NewStateChange[]): Record<string, string[]> {
  const told: Record<string, string[]> = {}
  for (const { projectId, about, key, to } of changes) {
    const story = `${projectId} ${about.rule} ${key}`
    told[story] = [...(told[story] ?? []), to]
  }
  return told
}

/** What one process says that reads everything in the order of receipt. */
async function undisturbed({ log, rules, sim }: World, sinceUs: number): Promise<NewStateChange[]> {
  const changes: NewStateChange[] = []
  for (const projectId of PROJECTS) {
    const loaded = (await loadRules(rules, projectId, [])).rules
    const packed = packRules(
      `${projectId} whole`,
      loaded.map(({ rule }) => rule),
    )
    const engine = new AlertEngine()
    engine.setRules(loaded)
    engine.resume(sinceUs)
    const note = (told: ReturnType<AlertEngine['advance']>): void => {
      for (const change of told) {
        const stored = loaded.find(({ id }) => id === change.ruleId) ?? assert.fail()
        changes.push(stateChange(projectId, stored, change))
      }
    }
    const entries = log.entries.flat().filter(({ envelope }) => envelope.projectId === projectId)
    for (const entry of entries.toSorted(byReceipt)) {
      const batch = { entry, generation: 0, done: () => undefined }
      const ticket = { batch, rules: loaded, packed, failures: 0, deltas: undefined }
      const { deltas } = processBatch(inputOf(ticket)).result
      note(engine.absorb(deltas, loaded, Number(entry.envelope.receivedAtUs)))
    }
    note(engine.advance(sim.clock.nowUs()))
    assert.ok(
      [...engine.evaluators.values()].every(({ evaluator }) => evaluator.counters.behind === 0),
    )
  }
  return changes
}

function byReceipt(
  a: { readonly envelope: { readonly receivedAtUs: bigint } },
  b: { readonly envelope: { readonly receivedAtUs: bigint } },
): number {
  return Number(a.envelope.receivedAtUs - b.envelope.receivedAtUs)
}

async function disturb(world: World): Promise<void> {
  const { random, sim } = world
  const some = <Value>(values: readonly Value[]): Value =>
    values[random.below(values.length)] as Value
  for (let step = 0; step < 60; step++) {
    for (const projectId of PROJECTS) {
      if (random.below(3) > 0) world.write(projectId, 1 + random.below(4), some(['web', 'mail']))
    }
    const evaluating = some([...world.running])
    const what = random.below(12)
    if (what === 0 && world.running.size > 1) world.kill(evaluating)
    else if (what === 1 && world.running.size < 4) world.boot()
    else if (what === 2 && world.running.size > 1) {
      evaluating.member.cutOff()
      await sim.sleep(random.below(8_000))
      evaluating.member.findOut()
    } else if (what === 3) world.trouble = some([0, 5, 30])
    else if (what === 4) world.log.share()
    else if (what === 5) world.move(some([[3], [1], [1, 3], [0, 2], [2]]))
    await sim.sleep(random.below(some([200, 2_000, 8_000])))
  }
  world.trouble = 0
}

async function run(sim: Simulation): Promise<number> {
  const world = new World(sim)
  for (const [projectId, list] of Object.entries(LISTS)) {
    world.log.lists.set(projectId, list)
    const edit = { projectId, by: 'nobody', atUs: sim.clock.nowUs() }
    const rules = RULES.map((rule, at) => ({ id: `${projectId}${at}`, rule }))
    await world.rules.create(edit, rules, false)
  }
  world.boot()
  world.boot()
  const sinceUs = sim.clock.nowUs()
  await sim.sleep(3_000)
  await world.steadily(12_000)
  await disturb(world)
  await world.steadily(15_000)
  await sim.sleep(40_000)
  const expected = stories(await undisturbed(world, sinceUs))
  assert.deepEqual(stories(world.states.told), expected)
  for (const each of world.running) world.kill(each)
  return world.states.told.length
}

test('what several processes tell is what one would, whoever dies or sleeps', async () => {
  let told = 0
  for (let seed = 1; seed <= SEEDS; seed++) told += (await simulate(seed, run)).result
  assert.ok(told > SEEDS * 20, `${told} changes`)
})
