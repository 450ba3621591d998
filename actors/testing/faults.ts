/** What goes wrong, at random, until it is told to stop; and then nothing more goes wrong. */
import type { Random } from '#runtime/random.ts'
import type { DiskErrorCode, DiskOperation } from '#runtime/testing/simulated-disk.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'
import type { LogBreak, LogBreaks } from './broken-log.ts'
import { CUTS } from './line.ts'
import type { Network } from './network.ts'
import type { Latency } from './pipeline.ts'
import type { Removals } from './removals.ts'
import type { SdkProgram } from './sdk-program.ts'
import type { Server } from './server.ts'
import type { TailReader } from './tail-reader.ts'

const SERVER_FAULTS = [
  'kill',
  'stop',
  'power loss',
  'power loss at an operation',
  'power loss after a kill',
  'failed sync',
  'disk full',
  'disk fails',
  'slow disk',
  'slow tasks',
  'worker dies',
  'journal thread dies',
  'segment thread dies',
  'task fails',
  'project crashes',
  'tail crashes',
] as const
type ServerFault = (typeof SERVER_FAULTS)[number]

export const FAULTS = [
  ...SERVER_FAULTS,
  'connection cut',
  'lossy network',
  'network away',
  'key revoked',
  'program crashes',
  'tail cut',
  'tail slow',
  'tail paused',
  'tail away',
  'clock set',
  'flush',
  'expiry',
  'deletion',
  'project dropped',
] as const
export type FaultName = (typeof FAULTS)[number]

type Deeds = Readonly<Record<FaultName, () => void>>

export interface FaultTargets {
  readonly sim: Simulation
  readonly server: Server
  readonly network: Network
  readonly breaks: LogBreaks
  readonly diskLatency: Latency
  readonly taskLatency: Latency
  readonly programs: readonly SdkProgram[]
  readonly readers: readonly TailReader[]
  readonly keyIds: readonly string[]
  readonly removals: Removals
}

const LAST_MS_MAX = 3_000
const SOON_MS_MAX = 300
/** A page that sleeps may find that the journal does not reach back. */
const AWAY_MS_MAX = 15_000
/** How far the wall clock is set, forwards or back. */
const CLOCK_MS_MAX = 3_000
const STRIKE_CHANCE = 0.5
const STRIKE_MS_MAX = 15
const BOOT_TROUBLE_CHANCE = 0.25
const FAILING: readonly DiskOperation[] = [
  'create',
  'write',
  'truncate',
  'sync',
  'rename',
  'remove',
  'sync-folder',
  'open',
  'read',
  'list',
]
const BREAKS: readonly LogBreak[] = ['before-append', 'after-append', 'producer']
const TASKS = ['prove-batch', 'process-batch', 'decode-json'] as const

export class Faults {
  readonly counts = new Map<FaultName, number>()
  /** Times at which the disk was failing, also a little later: what failed then is told late. */
  excusedUntilMs = 0
  readonly #targets: FaultTargets
  readonly #random: Random
  readonly #names: readonly FaultName[]
  readonly #deeds: Deeds
  #isOver = false

  /** `names` are those that happen in this run. */
  constructor(targets: FaultTargets, names: readonly FaultName[]) {
    this.#targets = targets
    this.#names = names
    this.#random = targets.sim.newRandom()
    this.#deeds = { ...this.#atServer(), ...this.#around() }
  }

