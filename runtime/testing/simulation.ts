import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type Random, seededRandom } from '../random.ts'
import { toError } from '../runtime-error.ts'
import { nextRound, type Scheduler } from '../scheduler.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface SimulateOptions {
  /** Virtual time after which a run counts as endless. */
  readonly virtualMsMax?: number
  /** Told of every event of the trace, for those who look for the reason of a failure. */
  readonly onEvent?: (event: string, atMs: number) => void
}

export interface SimulationReport<Result> {
  readonly seed: number
  readonly result: Result
  /** Of everything that happened: equal seeds give equal hashes. */
  readonly hash: string
  readonly events: number
  readonly virtualMs: number
}

/** Events are hashed in pieces of this size. */
const HASH_CHARACTERS = 65_536
const VIRTUAL_MS_MAX = 7 * 24 * 3_600_000
/** So often the real event loop gets a turn, for the time limits of the test runner. */
const REAL_ROUND_EVERY = 1_024
/** Rounds of the real event loop without any event before a run counts as stuck. */
const STUCK_ROUNDS_MAX = 20_000

/**
 * Runs `run` in a world of its own, on one thread: the clock jumps to the next timer when nobody
 * has anything to do, and who goes first is decided by the seed. A failure names its seed.
 *
 * Inside, only what the world lends may take time: real I/O goes through `sim.external`.
 */
export async function simulate<Result>(
  seed: number,
  run: (sim: Simulation) => Promise<Result>,
  options: SimulateOptions = {},
): Promise<SimulationReport<Result>> {
  const sim = new Simulation(seed, options.onEvent)
  let outcome: { readonly value: Result } | { readonly error: unknown } | undefined
  run(sim).then(
    value => {
      outcome = { value }
    },
    (error: unknown) => {
      outcome = { error }
    },
  )
  try {
    let stuckRounds = 0
    for (let round = 0; ; round++) {
      const real = sim.held || stuckRounds > 0 || round % REAL_ROUND_EVERY === 0
      await (real ? nextRound() : microtasksDone())
      if (outcome !== undefined) break
      stuckRounds = sim.step() ? 0 : stuckRounds + 1
      assert(stuckRounds < STUCK_ROUNDS_MAX, 'everybody waits and no timer is set')
      const virtualMs = sim.clock.monotonicMs()
      assert(virtualMs <= (options.virtualMsMax ?? VIRTUAL_MS_MAX), 'the run does not end')
    }
    if ('error' in outcome) throw outcome.error
    const { hash, events } = sim.finish()
    return { seed, result: outcome.value, hash, events, virtualMs: sim.clock.monotonicMs() }
  } catch (error) {
    const ms = Math.round(sim.clock.monotonicMs())
    const message = `seed ${seed} after ${ms} virtual ms: ${toError(error).message}`
    throw new Error(message, { cause: error })
  }
}

/** One world: its time, its chance, its machines. */
export class Simulation {
  readonly seed: number
  /** For the test itself: no process has it, so that more checks change nothing in processes. */
  readonly random: Random
  readonly clock: VirtualClock
  readonly scheduler: Scheduler
  readonly #seeds: Random
  readonly #order: Random
  readonly #hash = createHash('sha256')
  readonly #ready: { readonly turn: () => void; readonly label: string }[] = []
  #external: Promise<unknown> = Promise.resolve()
  #externals = 0
  #events = 0
  #unhashed = ''
  readonly #onEvent: SimulateOptions['onEvent']

  constructor(seed: number, onEvent?: SimulateOptions['onEvent']) {
    this.seed = seed
    this.#onEvent = onEvent
    this.#seeds = seededRandom(seed)
    this.random = seededRandom(this.#seeds.uint32())
    this.#order = seededRandom(this.#seeds.uint32())
    this.clock = new VirtualClock({ random: seededRandom(this.#seeds.uint32()) })
    this.scheduler = { schedule: (turn, label) => void this.#ready.push({ turn, label }) }
  }

  /** A source of randomness of its own. */
  newRandom(): Random {
    return seededRandom(this.#seeds.uint32())
  }

  newDisk(options: { readonly capacityBytes?: number } = {}): SimulatedDisk {
    return new SimulatedDisk({ random: this.newRandom(), ...options })
  }

  /** Starts a process on that disk's machine, which comes back first if its power was lost. */
  boot(name: string, disk: SimulatedDisk): SimulatedProcess {
    if (disk.crashed) disk.restart()
    this.trace(`boot ${name}`)
    return new SimulatedProcess(name, this, disk)
  }

  /** Virtual time passes for the test. */
  sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.clock.after(ms, resolve))
  }

  /** Adds an event to the trace. */
  trace(event: string): void {
    this.#events++
    this.#onEvent?.(event, this.clock.monotonicMs())
    this.#unhashed += `${this.clock.monotonicMs()} ${event}\n`
    if (this.#unhashed.length > HASH_CHARACTERS) this.#hashEvents()
  }

  /** Real asynchronous work, one at a time: the world stands still until it is done. */
  external<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#externals++
    const done = this.#external.then(work).finally(() => {
      this.#externals--
    })
    this.#external = done.catch(() => undefined)
    return done
  }

  /** Real work is going on. */
  get held(): boolean {
    return this.#externals > 0
  }

  /** Lets one thing happen; false = there is nothing to do but wait. */
  step(): boolean {
    if (this.held) return true
    if (this.#ready.length === 0) return this.clock.runNext()
    const index = this.#order.below(this.#ready.length)
    const [next] = this.#ready.splice(index, 1)
    assert(next !== undefined)
    this.trace(next.label)
    next.turn()
    return true
  }

  finish(): { readonly hash: string; readonly events: number } {
    this.#hashEvents()
    return { hash: this.#hash.digest('hex'), events: this.#events }
  }
  #hashEvents(): void {
    this.#hash.update(this.#unhashed)
    this.#unhashed = ''
  }
}

/** Settles when no microtask is left; unlike `nextRound` without asking the kernel for news. */
function microtasksDone(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve))
}
