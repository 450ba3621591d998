/** Journal and store on files in memory, opened as topology.ts does, without doors before them. */
import assert from 'node:assert/strict'
import { Arena } from '#actors/commit-log/arena.ts'
import type { AppendOutcome, Consumption, LogEntry } from '#actors/commit-log/commit-log.ts'
import type { JournalLog } from '#actors/commit-log/journal/journal-log.ts'
import { type JournalSettings, openSimulatedJournal } from '#actors/commit-log/testing/journals.ts'
import type { ParquetStore } from '#actors/store/parquet-store.ts'
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import type { PlainLog } from '#actors/store/testing/random-logs.ts'
import { SimulatedStoreWorld } from '#actors/store/testing/store-world.ts'
import { type BatchSource, encodeLogs, envelopeOf } from '#actors/store/testing/test-log.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'

export type Files = ReadonlyMap<string, Uint8Array>

export interface DataFolderOptions {
  readonly flushIntervalMs?: number
  readonly journal?: Omit<JournalSettings, 'folder'>
}

export const JOURNAL_FOLDER = '/data/journal'
/** As small as it may be: folders are opened by the thousand. */
const ARENA = { capacityBytes: 4 << 20, readerBytes: 1 << 20, slabBytes: 1 << 20 }
const FLUSH_INTERVAL_MS = 3_600_000
const CATCH_UP_MS_MAX = 30_000
const NEVER = new AbortController().signal

export class DataFolder {
  readonly store: ParquetStore
  readonly journal: JournalLog
  readonly #world: SimulatedStoreWorld
  readonly #sim: Simulation
  readonly #arena: Arena
  readonly #consumption: Consumption

  private constructor(sim: Simulation, world: SimulatedStoreWorld, opened: Opened) {
    this.#sim = sim
    this.#world = world
    this.#arena = opened.arena
    this.#consumption = opened.consumption
    this.store = opened.store
    this.journal = opened.journal
  }

  /** Opens and waits until the store has what the journal holds. */
  static async open(
    sim: Simulation,
    files: Files,
    options: DataFolderOptions & { readonly onDelivered?: (entries: readonly LogEntry[]) => void },
  ): Promise<DataFolder> {
    const { flushIntervalMs = FLUSH_INTERVAL_MS, onDelivered } = options
    const world = new SimulatedStoreWorld(sim, { flushIntervalMs })
    for (const [path, bytes] of files) world.disk.put(path, bytes)
    const store = await world.open()
    const arena = new Arena(ARENA)
    assert(world.process !== undefined)
    const journal = await openSimulatedJournal(world.process, arena, {
      ...options.journal,
      folder: JOURNAL_FOLDER,
      endAtLeast: store.published().at(0),
    })
    const consumption = journal.consume({
      name: 'store',
      from: store.published(),
      receive(entries) {
        onDelivered?.(entries)
        return store.receive(entries)
      },
    })
    const folder = new DataFolder(sim, world, { store, journal, arena, consumption })
    await folder.caughtUp()
    return folder
  }

  /** What is on its disk now. */
  get files(): Files {
    const { disk } = this.#world
    return new Map(disk.paths().map(path => [path, disk.contents(path)]))
  }

  /** Faults of the store that nobody planned. */
  get faults(): readonly Error[] {
    return this.#world.faults
  }

  async append(source: BatchSource, logs: readonly PlainLog[]): Promise<AppendOutcome> {
    const bytes = encodeLogs(logs)
    const batch = this.#arena.allocate(bytes.length)
    assert(batch !== null, 'the test fits the arena')
    batch.view.set(bytes)
    const outcome = await this.journal.append({ envelope: envelopeOf(source, logs), batch })
    batch.release()
    return outcome
  }

  /** The store has what the journal holds, which learns what is in segments. */
  async caughtUp(): Promise<void> {
    const end = this.journal.end()
    for (let ms = 0; !this.store.received().coversAll(end); ms++) {
      assert(ms < CATCH_UP_MS_MAX, 'the store gets what the journal holds')
      await this.#sim.sleep(1)
    }
    this.#consumption.passed(this.store.published())
  }

  search(input: SearchPlanInput): Promise<SearchResult> {
    return this.store.search(input, NEVER)
  }

  /** Ends it in order. */
  async close(): Promise<void> {
    await this.journal.close()
    await this.store.close()
    this.kill()
  }

  kill(): void {
    this.#world.process?.kill()
  }
}

interface Opened {
  readonly store: ParquetStore
  readonly journal: JournalLog
  readonly arena: Arena
  readonly consumption: Consumption
}
