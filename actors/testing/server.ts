/** The machine with the server on it: started again whenever it died, as by an init system. */
import { toError } from '#runtime/index.ts'
import type { SimulatedDisk } from '#runtime/testing/simulated-disk.ts'
import type { SimulatedProcess } from '#runtime/testing/simulated-process.ts'
import type { Simulation } from '#runtime/testing/simulation.ts'
import type { Network } from './network.ts'
import { Pipeline, type PipelineOptions } from './pipeline.ts'

export interface ServerOptions extends Omit<PipelineOptions, 'onFatal'> {
  readonly sim: Simulation
  readonly network: Network
  /** Called for every process before it opens anything. */
  readonly onBoot: (process: SimulatedProcess, disk: SimulatedDisk) => void
  /** Why a start may fail now; null = it may not. */
  readonly excuse: () => string | null
  /** After an orderly end: everything it held should be given back. */
  readonly onClosed: (pipeline: Pipeline, error: Error | null) => void
  readonly onViolation: (what: string) => void
}

const RESTART_MS_MAX = 400

export class Server {
  readonly disk: SimulatedDisk
  readonly #options: ServerOptions
  #pipeline: Pipeline | null = null
  #process: SimulatedProcess | null = null
  #lives = 0
  #isStopping = false
  #isRestarting = false
  #opened: () => void = () => undefined

  constructor(options: ServerOptions) {
    this.#options = options
    this.disk = options.sim.newDisk()
    void this.#live()
  }

  get lives(): number {
    return this.#lives
  }

  /** The running server; null = it is not up. */
  get pipeline(): Pipeline | null {
    return this.#pipeline?.alive === true ? this.#pipeline : null
  }

  /** The process, whether it is up already or still recovering. */
  get process(): SimulatedProcess | null {
    return this.#process?.alive === true ? this.#process : null
  }

  /** Settles when it is up. */
  async up(): Promise<Pipeline> {
    for (;;) {
      const { pipeline } = this
      if (pipeline !== null) return pipeline
      await new Promise<void>(resolve => {
        this.#opened = resolve
      })
    }
  }

  /** SIGTERM, and started again; it may die on the way. */
  async restart(): Promise<void> {
    const { pipeline } = this
    if (pipeline === null || this.#isStopping || this.#isRestarting) return
    this.#isRestarting = true
    await this.#stopOnce(pipeline)
    this.#isRestarting = false
  }

  async #stopOnce(pipeline: Pipeline): Promise<void> {
    const closed = pipeline.close().catch((error: unknown) => {
      if (pipeline.alive) this.#options.onClosed(pipeline, toError(error))
    })
    await Promise.race([closed, pipeline.process.ended])
    // Whoever waited for a thread lets go of its memory a moment after that has ended.
    await this.#options.sim.sleep(1)
    if (!pipeline.alive) return
    this.#options.onClosed(pipeline, null)
    pipeline.process.kill()
  }

  /** Ends it in order; it is not started again. */
  async close(): Promise<Pipeline> {
    const pipeline = await this.up()
    this.#isStopping = true
    await pipeline.close()
    await this.#options.sim.sleep(1)
    pipeline.process.kill()
    return pipeline
  }

  /** Starts it again after a `close`. */
  reopen(): Promise<Pipeline> {
    this.#isStopping = false
    void this.#live()
    return this.up()
  }

  async #live(): Promise<void> {
    const { sim, onBoot, network } = this.#options
    while (!this.#isStopping) {
      const process = sim.boot(`server-${++this.#lives}`, this.disk)
      this.#process = process
      onBoot(process, this.disk)
      const pipeline = await Promise.race([this.#open(process), process.ended])
      if (pipeline instanceof Pipeline && process.alive) {
        this.#pipeline = pipeline
        network.listen(pipeline)
        this.#opened()
        await process.ended
      }
      if (!this.#isStopping) await sim.sleep(1 + sim.random.unit() * RESTART_MS_MAX)
    }
  }

  async #open(process: SimulatedProcess): Promise<Pipeline | null> {
    const { excuse, onViolation, sim } = this.#options
    const onFatal = (error: Error): void => {
      if (!process.alive) return
      sim.trace(`${process.name} fatal ${error.message}`)
      if (excuse() === null) onViolation(`fatal: ${error.stack ?? error.message}`)
      process.kill()
    }
    try {
      return await Pipeline.open(process, { ...this.#options, onFatal })
    } catch (error) {
      onFatal(toError(error))
      return null
    }
  }
}
