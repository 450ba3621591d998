import type { Random } from '../random.ts'
import { packError, RuntimeError, unpackError } from '../runtime-error.ts'
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

interface Job {
  readonly task: string
  readonly input: unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
  over: boolean
}

/** Runs tasks inline, as many at a time as there are threads, with time passing on the way. */
export class SimulatedTaskPool implements TaskPool {
  readonly #manifest: ThreadManifest
  readonly #world: ThreadWorld
  readonly #options: SimulatedPoolOptions
  readonly #failures: { readonly task: string; readonly error: Error }[] = []
  readonly #running = new Set<Job>()
  readonly #loaded = new Map<string, Awaited<ReturnType<typeof loadTask>>>()
  #waiting: Job[] = []
  #restarts = 0
  #closed = false
  #whenEmpty: () => void = () => undefined

  constructor(manifest: ThreadManifest, world: ThreadWorld, options: SimulatedPoolOptions) {
    this.#manifest = manifest
    this.#world = world
    this.#options = options
  }

  run<Result>(task: string, input: unknown, options: RunOptions = {}): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.#closed) return reject(new RuntimeError('LOGBOY_THREAD_CLOSED', 'pool is closed'))
      if (options.signal?.aborted === true) return reject(options.signal.reason as Error)
      if (this.#waiting.length >= this.#options.queueMax) {
        return reject(new RuntimeError('LOGBOY_THREAD_BUSY', 'too many tasks wait'))
      }
      const crossed = structuredClone(input, { transfer: [...(options.transfer ?? [])] })
      const job: Job = { task, input: crossed, resolve, reject, over: false }
      options.signal?.addEventListener('abort', () => {
        this.#settle(job, () => reject(options.signal?.reason as Error))
        this.#waiting = this.#waiting.filter(other => other !== job)
      })
      this.#waiting.push(job)
      this.#pump()
    })
  }

  /** The next task of that name fails with `error` instead of running. */
  failNext(task: string, error: Error): void {
    this.#failures.push({ task, error })
  }

  /** A thread dies: one running task is lost. */
  crashThread(): void {
    const job = [...this.#running][this.#world.random.below(Math.max(1, this.#running.size))]
    if (job === undefined) return
    this.#restarts++
    this.#settle(job, () => job.reject(new RuntimeError('LOGBOY_THREAD_LOST', 'thread crashed')))
    this.#leave(job)
  }

  observe(): Record<string, unknown> {
    return {
      threads: this.#options.threads,
      running: this.#running.size,
      waiting: this.#waiting.length,
      restarts: this.#restarts,
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#waiting.splice(0)) {
      job.reject(new RuntimeError('LOGBOY_THREAD_CLOSED', 'pool is closed'))
    }
    if (this.#running.size === 0) return
    await new Promise<void>(resolve => {
      this.#whenEmpty = resolve
    })
  }

  #pump(): void {
    while (this.#running.size < this.#options.threads) {
      const job = this.#waiting.shift()
      if (job === undefined) return
      this.#running.add(job)
      void this.#execute(job)
    }
  }

  async #execute(job: Job): Promise<void> {
    try {
      await sleep(this.#world, this.#options)
      const answer = job.over ? undefined : await this.#call(job)
      await sleep(this.#world, this.#options)
      this.#settle(job, () => job.resolve(answer as never))
    } catch (error) {
      this.#settle(job, () => job.reject(unpackError(packError(error))))
    }
    this.#leave(job)
  }

  async #call(job: Job): Promise<unknown> {
    const planned = this.#failures.findIndex(({ task }) => task === job.task)
    const failure = planned < 0 ? undefined : this.#failures.splice(planned, 1)[0]
    if (failure !== undefined) throw failure.error
    const task =
      this.#loaded.get(job.task) ??
      (await this.#world.external(() => loadTask(this.#manifest, job.task)))
    this.#loaded.set(job.task, task)
    return cross(await task(job.input, this.#world))
  }

  #settle(job: Job, settle: () => void): void {
    if (job.over) return
    job.over = true
    settle()
  }

  #leave(job: Job): void {
    if (!this.#running.delete(job)) return
    if (this.#running.size === 0) this.#whenEmpty()
    this.#pump()
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
