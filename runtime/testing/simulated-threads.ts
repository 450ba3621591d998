import type { Random } from '../random.ts'
import { packError, RuntimeError, unpackError } from '../runtime-error.ts'
import { TaskQueue } from '../task-queue.ts'
import {
  loadTask,
  type RunningService,
  type RunOptions,
  type ServiceThread,
  splitTransfer,
  type TaskPool,
  type ThreadManifest,
  type ThreadTools,
} from '../threads.ts'

/** What the simulation lends to the threads of one process. */
export interface ThreadWorld extends ThreadTools {
  /** Real asynchronous work (an import): the simulation stands still meanwhile. */
  external<Value>(work: () => Promise<Value>): Promise<Value>
}

export interface LatencyOptions {
  /** Virtual time that a message takes each way, at random within these. */
  readonly latencyMinMs?: number
  readonly latencyMaxMs?: number
}

export interface SimulatedPoolOptions extends LatencyOptions {
  readonly threads: number
  readonly queueMax: number
}

/** Runs tasks inline, as many at a time as there are threads, with time passing on the way. */
export class SimulatedTaskPool implements TaskPool {
  readonly #manifest: ThreadManifest
  readonly #world: ThreadWorld
  readonly #options: SimulatedPoolOptions
  readonly #queue: TaskQueue
  readonly #loaded = new Map<string, Awaited<ReturnType<typeof loadTask>>>()
  readonly #failures: { readonly task: string; readonly error: Error }[] = []
  readonly #losses = new Set<(lost: RuntimeError) => void>()

  constructor(manifest: ThreadManifest, world: ThreadWorld, options: SimulatedPoolOptions) {
    this.#manifest = manifest
    this.#world = world
    this.#options = options
    this.#queue = new TaskQueue({
      threads: options.threads,
      queueMax: options.queueMax,
      execute: (task, input) => this.#execute(task, input),
      end: async () => undefined,
    })
  }

  async run<Result>(task: string, input: unknown, options: RunOptions = {}): Promise<Result> {
    // From the call on the buffers belong to the pool: whoever touches them again finds them empty.
    const { transfer = [], ...others } = options
    return this.#queue.run(task, structuredClone(input, { transfer: [...transfer] }), others)
  }

  /** The next task of that name fails with `error` instead of running. */
  failNext(task: string, error: Error): void {
    this.#failures.push({ task, error })
  }

  /** A thread dies, and what it was doing is lost. */
  crashThread(): void {
    const losses = [...this.#losses]
    const lose = losses[this.#world.random.below(Math.max(1, losses.length))]
    lose?.(new RuntimeError('LOGBOY_THREAD_LOST', 'thread crashed'))
  }

  observe(): Record<string, unknown> {
    return this.#queue.observe()
  }

  close(): Promise<void> {
    return this.#queue.close()
  }

  #execute(name: string, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#losses.add(reject)
      this.#answer(name, input)
        .then(resolve, error => reject(unpackError(packError(error))))
        .finally(() => this.#losses.delete(reject))
    })
  }

  async #answer(name: string, input: unknown): Promise<unknown> {
    await sleep(this.#world, this.#options)
    const planned = this.#failures.findIndex(({ task }) => task === name)
    const failure = planned < 0 ? undefined : this.#failures.splice(planned, 1)[0]
    if (failure !== undefined) throw failure.error
    const task = this.#loaded.get(name) ?? (await this.#load(name))
    const answer = cross(await task(input, this.#world))
    await sleep(this.#world, this.#options)
    return answer
  }

  async #load(name: string): Promise<Awaited<ReturnType<typeof loadTask>>> {
    const task = await this.#world.external(() => loadTask(this.#manifest, name))
    this.#loaded.set(name, task)
    return task
  }
}

export interface SimulatedServiceOptions extends LatencyOptions {
  readonly callsMax: number
  /** The thread died; the owner decides what follows. */
  onLost?(error: Error): void
}

interface Call {
  readonly message: unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** A service running inline; arrival in order, answers in order unless it is concurrent. */
export class SimulatedServiceThread implements ServiceThread {
  readonly #service: RunningService
  readonly #world: ThreadWorld
  readonly #options: SimulatedServiceOptions
  readonly #open = new Set<Call>()
  #arrivals: Promise<void> = Promise.resolve()
  #end: RuntimeError | undefined

  constructor(service: RunningService, world: ThreadWorld, options: SimulatedServiceOptions) {
    this.#service = service
    this.#world = world
    this.#options = options
  }

  call<Result>(message: unknown, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end)
      if (this.#open.size >= this.#options.callsMax) {
        return reject(new RuntimeError('LOGBOY_THREAD_BUSY', 'too many calls are open'))
      }
      const crossed = structuredClone(message, { transfer: [...transfer] })
      const call: Call = { message: crossed, resolve, reject }
      this.#open.add(call)
      this.#arrivals = this.#arrivals.then(() => this.#arrive(call))
    })
  }

  /** The thread dies with all calls that are open. */
  crash(): void {
    const lost = new RuntimeError('LOGBOY_THREAD_LOST', 'thread crashed')
    this.#end ??= lost
    for (const call of this.#open) call.reject(lost)
    this.#open.clear()
    this.#options.onLost?.(lost)
  }

  observe(): Record<string, unknown> {
    return {
      calls: this.#open.size,
      callsMax: this.#options.callsMax,
      lost: this.#end?.code ?? null,
    }
  }

  async close(): Promise<void> {
    if (this.#end !== undefined) return
    this.#end = new RuntimeError('LOGBOY_THREAD_CLOSED', 'service is closed')
    while (this.#open.size > 0) await sleep(this.#world, { latencyMinMs: 1 })
    await this.#service.close()
  }

  async #arrive(call: Call): Promise<void> {
    await sleep(this.#world, this.#options)
    if (!this.#open.has(call)) return
    const answered = this.#answer(call)
    if (!this.#service.concurrent) await answered
  }

  async #answer(call: Call): Promise<void> {
    try {
      const result = cross(await this.#service.handle(call.message))
      await sleep(this.#world, this.#options)
      if (this.#open.delete(call)) call.resolve(result as never)
    } catch (error) {
      await sleep(this.#world, this.#options)
      if (this.#open.delete(call)) call.reject(unpackError(packError(error)))
    }
  }
}

/** What comes back is a copy, as between real threads; transferred buffers are gone over there. */
function cross(answer: unknown): unknown {
  const { result, transfer } = splitTransfer(answer)
  return structuredClone(result, { transfer: [...transfer] })
}

function sleep(
  world: { readonly clock: ThreadTools['clock']; readonly random: Random },
  options: LatencyOptions,
): Promise<void> {
  const { latencyMinMs = 0.02, latencyMaxMs = 0.5 } = options
  const range = Math.max(0, latencyMaxMs - latencyMinMs)
  return new Promise(resolve => {
    world.clock.after(latencyMinMs + world.random.unit() * range, resolve)
  })
}