  /** One after the other, and some at the same time, for so long. */
  async run(forMs: number, gapMs: number): Promise<void> {
    const { sim } = this.#targets
    const endMs = sim.clock.monotonicMs() + forMs
    while (this.#names.length > 0) {
      await sim.sleep(this.#random.unit() * gapMs * 2)
      if (sim.clock.monotonicMs() >= endMs) break
      this.#happen()
    }
    this.#heal()
  }

  /** Much is on its way right now: a moment at which faults do most. */
  strike(): void {
    if (this.#random.unit() >= STRIKE_CHANCE) return
    void this.#targets.sim.sleep(this.#random.unit() * STRIKE_MS_MAX).then(() => this.#happen())
  }

  #happen(): void {
    const name = this.#names[this.#random.below(Math.max(1, this.#names.length))]
    if (name === undefined || this.#isOver) return
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    this.#targets.sim.trace(`fault: ${name}`)
    this.#deeds[name]()
  }

  /** A process that starts may die before it is up. */
  booted(): void {
    const { server, sim } = this.#targets
    if (this.#isOver || this.#random.unit() >= BOOT_TROUBLE_CHANCE) return
    if (this.#names.includes('power loss at an operation') && this.#random.below(2) === 0) {
      server.disk.crashAt(1 + this.#random.below(25))
    } else if (this.#names.includes('kill')) {
      const { process } = server
      void sim.sleep(this.#random.unit() * 60).then(() => process?.kill())
    }
  }

  #heal(): void {
    this.#isOver = true
    const { server, network, breaks, diskLatency, taskLatency, readers } = this.#targets
    server.disk.failWhen(() => undefined)
    server.disk.setCapacity(Number.POSITIVE_INFINITY)
    server.disk.crashAt(Number.MAX_SAFE_INTEGER / 2)
    network.isDown = false
    network.lossChance = 0
    breaks.disarm()
    diskLatency.maxMs = NORMAL_MS
    taskLatency.maxMs = NORMAL_MS
    for (const reader of readers) reader.isSlow = false
  }

  /** What each does to the server's machine and threads. */
  #atServer(): Pick<Deeds, ServerFault> {
    const { server, breaks, diskLatency, taskLatency } = this.#targets
    const random = this.#random
    return {
      kill: () => server.process?.kill(),
      stop: () => void server.restart(),
      'power loss': () => server.process?.losePower(),
      'power loss at an operation': () => {
        if (server.process !== null) server.disk.crashAt(1 + random.below(40))
      },
      'power loss after a kill': () => {
        server.process?.kill()
        this.#soon(() => server.process?.losePower())
      },
      'failed sync': () => this.#failSync(),
      'disk full': () => this.#fillDisk(),
      'disk fails': () => this.#failDisk(),
      'slow disk': () => this.#slow(diskLatency),
      'slow tasks': () => this.#slow(taskLatency),
      'worker dies': () => server.pipeline?.pool.crashThread(),
      'journal thread dies': () => this.#crashService(1),
      'segment thread dies': () => this.#crashService(0),
      'task fails': () => this.#failTask(),
      'project crashes': () => breaks.arm(BREAKS[random.below(BREAKS.length)] ?? 'producer'),
      'tail crashes': () => breaks.arm('end'),
    }
  }

  /** Things that happen to the network, to senders and readers, or that people do. */
  #around(): Omit<Deeds, ServerFault> {
    const { server, network, programs, keyIds, removals, sim } = this.#targets
    const random = this.#random
    return {
      'connection cut': () => network.cutOne(CUTS[random.below(CUTS.length)] ?? 'both'),
      'lossy network': () => {
        network.lossChance = 0.02 + random.unit() * 0.2
        this.#after(() => {
          network.lossChance = 0
        })
      },
      'network away': () => {
        network.isDown = true
        this.#after(() => {
          network.isDown = false
        })
      },
      'key revoked': () =>
        server.pipeline?.streams.revoked(keyIds[random.below(keyIds.length)] as string),
      'program crashes': () => programs[random.below(programs.length)]?.crash(),
      'tail cut': () => this.#reader()?.cut(),
      'tail slow': () => this.#slowReader(),
      'tail paused': () => void this.#reader()?.pauseForAWhile(),
      'tail away': () => this.#reader()?.stayAway(random.unit() * AWAY_MS_MAX),
      'clock set': () => sim.clock.shiftWall(random.below(2 * CLOCK_MS_MAX) - CLOCK_MS_MAX),
      // It may say that the disk does not take it: then it was in vain.
      flush: () => void server.pipeline?.store.flush().catch(() => undefined),
      expiry: () => void removals.expire(),
      'project dropped': () => void removals.drop(),
      deletion: () => void removals.delete(),
    }
  }

  #reader(): TailReader | undefined {
    const { readers } = this.#targets
    return readers[this.#random.below(Math.max(1, readers.length))]
  }

  #slowReader(): void {
    const reader = this.#reader()
    if (reader === undefined) return
    reader.isSlow = true
    this.#after(() => {
      reader.isSlow = false
    })
  }

  #fillDisk(): void {
    const { disk } = this.#targets.server
    disk.setCapacity(disk.usedBytes() + this.#random.below(6_000))
    this.#after(() => disk.setCapacity(Number.POSITIVE_INFINITY))
  }

  #failDisk(): void {
    const { disk } = this.#targets.server
    const random = this.#random
    const code: DiskErrorCode = random.below(3) === 0 ? 'ENOSPC' : 'EIO'
    const chance = random.unit() < 0.3 ? 1 : 0.05 + random.unit() * 0.4
    const chosen = FAILING.filter(() => random.below(2) === 0)
    disk.failWhen(operation => {
      if (!chosen.includes(operation) || random.unit() >= chance) return undefined
      this.#excuseFor(1_000)
      return code
    })
    this.#after(() => disk.failWhen(() => undefined))
  }

  /** What a failed sync left is put to the test at once: only what was synced later counts. */
  #failSync(): void {
    const { server } = this.#targets
    const code: DiskErrorCode = this.#random.below(2) === 0 ? 'ENOSPC' : 'EIO'
    let isOver = false
    server.disk.failWhen(operation => {
      if (isOver || operation !== 'sync') return undefined
      isOver = true
      this.#excuseFor(1_000)
      const { process } = server
      this.#soon(() => (this.#random.below(2) === 0 ? process?.kill() : process?.losePower()))
      return code
    })
  }

  #slow(latency: Latency): void {
    latency.maxMs = 5 + this.#random.unit() * 150
    this.#after(() => {
      latency.maxMs = NORMAL_MS
    })
  }

  #crashService(index: number): void {
    this.#excuseFor(1)
    this.#targets.server.pipeline?.services[index]?.crash()
  }

  #failTask(): void {
    const task = TASKS[this.#random.below(TASKS.length)] as string
    const failure = Object.assign(new Error('planned failure of a task'), { code: PLANNED })
    this.#targets.server.pipeline?.pool.failNext(task, failure)
  }

  #excuseFor(ms: number): void {
    const untilMs = this.#targets.sim.clock.monotonicMs() + ms
    this.excusedUntilMs = Math.max(this.excusedUntilMs, untilMs)
  }

  #soon(run: () => void): void {
    void this.#targets.sim.sleep(this.#random.unit() * SOON_MS_MAX).then(() => {
      if (!this.#isOver) run()
    })
  }

  #after(end: () => void): void {
    void this.#targets.sim.sleep(50 + this.#random.unit() * LAST_MS_MAX).then(end)
  }
}

/** Code of errors that were thrown on purpose, over there in a task. */
export const PLANNED = 'LOGBOY_PLANNED_FAILURE'

/** What a message to a thread takes when all is well. */
export const NORMAL_MS = 0.5
