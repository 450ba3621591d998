/**
 * Every part of an installation of several processes dies or hangs in turn while logs flow: the
 * real servers, gateways and processors. Afterwards every acknowledged log is there once, in order,
 * and tails that resumed saw exactly that.
 */
import { LabCluster, type Member } from './cluster.ts'
import { type FaultOptions, type FaultResult, tell } from './fault-run.ts'
import { Follower } from './follower.ts'
import { Ledger, problemsOf } from './ledger.ts'
import { pause, until } from './pause.ts'
import { readSettled } from './searcher.ts'
import { Services } from './services.ts'
import { RequestWriter, SdkWriter, type Writer } from './writers.ts'

const VICTIMS = [
  'kafka',
  'elasticsearch',
  'postgres',
  'redis',
  'gateway-1',
  'gateway-2',
  'processor-1',
  'processor-2',
] as const
type Victim = (typeof VICTIMS)[number]

/** Logs flow so long before and after each blow. */
const FLOW_MS = 3_000
const FLOWING_MS_MAX = 90_000
const HANG_MS = 30_000
const SETTLED_MS_MAX = 120_000

export interface ScaledOptions extends Pick<FaultOptions, 'random'> {
  /** How often each victim is killed. */
  readonly rounds: number
  /** Each is also stopped for half a minute, once. */
  readonly hangs: boolean
}

export async function killedScaled(options: ScaledOptions): Promise<FaultResult> {
  const services = Services.find()
  if (services === null) return { problems: [], facts: {}, skipped: 'no services script beside us' }
  services.up()
  const cluster = await LabCluster.start(services.environment())
  const run = new ScaledRun(cluster, services)
  try {
    return await run.run(options)
  } finally {
    run.abandon()
    await cluster.end(false)
  }
}

class ScaledRun {
  readonly #cluster: LabCluster
  readonly #services: Services
  readonly #ledger = new Ledger()
  readonly #longestMs = new Map<Victim, number>()
  readonly #problems: string[] = []
  #writers: Writer[] = []
  #followers: Follower[] = []

  constructor(cluster: LabCluster, services: Services) {
    this.#cluster = cluster
    this.#services = services
  }

  async run({ rounds, hangs, random }: ScaledOptions): Promise<FaultResult> {
    const keys = await this.#cluster.createProject('faults')
    const options = (name: string) => ({ name, server: this.#cluster, keys, ledger: this.#ledger })
    this.#followers = ['', 'service:stream'].map(query => new Follower(this.#cluster, keys, query))
    for (const follower of this.#followers) await follower.started()
    this.#writers = [
      new SdkWriter(options('stream'), 'grpc'),
      new SdkWriter(options('other-stream'), 'grpc'),
      new SdkWriter(options('batches'), 'http'),
      new RequestWriter(options('keyed'), { isKeyed: true }),
      new RequestWriter(options('keyless'), { isKeyed: false }),
    ]
    for (let round = 1; round <= rounds; round++) {
      const order = VICTIMS.map(victim => ({ victim, at: random.uint32() }))
      for (const { victim } of order.sort((a, b) => a.at - b.at)) {
        await this.#strike(victim, () => this.#kill(victim))
      }
      tell(`round ${round} of ${rounds}: ${this.#ledger.acknowledged} acknowledged`)
    }
    for (const victim of hangs ? VICTIMS : []) await this.#strike(victim, () => this.#hang(victim))
    for (const writer of this.#writers) {
      await writer.stop().catch((error: Error) => this.#problems.push(error.message))
    }
    return this.#judge(keys)
  }

  abandon(): void {
    for (const follower of this.#followers) follower.stop()
  }

  async #strike(victim: Victim, blow: () => Promise<void>): Promise<void> {
    await pause(FLOW_MS)
    const begunMs = performance.now()
    await blow()
    if (!(await this.#flowsAgain())) this.#problems.push(`nothing flows after ${victim}`)
    const tookMs = performance.now() - begunMs
    this.#longestMs.set(victim, Math.max(tookMs, this.#longestMs.get(victim) ?? 0))
    tell(`${victim}: flows again after ${Math.round(tookMs)} ms`)
  }

  async #kill(victim: Victim): Promise<void> {
    if (isMember(victim)) {
      const member = this.#cluster.member(victim)
      await member.kill()
      await pause(500)
      await member.start()
      return
    }
    this.#services.kill(victim)
    await pause(500)
    // What depended on it may have died with it.
    this.#services.up()
  }

  async #hang(victim: Victim): Promise<void> {
    if (isMember(victim)) process.kill(this.#cluster.member(victim).pid, 'SIGSTOP')
    else this.#services.pause(victim)
    await pause(HANG_MS)
    if (isMember(victim)) process.kill(this.#cluster.member(victim).pid, 'SIGCONT')
    else this.#services.resume(victim)
  }

  /** Every writer gets something acknowledged that it did not have before. */
  #flowsAgain(): Promise<boolean> {
    const before = this.#writers.map(({ name }) => this.#ledger.acknowledgedBy(name))
    return until(() => {
      const waiting = this.#writers.filter(
        ({ name }, at) => this.#ledger.acknowledgedBy(name) <= (before[at] ?? 0),
      )
      for (const writer of waiting) writer.hurry()
      return waiting.length === 0
    }, FLOWING_MS_MAX)
  }

  async #judge(keys: { readonly read: string; readonly id: string }): Promise<FaultResult> {
    const project = { ...keys, ingest: '' }
    const rows = await readSettled(this.#cluster, project, this.#ledger, SETTLED_MS_MAX)
    const verdict = this.#ledger.judge(rows)
    for (const [at, name] of ['', 'stream'].entries()) {
      const wanted = rows.filter(({ writer }) => name === '' || writer === name)
      await this.#followers[at]?.judge(wanted)
    }
    for (const { wrong } of this.#followers) this.#problems.push(...wrong.slice(0, 5))
    const longest = [...this.#longestMs].map(([victim, ms]) => [`${victim} ms`, Math.round(ms)])
    return {
      problems: [...this.#problems, ...problemsOf(verdict)],
      facts: {
        acknowledged: verdict.acknowledged,
        found: verdict.found,
        'tail rows': this.#followers.reduce((sum, { rows: count }) => sum + count, 0),
        'told as dropped': this.#followers.reduce((sum, { dropped }) => sum + dropped, 0),
        'errors logged': this.#cluster.faults.length,
        ...Object.fromEntries(longest),
      },
    }
  }
}

function isMember(victim: Victim): victim is Victim & Member {
  return victim.startsWith('gateway') || victim.startsWith('processor')
}
