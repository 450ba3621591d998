/**
 * Work off the main thread, as actors see it. What crosses is plain data: a small header and
 * ArrayBuffers (transferred) or SharedArrayBuffers (shared). Real threads live in worker-pool.ts;
 * simulation runs the same handlers inline (testing/).
 */
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Random } from './random.ts'

/** Runs pure tasks by name on whichever thread is free. */
export interface TaskPool {
  run<Result>(task: string, input: unknown, options?: RunOptions): Promise<Result>
  /** Threads, tasks running and waiting, restarts. */
  observe(): Record<string, unknown>
  close(): Promise<void>
}

export interface RunOptions {
  readonly transfer?: readonly ArrayBuffer[]
  readonly signal?: AbortSignal
}

/** One thread with state of its own (journal, segment files, DuckDB), answering in order of arrival. */
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
