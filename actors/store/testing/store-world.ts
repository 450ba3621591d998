/** A Parquet store in a simulated process: virtual time, a disk in memory, threads inline. */

import { manifest } from '#actors/manifest.ts'
import type { SimulatedDisk } from '#runtime/testing/simulated-disk.ts'
import type { SimulatedProcess } from '#runtime/testing/simulated-process.ts'
import { type Simulation, simulate } from '#runtime/testing/simulation.ts'
import { openParquetStore, type ParquetStore, type ParquetStoreOptions } from '../parquet-store.ts'
import { ampleMemory } from './query-memory.ts'
import type { StoreWorld } from './store-rig.ts'

export const STORE_FOLDER = '/data/store'

export class SimulatedStoreWorld implements StoreWorld {
  readonly disk: SimulatedDisk
  readonly faults: Error[] = []
  readonly #sim: Simulation
  readonly #options: Partial<ParquetStoreOptions>
  #process: SimulatedProcess | undefined
  #boots = 0

  constructor(sim: Simulation, options: Partial<ParquetStoreOptions> = {}) {
    this.#sim = sim
    this.#options = options
    this.disk = sim.newDisk()
  }

  get process(): SimulatedProcess | undefined {
    return this.#process
  }

  async open(): Promise<ParquetStore> {
    const process = this.#sim.boot(`store-${++this.#boots}`, this.disk)
    this.#process = process
    const pool = process.taskPool(manifest, { threads: 2, queueMax: 10_000 })
    const writer = await process.serviceThread(
      manifest,
      'segment-writer',
      { folder: STORE_FOLDER },
      { callsMax: 10_000 },
    )
    return openParquetStore({
      queryMemory: ampleMemory(),
      folder: STORE_FOLDER,
      clock: process.clock,
      pool,
      writer,
      openDuckdb: null,
      diskReserveBytes: 0,
      flushBytes: 64 * 1024 * 1024,
      flushIntervalMs: 60_000,
      isMemoryShort: () => false,
      onFault: error => {
        if (process.alive) this.faults.push(error)
      },
      ...this.#options,
    })
  }

  kill(): Promise<void> {
    this.#process?.kill()
    return Promise.resolve()
  }

  sleep(ms: number): Promise<void> {
    return this.#sim.sleep(ms)
  }
}

/** Runs a test in a world of its own; a fault that nobody told fails it. */
export async function inStoreWorld(
  seed: number,
  options: Partial<ParquetStoreOptions>,
  body: (world: SimulatedStoreWorld) => Promise<void>,
): Promise<void> {
  await simulate(seed, async sim => {
    const world = new SimulatedStoreWorld(sim, options)
    await body(world)
    const [fault] = world.faults
    if (fault !== undefined) throw fault
  })
}
