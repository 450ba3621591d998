/**
 * What people have removed: rows that expire, a project that is dropped, rows that a query deletes.
 * Where it fails, or the server dies over it, nobody knows whether it counts.
 */
import type { Position } from '#actors/commit-log/positions.ts'
import { ANY_TIME } from '#actors/processing/matcher.ts'
import type { Random } from '#runtime/random.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'
import { DROPPED, KEPT_PROJECTS, PROJECTS, SERVICES, WORDS } from './ledger.ts'
import type { Pipeline } from './pipeline.ts'
import type { RecordedRow, Recorder } from './recorder.ts'
import { matches, type Searched, searchInput } from './searching.ts'
import type { Server } from './server.ts'

export type Takes = (row: RecordedRow) => boolean

/** One of them. */
interface Removal {
  /** Rows that are gone when it is done. */
  readonly takes: Takes
  /** Rows that may be gone from its beginning on. */
  readonly mayTake: Takes
  isDone: boolean
}

export interface RemovalsOptions {
  readonly sim: Simulation
  readonly server: Server
  readonly recorder: Recorder
  readonly onViolation: (what: string) => void
}

const EXPIRED_US_MAX = 15_000_000
const HOUR_US = 3_600_000_000

export class Removals {
  readonly #options: RemovalsOptions
  readonly #random: Random
  readonly #removals: Removal[] = []
  /** Rows that deletions by query found. */
  deletedRows = 0

  constructor(options: RemovalsOptions) {
    this.#options = options
    this.#random = options.sim.newRandom()
  }

  /** Which rows are gone, by what is done now. */
  gone(): Takes {
    const done = this.#removals.filter(({ isDone }) => isDone)
    return row => done.some(({ takes }) => takes(row))
  }

  /** Which rows may be gone, by what has begun. */
  inDoubt(): Takes {
    return row => this.#removals.some(({ mayTake }) => mayTake(row))
  }

  async expire(): Promise<void> {
    const projectId = PROJECTS[this.#random.below(KEPT_PROJECTS)] as string
    const beforeUs = this.#options.sim.clock.nowUs() - this.#random.below(EXPIRED_US_MAX)
    const takes: Takes = row => row.projectId === projectId && row.receivedAtUs < beforeUs
    const expiry = { takes, mayTake: takes, isDone: false }
    await this.#run(expiry, ({ store }) => store.expire(projectId, beforeUs))
  }

  async drop(): Promise<void> {
    const takes: Takes = row => row.projectId === DROPPED
    await this.#run({ takes, mayTake: takes, isDone: false }, ({ store }) => store.drop(DROPPED))
  }

  /** Rows that are there when it begins are gone when it is done; later ones stay. */
  async delete(): Promise<void> {
    const { server, recorder, onViolation } = this.#options
    if (server.pipeline === null) return
    const searched = this.#anything()
    const there = server.pipeline.store.received()
    const gone = this.gone()
    let end: Position = Number.POSITIVE_INFINITY
    const deletion: Removal = {
      takes: row => matches(row, searched) && there.covers(row),
      mayTake: row => matches(row, searched) && row.position <= end,
      isDone: false,
    }
    const count = await this.#run(deletion, ({ store }) =>
      store.delete(searchInput(searched, null)),
    )
    end = recorder.end
    if (count === null) return
    this.deletedRows += count
    const others = this.#removals.filter(each => each !== deletion)
    const isOthers: Takes = row => others.some(({ mayTake }) => mayTake(row))
    const least = recorder.rows.filter(row => deletion.takes(row) && !isOthers(row)).length
    const most = recorder.rows.filter(row => deletion.mayTake(row) && !gone(row)).length
    if (count >= least && count <= most) return
    onViolation(`a deletion counts ${count} rows in place of ${least} to ${most}`)
  }

  #anything(): Searched {
    const random = this.#random
    const pick = <Value>(values: readonly Value[]): Value =>
      values[random.below(values.length)] as Value
    const isOfTime = random.below(2) === 0
    return {
      projectId: pick(PROJECTS),
      service: random.below(3) === 0 ? pick(SERVICES) : null,
      word: random.below(3) === 0 ? pick(WORDS) : null,
      ...(isOfTime ? this.#someTime() : ANY_TIME),
      order: 'desc',
      limit: 0,
    }
  }

  #someTime(): Pick<Searched, 'startUs' | 'endUs'> {
    const nowUs = this.#options.sim.clock.nowUs()
    const fromUs = [2_000_000, 20_000_000, 30 * HOUR_US][this.#random.below(3)] as number
    const endUs = this.#random.below(2) === 0 ? nowUs - 500_000 : nowUs + HOUR_US
    return { startUs: nowUs - fromUs, endUs }
  }

  /** What was answered; null = it is in doubt. */
  async #run<Answer>(
    removal: Removal,
    run: (pipeline: Pipeline) => Promise<Answer>,
  ): Promise<Answer | null> {
    const { pipeline } = this.#options.server
    if (pipeline === null) return null
    this.#removals.push(removal)
    const answer = run(pipeline).then(
      value => ({ value }),
      () => null,
    )
    const done = await Promise.race([answer, pipeline.process.ended.then(() => null)])
    if (done === null) return null
    removal.isDone = true
    return done.value
  }
}
