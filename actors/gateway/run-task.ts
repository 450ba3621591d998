/** Runs a task of a door on a worker thread, telling a busy pool from a task that fails. */
import { type RunOptions, RuntimeError, type TaskPool, toError } from '#runtime/index.ts'

export type TaskRun<Result> =
  | { readonly type: 'done'; readonly result: Result }
  /** Not run, or lost with its thread: worth another try soon. */
  | { readonly type: 'busy' }
  /** A bug; it was told. */
  | { readonly type: 'failed' }

export interface RunTaskOptions {
  readonly pool: Pick<TaskPool, 'run'>
  readonly input: unknown
  readonly run?: RunOptions
  readonly onFault: (error: Error, where: string) => void
}

/** Never rejects. */
export async function runTask<Result>(
  task: string,
  { pool, input, run, onFault }: RunTaskOptions,
): Promise<TaskRun<Result>> {
  try {
    return { type: 'done', result: await pool.run<Result>(task, input, run) }
  } catch (error) {
    if (error instanceof RuntimeError && error.code.startsWith('LOGBOY_THREAD_')) {
      return { type: 'busy' }
    }
    onFault(toError(error), `task ${task}`)
    return { type: 'failed' }
  }
}
