import { Worker } from 'node:worker_threads'
import { type ErrorData, RuntimeError, unpackError } from './runtime-error.ts'
import type { ServiceThread } from './threads.ts'

export interface ServiceThreadOptions {
  /** Module that exports `manifest: ThreadManifest`; a thread cannot be handed code. */
  readonly manifestUrl: URL
  /** Name of the service in the manifest. */
  readonly service: string
  /** For the service's constructor; plain data. */
  readonly options: unknown
  /** Calls that may be open at a time. */
  readonly callsMax: number
  /** The thread died, and its open calls with it. A service has state: it is not restarted. */
  onLost(error: Error): void
}

/** Handed to the thread when it is made. */
export interface ServiceStart {
  readonly manifestUrl: string
  readonly service: string
  readonly options: unknown
}

/** To the thread: calls, and in the end `null`: finish. */
export type ServiceRequest = { readonly id: number; readonly message: unknown } | null

/** From the thread: the answer to a call; id 0 is its start, id -1 its end. */
export type ServiceAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorData }

export const STARTED = 0
export const ENDED = -1

interface Call {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Starts a thread that runs one service; rejects with what the service's constructor threw. */
export async function openServiceThread(options: ServiceThreadOptions): Promise<ServiceThread> {
  const thread = new WorkerService(options)
  await thread.started
  return thread
}

class WorkerService implements ServiceThread {
  readonly started: Promise<unknown>
  readonly #options: ServiceThreadOptions
  readonly #worker: Worker
  readonly #calls = new Map<number, Call>()
  #lastId = STARTED
  #completed = 0
  /** Why no more calls are taken. */
  #over: RuntimeError | undefined

  constructor(options: ServiceThreadOptions) {
    this.#options = options
    const { manifestUrl, service, options: serviceOptions } = options
    const start: ServiceStart = { manifestUrl: manifestUrl.href, service, options: serviceOptions }
    const entry = new URL('./service-entry.ts', import.meta.url)
    this.#worker = new Worker(entry, { name: service, workerData: start })
    this.started = this.#expect(STARTED)
    this.#worker.on('message', (answer: ServiceAnswer) => this.#answered(answer))
    this.#worker.on('error', error => this.#lost(error))
    this.#worker.on('exit', code => this.#lost(new Error(`exit code ${code}`)))
  }

  call<Result>(message: unknown, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    if (this.#over !== undefined) return Promise.reject(this.#over)
    if (this.#calls.size >= this.#options.callsMax) {
      const busy = `too many calls to ${this.#options.service} are open`
      return Promise.reject(new RuntimeError('LOGBOY_THREAD_BUSY', busy))
    }
    const id = ++this.#lastId
    const answer = this.#expect(id)
    try {
      this.#worker.postMessage({ id, message }, [...transfer])
    } catch (error) {
      this.#calls.delete(id)
      return Promise.reject(error)
    }
    return answer as Promise<Result>
  }

  observe(): Record<string, unknown> {
    const { service, callsMax } = this.#options
    const { size } = this.#calls
    return {
      service,
      calls: size,
      callsMax,
      completed: this.#completed,
      over: this.#over?.code ?? null,
    }
  }

  async close(): Promise<void> {
    if (this.#over !== undefined) return
    this.#over = new RuntimeError('LOGBOY_THREAD_CLOSED', `${this.#options.service} is closed`)
    const ended = this.#expect(ENDED)
    this.#worker.postMessage(null)
    try {
      await ended
      // The service has let go of everything: nothing can be cut off in the middle.
      await this.#worker.terminate()
    } catch (error) {
      this.#worker.unref()
      throw error
    }
  }

  #expect(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }))
  }

  #answered(answer: ServiceAnswer): void {
    const call = this.#calls.get(answer.id)
    this.#calls.delete(answer.id)
    this.#completed++
    if (answer.id === STARTED && 'error' in answer) {
      this.#over = new RuntimeError(
        'LOGBOY_THREAD_CLOSED',
        `${this.#options.service} never started`,
      )
    }
    if ('error' in answer) call?.reject(unpackError(answer.error))
    else call?.resolve(answer.result)
  }

  #lost(cause: Error): void {
    const { service } = this.#options
    const expected = this.#over !== undefined && this.#calls.size === 0
    if (expected) return
    const lost = new RuntimeError('LOGBOY_THREAD_LOST', `thread of ${service} died`, { cause })
    this.#over = lost
    const starting = this.#calls.has(STARTED)
    for (const call of this.#calls.values()) call.reject(lost)
    this.#calls.clear()
    if (!starting) this.#options.onLost(lost)
  }
}
