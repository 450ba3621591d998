/** A store on a real Elasticsearch, under a name of its own that is deleted afterwards. */

import { randomBytes } from 'node:crypto'
import type { LogEntry } from '#actors/commit-log/commit-log.ts'
import { ampleMemory } from '#actors/store/testing/query-memory.ts'
import type { StoreWorld } from '#actors/store/testing/store-rig.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import { System, systemRandom, type TaskPool } from '#runtime/index.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { connectElastic, type ElasticServer } from '../client.ts'
import type { DeadLetters } from '../dead-letters.ts'
import { type ElasticStore, type ElasticStoreOptions, openElasticStore } from '../elastic-store.ts'
import { indexNames } from '../index-names.ts'
import type { Storage } from '../storage.ts'
import { deleteInstallation } from './delete-installation.ts'
import { MemoryPlacements } from './memory-placements.ts'

const MANIFEST_URL = new URL('../../../manifest.ts', import.meta.url)
/** Real time passes: what waits in virtual time for a minute does not do so here. */
const SLEEP_MS_MAX = 50
/** 'stored' for servers that cannot put sources together: 8.16 and all without the licence. */
const SOURCE = process.env['LOGBOY_ELASTIC_SOURCE'] as Storage['source'] | undefined
const REFRESH_INTERVAL_MS = 20
/** As long as a timer can be. */
const STOP_MS_MAX = 2 ** 31 - 1

/** Threads for all stores of a test file. */
export function openTestPool(): TaskPool {
  return openWorkerPool({ manifestUrl: MANIFEST_URL, threads: 2, queueMax: 10_000 })
}

export interface BuriedLetter {
  readonly entry: LogEntry
  readonly rows: readonly number[] | null
  readonly reason: string
}

export class ElasticWorld implements StoreWorld {
  readonly name: string = `logboytest${randomBytes(6).toString('hex')}`
  readonly placements = new MemoryPlacements()
  readonly letters: BuriedLetter[] = []
  readonly faults: Error[] = []
  readonly server: ElasticServer
  readonly #pool: TaskPool
  readonly #options: Partial<ElasticStoreOptions>
  #store: ElasticStore | undefined
  #system: System | undefined

  constructor(server: ElasticServer, pool: TaskPool, options: Partial<ElasticStoreOptions> = {}) {
    this.server = server
    this.#pool = pool
    this.#options = options
  }

  get storage(): Storage {
    const storage = this.#options.storage ?? { mode: 'logsdb', source: 'synthetic' }
    return { ...storage, source: SOURCE ?? storage.source }
  }

  async open(): Promise<ElasticStore> {
    await this.kill()
    const deadLetters: DeadLetters = {
      bury: async (entry, rows, reason) => {
        this.letters.push({ entry, rows, reason })
      },
    }
    const system: System = new System({
      clock: systemClock,
      random: systemRandom,
      // What a killed process leaves undone is no fault.
      onFault: ({ error }) => this.#system === system && this.faults.push(error),
      onEscalation: (_, error) => this.faults.push(error),
    })
    this.#system = system
    this.#store = await openElasticStore({
      queryMemory: ampleMemory(),
      server: this.server,
      name: this.name,
      system,
      pool: this.#pool,
      clock: systemClock,
      random: systemRandom,
      placements: this.placements,
      retentionDaysOf: async () => 30,
      deadLetters,
      memoryBytes: 64 * 1024 * 1024,
      refreshIntervalMs: REFRESH_INTERVAL_MS,
      searchTimeoutMs: 30_000,
      onFault: error => this.faults.push(error),
      ...this.#options,
      storage: this.storage,
    })
    return this.#store
  }

  /** What is on the wire may still arrive, as after a real death. */
  async kill(): Promise<void> {
    const [store, system] = [this.#store, this.#system]
    this.#store = undefined
    this.#system = undefined
    system?.kill('killed')
    await store?.close()
  }

  /** The process ends in order, however long that takes. */
  async stop(): Promise<void> {
    await this.#store?.halt()
    await this.#system?.stop('stop', STOP_MS_MAX)
    await this.#store?.close()
    this.#store = undefined
    this.#system = undefined
  }

  sleep(ms: number): Promise<void> {
    return pause(Math.min(ms, SLEEP_MS_MAX))
  }

  /** Makes what is written visible, whoever wrote it. */
  async refresh(): Promise<void> {
    const { patterns } = indexNames(this.name)
    await this.server.request({ method: 'POST', path: `/${patterns.join(',')}/_refresh` })
  }

  async delete(): Promise<void> {
    await this.kill()
    await deleteInstallation(this.server, this.name)
  }
}

/** Runs a test in a world of its own; a fault that nobody told fails it. */
export async function inElasticWorld(
  address: string,
  pool: TaskPool,
  body: (world: ElasticWorld) => Promise<void>,
  options: Partial<ElasticStoreOptions> = {},
): Promise<void> {
  const server = await connectElastic({ url: address, clock: systemClock })
  const world = new ElasticWorld(server, pool, options)
  try {
    await body(world)
    const [fault] = world.faults
    if (fault !== undefined) throw fault
  } finally {
    await world.delete()
    await server.close()
  }
}
