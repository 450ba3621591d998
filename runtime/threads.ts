/**
 * Work off the main thread, as actors see it. What crosses is plain data: a small header and
 * ArrayBuffers (transferred) or SharedArrayBuffers (shared). Real threads live in worker-pool.ts;
 * simulation runs the same handlers inline (testing/).
 */
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Random } from './random.ts'
import { RuntimeError } from './runtime-error.ts'

/**
 * Runs pure tasks by name on whichever thread is free, one at a time in each. Rejects with what
 * the task threw (code and fields kept), LOGBOY_THREAD_BUSY (the queue is full), LOGBOY_THREAD_LOST
 * (the thread died; the next task gets a new one) or LOGBOY_THREAD_CLOSED. Buffers to be
 * transferred belong to the pool from the call on.
 */
export interface TaskPool {
  run<Result>(task: string, input: unknown, options?: RunOptions): Promise<Result>
  /** Threads, tasks running and waiting, restarts. */
  observe(): Record<string, unknown>
  close(): Promise<void>
}

export interface RunOptions {
  readonly transfer?: readonly ArrayBuffer[]
  /** Given up by the caller: a waiting task is never run, the result of a running one dropped. */
  readonly signal?: AbortSignal
}

/**
 * One thread with state of its own (journal, segment files, DuckDB), answering in order of arrival
 * unless the service is `concurrent`. Rejects with what the service threw (code and fields kept),
 * LOGBOY_THREAD_BUSY (too many calls open), LOGBOY_THREAD_LOST or LOGBOY_THREAD_CLOSED.
 */
export interface ServiceThread {
  call<Result>(message: unknown, transfer?: readonly ArrayBuffer[]): Promise<Result>
  observe(): Record<string, unknown>
  /** Lets the service end itself, then ends the thread. */
  close(): Promise<void>
}

/** What a task or service may use: the same set in a thread and in simulation. */
export interface ThreadTools {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
}

/** A pure function of its input (and files that never change). */
export type Task = (input: never, tools: ThreadTools) => unknown

/** A thread's own state machine. */
export interface Service {
  /** Calls may overlap and be answered in any order; without it one is finished before the next. */
  readonly concurrent?: boolean
  handle(message: never): unknown
  close?(): void | Promise<void>
}

/** Wraps a result whose buffers are to be transferred, not copied. */
export interface Transferred<Result> {
  readonly result: Result
  readonly transfer: readonly ArrayBuffer[]
}

/**
 * What a manifest module exports for threads to import: loaders, so that a thread reads only the
 * code it runs.
 */
export interface ThreadManifest {
  readonly tasks: Readonly<Record<string, () => Promise<Task>>>
  readonly services: Readonly<
    Record<
      string,
      () => Promise<(options: never, tools: ThreadTools) => Service | Promise<Service>>
    >
  >
}

/** Splits what a handler answered into the result and the buffers that move with it. */
export function splitTransfer(answer: unknown): Transferred<unknown> {
  return isTransferred(answer) ? answer : { result: answer, transfer: [] }
}

function isTransferred(answer: unknown): answer is Transferred<unknown> {
  if (typeof answer !== 'object' || answer === null) return false
  return 'result' in answer && 'transfer' in answer && Array.isArray(answer.transfer)
}

export async function loadTask(
  manifest: ThreadManifest,
  name: string,
): Promise<(input: unknown, tools: ThreadTools) => unknown> {
  const load = manifest.tasks[name]
  if (load === undefined) throw new RuntimeError('LOGBOY_TASK_UNKNOWN', `no task '${name}'`)
  return (await load()) as (input: unknown, tools: ThreadTools) => unknown
}

/** A service that has been started, its messages no longer typed. */
export interface RunningService {
  readonly concurrent: boolean
  handle(message: unknown): unknown
  close(): Promise<void>
}

export async function startService(
  manifest: ThreadManifest,
  name: string,
  options: unknown,
  tools: ThreadTools,
): Promise<RunningService> {
  const load = manifest.services[name]
  if (load === undefined) throw new RuntimeError('LOGBOY_TASK_UNKNOWN', `no service '${name}'`)
  const create = (await load()) as (options: unknown, tools: ThreadTools) => unknown
  const service = (await create(options, tools)) as Service
  return {
    concurrent: service.concurrent === true,
    handle: message => service.handle(message as never),
    close: async () => service.close?.(),
  }
}
