import type { Clock } from '../clock.ts'
import type { Disk } from '../disk.ts'
import type { Random } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Fault } from '../supervisor.ts'
import { System, type SystemOptions } from '../system.ts'
import { startService, type ThreadManifest } from '../threads.ts'
import { SimulatedCrash, type SimulatedDisk } from './simulated-disk.ts'
import {
  type SimulatedPoolOptions,
  type SimulatedServiceOptions,
  SimulatedServiceThread,
  SimulatedTaskPool,
  type ThreadWorld,
} from './simulated-threads.ts'

/** The part of a simulation that a process needs. */
export interface World {
  readonly clock: Clock
  readonly scheduler: Scheduler
  newRandom(): Random
  external<Value>(work: () => Promise<Value>): Promise<Value>
  trace(event: string): void
}

/**
 * A process in a simulation: everything it was lent stops with it. After its death no timer fires,
 * no turn runs and its disk throws, however much of its code still hangs on promises.
 */
export class SimulatedProcess {
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly scheduler: Scheduler
  readonly disk: Disk
  /** Settles when it has died. */
  readonly ended: Promise<void>
  /** Faults of its actors, first to last. */
  readonly faults: Fault[] = []
  readonly #world: World
  readonly #disk: SimulatedDisk
  #alive = true
  #markEnded: () => void = () => undefined

  constructor(name: string, world: World, disk: SimulatedDisk) {
    this.name = name
    this.#world = world
    this.#disk = disk
    this.random = world.newRandom()
    this.clock = this.#lendClock()
    this.scheduler = {
      schedule: (turn, address) =>
        world.scheduler.schedule(() => this.#alive && turn(), `${name} ${address}`),
    }
    this.disk = this.#lendDisk()
    this.ended = new Promise(resolve => {
      this.#markEnded = resolve
    })
    disk.whenCrashed(() => this.#die('power loss'))
  }

  get alive(): boolean {
    return this.#alive
  }

  /** kill -9: the machine lives, so nothing written is lost. */
  kill(): void {
    this.#die('killed')
    this.#disk.kill()
  }

  /** The machine goes dark; `boot` brings the disk back with what survived. */
  losePower(): void {
    if (!this.#disk.crashed) this.#disk.losePower()
    this.#die('power loss')
  }

  /** Without hooks, faults are kept in `faults` and an escalation fails the simulation. */
  system(hooks: Partial<Pick<SystemOptions, 'onFault' | 'onEscalation'>> = {}): System {
    const { clock, random, scheduler } = this
    return new System({
      clock,
      random,
      scheduler,
      onFault: fault => {
        this.#world.trace(`fault ${fault.address} ${fault.error.message}`)
        this.faults.push(fault)
        hooks.onFault?.(fault)
      },
      onEscalation: (group, rootCause) => {
        if (hooks.onEscalation === undefined) throw rootCause
        hooks.onEscalation(group, rootCause)
      },
    })
  }

  taskPool(manifest: ThreadManifest, options: SimulatedPoolOptions): SimulatedTaskPool {
    return new SimulatedTaskPool(manifest, this.#threadWorld(), options)
  }

  async serviceThread(
    manifest: ThreadManifest,
    service: string,
    serviceOptions: unknown,
    options: SimulatedServiceOptions,
  ): Promise<SimulatedServiceThread> {
    const world = this.#threadWorld()
    const crossed: unknown = structuredClone(serviceOptions)
    const running = await world.external(() => startService(manifest, service, crossed, world))
    return new SimulatedServiceThread(running, world, options)
  }

  #threadWorld(): ThreadWorld {
    const { disk, clock } = this
    const external: ThreadWorld['external'] = work => this.#world.external(work)
    return { disk, clock, random: this.#world.newRandom(), external }
  }

  #die(reason: string): void {
    if (!this.#alive) return
    this.#alive = false
    this.#world.trace(`${this.name} ${reason}`)
    this.#markEnded()
  }

  #lendClock(): Clock {
    const { clock } = this.#world
    return {
      nowUs: () => clock.nowUs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (ms, run) => {
        if (!this.#alive) return () => undefined
        return clock.after(ms, () => {
          if (!this.#alive) return
          this.#world.trace(`${this.name} timer`)
          run()
        })
      },
    }
  }

  #lendDisk(): Disk {
    const disk = (): Disk => {
      if (!this.#alive) throw new SimulatedCrash(`${this.name} is dead`)
      return this.#disk
    }
    return {
      open: (path, mode) => disk().open(path, mode),
      exists: path => disk().exists(path),
      list: folder => disk().list(folder),
      makeFolder: folder => disk().makeFolder(folder),
      rename: (from, to) => disk().rename(from, to),
      remove: path => disk().remove(path),
      syncFolder: folder => disk().syncFolder(folder),
      freeBytes: folder => disk().freeBytes(folder),
    }
  }
}
