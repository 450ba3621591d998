import assert from 'node:assert/strict'
import { RuntimeError, toError } from './runtime-error.ts'
import type { RunOptions, TaskPool } from './threads.ts'

export interface TaskQueueOptions {
  /** Tasks that run at the same time: one for each thread, so that no thread has a queue. */
  readonly threads: number
  /** Tasks that may wait for a thread. */
  readonly queueMax: number
  /** Runs one task; LOGBOY_THREAD_LOST says that its thread died. */
  execute(task: string, input: unknown, transfer: readonly ArrayBuffer[]): Promise<unknown>
  /** Ends the threads; nothing is running by then. */
  end(): Promise<void>
}

interface Job {
  readonly task: string
  readonly input: unknown
  readonly transfer: readonly ArrayBuffer[]
  settle(outcome: Promise<unknown>): void
}

/**
 * A TaskPool over whatever executes tasks. A thread gets its next task when it has answered the one
 * before; what waits, waits here, where its caller can still give it up.
 */
export class TaskQueue implements TaskPool {
  readonly #options: TaskQueueOptions
  readonly #waiting = new Set<Job>()
  #running = 0
  #completed = 0
  #lost = 0
  #closed = false
  #whenQuiet: () => void = () => undefined

  constructor(options: TaskQueueOptions) {
    assert(options.threads > 0 && options.queueMax >= 0)
    this.#options = options
  }

  run<Result>(task: string, input: unknown, options: RunOptions = {}): Promise<Result> {
    const { signal, transfer = [] } = options
    return new Promise<unknown>((resolve, reject) => {
      if (signal?.aborted === true) return reject(toError(signal.reason))
      if (this.#closed) return reject(new RuntimeError('LOGBOY_THREAD_CLOSED', 'pool is closed'))
      if (this.#running >= this.#options.threads && this.#waiting.size >= this.#options.queueMax) {
        return reject(new RuntimeError('LOGBOY_THREAD_BUSY', 'too many tasks wait'))
      }
      const giveUp = (): void => {
        this.#waiting.delete(job)
        reject(toError(signal?.reason))
      }
      const settle = (outcome: Promise<unknown>): void => {
        signal?.removeEventListener('abort', giveUp)
        outcome.then(resolve, reject)
      }
      const job: Job = { task, input, transfer, settle }
      signal?.addEventListener('abort', giveUp)
      this.#waiting.add(job)
      this.#pump()
    }) as Promise<Result>
  }

  observe(): Record<string, unknown> {
    const { threads, queueMax } = this.#options
    return {
      threads,
      queueMax,
      running: this.#running,
      waiting: this.#waiting.size,
      completed: this.#completed,
      restarts: this.#lost,
    }
  }

  /** Refuses what waits, lets finish what runs, ends the threads. */
  async close(): Promise<void> {
    assert(!this.#closed, 'the pool is closed already')
    this.#closed = true
    const refused = new RuntimeError('LOGBOY_THREAD_CLOSED', 'pool is closed')
    for (const job of this.#waiting) job.settle(Promise.reject(refused))
    this.#waiting.clear()
    if (this.#running > 0) {
      await new Promise<void>(resolve => {
        this.#whenQuiet = resolve
      })
    }
    await this.#options.end()
  }

  #pump(): void {
    for (const job of this.#waiting) {
      if (this.#running >= this.#options.threads) return
      this.#waiting.delete(job)
      void this.#execute(job)
    }
  }

  async #execute(job: Job): Promise<void> {
    this.#running++
    const outcome = this.#options.execute(job.task, job.input, job.transfer)
    try {
      await outcome
      this.#completed++
    } catch (error) {
      if (error instanceof RuntimeError && error.code === 'LOGBOY_THREAD_LOST') this.#lost++
    }
    this.#running--
    job.settle(outcome)
    if (this.#running === 0) this.#whenQuiet()
    this.#pump()
  }
}
