/**
 * kill -9 at random moments, under load from every door: during ingest, recovery, publish, merges,
 * searches and an orderly stop. Afterwards every acknowledged log is there once, in order, and a
 * tail that resumed over every death saw exactly that.
 */
import type { Random } from '#runtime/random.ts'
import type { ProjectKeys } from './entry.ts'
import { type FaultOptions, type FaultResult, tell } from './fault-run.ts'
import { Follower } from './follower.ts'
import { Ledger, problemsOf } from './ledger.ts'
import { pause, until } from './pause.ts'
import { readAll, Searcher } from './searcher.ts'
import { LabServer } from './server.ts'
import { RequestWriter, SdkWriter, type Writer } from './writers.ts'

const MOMENTS = ['load', 'load', 'start', 'publish', 'search', 'stop'] as const
type Moment = (typeof MOMENTS)[number]

const FLOWING_MS_MAX = 10_000
const TELL_EVERY = 5
/** Short intervals, so that kills fall into publishing and merging too. */
const SETTINGS = { LOGBOY_FLUSH_INTERVAL: '300ms', LOGBOY_FLUSH_BYTES: '1MiB' }

export async function killed({ random, kills }: FaultOptions): Promise<FaultResult> {
  const server = new LabServer({ env: SETTINGS })
  await server.start()
  const keys = await server.createProject('faults')
  const run = new KillRun(server, keys, random)
  let kept = true
  try {
    const result = await run.run(kills)
    kept = result.problems.length > 0
    return kept ? { ...result, facts: { ...result.facts, folder: server.dataFolder } } : result
  } finally {
    run.abandon()
    await server.kill()
    if (!kept) server.remove()
  }
}

class KillRun {
  readonly #server: LabServer
  readonly #keys: ProjectKeys
  readonly #random: Random
  readonly #ledger = new Ledger()
  readonly #followers: Follower[]
  readonly #starts: number[] = []
  readonly #moments = new Map<Moment, number>()
  readonly #problems: string[] = []
  #writers: Writer[] = []

  constructor(server: LabServer, keys: ProjectKeys, random: Random) {
    this.#server = server
    this.#keys = keys
    this.#random = random
    this.#followers = ['', 'service:stream', 'service:keyed'].map(
      query => new Follower(server, keys, query),
    )
  }

  async run(kills: number): Promise<FaultResult> {
    const [server, keys, ledger] = [this.#server, this.#keys, this.#ledger]
    for (const follower of this.#followers) await follower.started()
    const options = (name: string) => ({ name, server, keys, ledger })
    this.#writers = [
      new SdkWriter(options('stream'), 'grpc'),
      new SdkWriter(options('other-stream'), 'grpc'),
      new SdkWriter(options('batches'), 'http'),
      new RequestWriter(options('keyed'), { isKeyed: true }),
      new RequestWriter(options('keyless'), { isKeyed: false }),
    ]
    const searcher = new Searcher({ server, keys, ledger, random: this.#random })
    for (let kill = 1; kill <= kills; kill++) {
      await this.#killOnce()
      searcher.restarted()
      await this.#start()
      if (kill % TELL_EVERY === 0) this.#tell(kill)
    }
    for (const writer of this.#writers) {
      await writer.stop().catch((error: Error) => this.#problems.push(error.message))
    }
    await searcher.stop()
    this.#problems.push(...searcher.wrong)
    return this.#judge(searcher)
  }

  /** After a failure: nobody keeps the process alive. */
  abandon(): void {
    for (const follower of this.#followers) follower.stop()
  }

  async #killOnce(): Promise<void> {
    const moment = MOMENTS[this.#random.below(MOMENTS.length)] ?? 'load'
    this.#moments.set(moment, (this.#moments.get(moment) ?? 0) + 1)
    if (moment !== 'start') await this.#flowing()
    await pause(this.#random.below(600))
    switch (moment) {
      case 'load':
        break
      case 'publish':
        this.#provoke('/api/v1/system/flush')
        await pause(this.#random.below(80))
        break
      case 'search':
        for (let n = 0; n < 6; n++) this.#provoke('/api/v1/logs/search', { limit: 10_000 })
        await pause(this.#random.below(60))
        break
      case 'stop':
        void this.#server.stop()
        await pause(this.#random.below(120))
        break
      case 'start': {
        await this.#server.kill()
        const starting = this.#server.start().catch(() => 0)
        await pause(this.#random.below(Math.round(1.1 * Math.max(500, this.#starts.at(-1) ?? 0))))
        await this.#server.kill()
        await starting
      }
    }
    await this.#server.kill()
  }

  /** Waits until every writer has something acknowledged by the server that runs now. */
  async #flowing(): Promise<void> {
    const before = this.#writers.map(({ name }) => this.#ledger.acknowledgedBy(name))
    const isFlowing = (): boolean => {
      const waiting = this.#writers.filter(
        ({ name }, at) => this.#ledger.acknowledgedBy(name) <= (before[at] ?? 0),
      )
      for (const writer of waiting) writer.hurry()
      return waiting.length === 0
    }
    if (!(await until(isFlowing, FLOWING_MS_MAX))) tell('not every writer got through in time')
  }

  #provoke(path: string, body: object = {}): void {
    const key = path.includes('search') ? this.#keys.read : undefined
    this.#server.call('POST', path, body, key).catch(() => undefined)
  }

  async #start(): Promise<void> {
    this.#starts.push(await this.#server.start())
    for (const writer of this.#writers) writer.hurry()
    const seen: unknown = await this.#server.call('GET', '/api/v1/system/actors')
    const { recovery } = (seen as { journal: { recovery: { quarantined: number } } }).journal
    // What a killed process wrote is whole: only a lost power tears.
    if (recovery.quarantined > 0) this.#problems.push(`quarantined: ${JSON.stringify(recovery)}`)
  }

  async #judge(searcher: Searcher): Promise<FaultResult> {
    const rows = await readAll(this.#server, this.#keys)
    const verdict = this.#ledger.judge(rows)
    for (const [at, name] of ['', 'stream', 'keyed'].entries()) {
      const wanted = rows.filter(({ writer }) => name === '' || writer === name)
      await this.#followers[at]?.judge(wanted)
    }
    for (const { wrong } of this.#followers) this.#problems.push(...wrong.slice(0, 5))
    await this.#server.stop()
    const sorted = this.#starts.toSorted((a, b) => a - b)
    return {
      problems: [...this.#problems, ...problemsOf(verdict), ...this.#server.faults.slice(0, 5)],
      facts: {
        ...Object.fromEntries([...this.#moments].map(([name, count]) => [`in ${name}`, count])),
        acknowledged: verdict.acknowledged,
        found: verdict.found,
        'tail rows': this.#followers.reduce((sum, { rows: count }) => sum + count, 0),
        'told as dropped': this.#followers.reduce((sum, { dropped }) => sum + dropped, 0),
        'tail connections': this.#followers.reduce(
          (sum, follower) => sum + follower.connections,
          0,
        ),
        searches: searcher.answers,
        'searches late': searcher.late,
        'start ms': `${Math.round(sorted[sorted.length >> 1] ?? 0)}, max ${Math.round(sorted.at(-1) ?? 0)}`,
      },
    }
  }

  #tell(kill: number): void {
    const start = Math.round(this.#starts.at(-1) ?? 0)
    tell(`${kill} kills, ${this.#ledger.acknowledged} acknowledged, last start ${start} ms`)
  }
}
