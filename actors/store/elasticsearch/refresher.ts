/**
 * Makes written rows visible to searches, for all indices together and as often as that is cheap,
 * and then tells everybody how far searches see.
 */
import type { Positions } from '#actors/commit-log/positions.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import { toError } from '#runtime/runtime-error.ts'
import type { ElasticServer } from './client.ts'
import type { IndexNames } from './index-names.ts'
import type { Ledger } from './ledger.ts'
import type { StoreState } from './store-state.ts'

export interface RefresherOptions {
  readonly server: ElasticServer
  readonly names: IndexNames
  readonly state: StoreState
  readonly ledger: Ledger
  readonly clock: Clock
  /** Between two refreshes at least; while they are slow, as long as the last one took. */
  readonly intervalMs: number
  /** What searches saw when the process began. */
  readonly covered: Positions
  readonly onFault: (error: Error) => void
}

/** Four times as long (a busy server) made rows visible only after 2.5 s. */
const SLOWNESS_FACTOR = 1
/** After a failure: nothing is refreshed meanwhile anyway. */
const FAILURE_FACTOR = 4
/** Refreshed by their names, so that the line of the request stays short; more are all of them. */
const NAMED_INDICES_MAX = 40

export class Refresher {
  readonly #options: RefresherOptions
  #covered: Positions
  #dirty = new Set<string>()
  /** Something was written that this process has not seen. */
  #isAllDirty = false
  #running: Promise<void> | null = null
  #cancel: Cancel = () => undefined
  #failed = false
  #isClosed = false
  #refreshes = 0
  #lastMs = 0

  constructor(options: RefresherOptions) {
    this.#options = options
    this.#covered = options.covered
    this.#arm(options.intervalMs)
  }

  /** Searches of every process see so far. */
  get covered(): Positions {
    return this.#covered
  }

  /** Rows were written to this index. Told before their entries are settled. */
  touch(index: string): void {
    this.#dirty.add(index)
  }

  touchAll(): void {
    this.#isAllDirty = true
  }

  /** Everything written up to now becomes visible. Rejects if it cannot. */
  async flush(): Promise<void> {
    await this.#running
    await this.#run()
  }

  observe(): Record<string, unknown> {
    return { covered: this.#covered, refreshes: this.#refreshes, refreshMs: this.#lastMs }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel()
    await this.#running?.catch(() => undefined)
  }

  #arm(ms: number): void {
    if (this.#isClosed) return
    this.#cancel = this.#options.clock.after(ms, () => {
      const { intervalMs, onFault } = this.#options
      this.#run().then(
        () => {
          this.#failed = false
          this.#arm(Math.max(intervalMs, this.#lastMs * SLOWNESS_FACTOR))
        },
        (error: unknown) => {
          // Once for a whole outage.
          if (!this.#failed && !this.#isClosed) onFault(toError(error))
          this.#failed = true
          this.#arm(intervalMs * FAILURE_FACTOR)
        },
      )
    })
  }

  #run(): Promise<void> {
    this.#running ??= this.#refresh().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #refresh(): Promise<void> {
    const { ledger, state } = this.#options
    const positions = ledger.written()
    if (this.#covered.coversAll(positions) && !this.#isAllDirty) return
    const [dirty, isAllDirty] = [this.#dirty, this.#isAllDirty]
    this.#dirty = new Set()
    this.#isAllDirty = false
    const receivedAtUs = new Map(
      positions
        .pairs()
        .map(([partition]) => [partition, ledger.writtenReceivedAtUs(partition)] as const),
    )
    try {
      await this.#refreshIndices(dirty, isAllDirty)
      await state.advance({ positions, receivedAtUs })
    } catch (error) {
      for (const index of dirty) this.#dirty.add(index)
      this.#isAllDirty ||= isAllDirty
      throw error
    }
    this.#covered = this.#covered.union(positions)
  }

  async #refreshIndices(dirty: ReadonlySet<string>, isAllDirty: boolean): Promise<void> {
    if (dirty.size === 0 && !isAllDirty) return
    const { server, names, clock } = this.#options
    const isNamed = !isAllDirty && dirty.size <= NAMED_INDICES_MAX
    const startedMs = clock.monotonicMs()
    await server.request({
      method: 'POST',
      path: `/${(isNamed ? [...dirty] : names.patterns).join(',')}/_refresh`,
      query: { ignore_unavailable: true, allow_no_indices: true },
    })
    this.#refreshes++
    this.#lastMs = clock.monotonicMs() - startedMs
  }
}
