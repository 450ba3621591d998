/**
 * An installation of several processes under load: every kind of sender, live tails, and a ledger.
 * Afterwards every acknowledged log is there once, in order, and tails saw exactly that.
 */
import { type ClusterOptions, LabCluster } from '../cluster.ts'
import type { ProjectKeys } from '../entry.ts'
import type { FaultResult } from '../fault-run.ts'
import { Follower } from '../follower.ts'
import { Ledger, problemsOf } from '../ledger.ts'
import { pause, until } from '../pause.ts'
import { countAll, readSettled } from '../searcher.ts'
import { RequestWriter, SdkWriter, type Writer } from '../writers.ts'

const FLOWING_MS_MAX = 90_000
const SETTLED_MS_MAX = 120_000
const LOOK_MS = 250
const PROBLEMS_TOLD = 5

export type Facts = Record<string, string | number>

/** `environment` names the servers; `body` does the harm and answers what it measured. */
export async function underLoad(
  environment: Readonly<Record<string, string>>,
  body: (load: ScaledLoad) => Promise<Facts>,
  options: ClusterOptions = {},
): Promise<FaultResult> {
  const cluster = await LabCluster.start(environment, options)
  let load: ScaledLoad | null = null
  try {
    load = await ScaledLoad.start(cluster)
    const facts = await body(load)
    return await load.judge(facts)
  } finally {
    load?.abandon()
    await cluster.end(false)
  }
}

export class ScaledLoad {
  readonly cluster: LabCluster
  readonly keys: ProjectKeys
  readonly ledger = new Ledger()
  readonly problems: string[] = []
  #followers: readonly Follower[] = []
  #writers: readonly Writer[] = []

  private constructor(cluster: LabCluster, keys: ProjectKeys) {
    this.cluster = cluster
    this.keys = keys
  }

  static async start(cluster: LabCluster): Promise<ScaledLoad> {
    const keys = await cluster.createProject('faults')
    const load = new ScaledLoad(cluster, keys)
    const { ledger } = load
    const options = (name: string) => ({ name, server: cluster, keys, ledger })
    load.#followers = ['', 'service:stream'].map(query => new Follower(cluster, keys, query))
    for (const follower of load.#followers) await follower.started()
    load.#writers = [
      new SdkWriter(options('stream'), 'grpc'),
      new SdkWriter(options('other-stream'), 'grpc'),
      new SdkWriter(options('batches'), 'http'),
      new RequestWriter(options('keyed'), { isKeyed: true }),
      new RequestWriter(options('keyless'), { isKeyed: false }),
    ]
    return load
  }

  /** Longest time from a record's call to its acknowledgement, of programs with the SDK. */
  get longestWaitMs(): number {
    return Math.max(...this.#writers.map(({ longestWaitMs }) => longestWaitMs))
  }

  /** These writers, or all, get something acknowledged that they did not have; answers the wait. */
  async flows(after: string, names = this.#writers.map(({ name }) => name)): Promise<number> {
    const begunMs = performance.now()
    const before = new Map(names.map(name => [name, this.ledger.acknowledgedBy(name)]))
    const isFlowing = await until(() => {
      const waiting = this.#writers.filter(
        ({ name }) => this.ledger.acknowledgedBy(name) <= (before.get(name) ?? -1),
      )
      for (const writer of waiting) writer.hurry()
      return waiting.length === 0
    }, FLOWING_MS_MAX)
    if (!isFlowing) this.problems.push(`nothing flows ${after}`)
    return performance.now() - begunMs
  }

  /** As many rows as are acknowledged now are found; answers the milliseconds it took. */
  async found(after: string): Promise<number> {
    const begunMs = performance.now()
    const wanted = this.ledger.acknowledged
    const isThere = async (): Promise<boolean> => {
      await pause(LOOK_MS)
      return (await countAll(this.cluster, this.keys)) >= wanted
    }
    if (!(await until(() => isThere().catch(() => false), SETTLED_MS_MAX))) {
      this.problems.push(`${wanted} rows are not found ${after}`)
    }
    return performance.now() - begunMs
  }

  /** Ends the writers, and holds what is found to the ledger. */
  async judge(facts: Facts): Promise<FaultResult> {
    for (const writer of this.#writers) {
      await writer.stop().catch((error: Error) => this.problems.push(error.message))
    }
    const { ledger, cluster, keys } = this
    const rows = await readSettled(cluster, keys, ledger, SETTLED_MS_MAX)
    const verdict = ledger.judge(rows)
    for (const [at, name] of ['', 'stream'].entries()) {
      const wanted = rows.filter(({ writer }) => name === '' || writer === name)
      await this.#followers[at]?.judge(wanted)
    }
    for (const { wrong } of this.#followers) this.problems.push(...wrong.slice(0, PROBLEMS_TOLD))
    return {
      problems: [...this.problems, ...problemsOf(verdict)],
      facts: {
        acknowledged: verdict.acknowledged,
        found: verdict.found,
        'tail rows': this.#followers.reduce((sum, { rows: count }) => sum + count, 0),
        'told as dropped': this.#followers.reduce((sum, { dropped }) => sum + dropped, 0),
        'errors logged': cluster.faults.length,
        ...facts,
      },
    }
  }

  abandon(): void {
    for (const follower of this.#followers) follower.stop()
    // After a verdict they have stopped; those of a run that failed would go on for ever.
    for (const writer of this.#writers) writer.stop().catch(() => undefined)
  }
}
