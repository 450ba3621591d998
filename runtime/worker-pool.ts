import { Piscina } from 'piscina'
import { systemClock } from './clock.ts'
import { systemDisk } from './disk.ts'
import { systemRandom } from './random.ts'
import { type ErrorData, packError, RuntimeError, unpackError } from './runtime-error.ts'
import { TaskQueue } from './task-queue.ts'
import { loadTask, splitTransfer, type TaskPool, type ThreadManifest } from './threads.ts'

export interface WorkerPoolOptions {
  /** Module that exports `manifest: ThreadManifest`; a thread cannot be handed code. */
  readonly manifestUrl: URL
  readonly threads: number
  /** Tasks that may wait for a thread. */
  readonly queueMax: number
}

/** What crosses to a thread … */
interface Order {
  readonly manifestUrl: string
  readonly task: string
  readonly input: unknown
}

/** … and back. Errors travel as data, because cloning an Error drops its code. */
type Outcome = { readonly result: unknown } | { readonly error: ErrorData }

/** Starts threads that run the tasks of a manifest; one that dies is replaced. */
export function openWorkerPool(options: WorkerPoolOptions): TaskPool {
  const { threads, queueMax } = options
  const manifestUrl = options.manifestUrl.href
  const piscina = new Piscina({
    filename: import.meta.url,
    name: 'runOrder',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
  })
  // An idle thread died; piscina has started another one, and no task was lost.
  piscina.on('error', () => undefined)
  return new TaskQueue({
    threads,
    queueMax,
    async execute(task, input, transfer) {
      const order: Order = { manifestUrl, task, input }
      const outcome = await runOn(piscina, order, transfer)
      if ('error' in outcome) throw unpackError(outcome.error)
      return outcome.result
    },
    end: () => piscina.destroy(),
  })
}

async function runOn(
  piscina: Piscina<Order, Outcome>,
  order: Order,
  transfer: readonly ArrayBuffer[],
): Promise<Outcome> {
  try {
    return await piscina.run(order, { transferList: [...transfer] })
  } catch (cause) {
    // Tasks answer their errors as data: this is one of the thread itself.
    throw new RuntimeError('LOGBOY_THREAD_LOST', `thread died in '${order.task}'`, { cause })
  }
}

const tools = { disk: systemDisk, clock: systemClock, random: systemRandom }
const loaded = new Map<string, Awaited<ReturnType<typeof loadTask>>>()

/** Runs inside a thread, called by piscina. */
export async function runOrder(order: Order): Promise<unknown> {
  try {
    const task = loaded.get(order.task) ?? (await load(order))
    const { result, transfer } = splitTransfer(await task(order.input, tools))
    if (transfer.length === 0) return { result }
    const movable: object = {
      [Piscina.transferableSymbol]: [...transfer],
      [Piscina.valueSymbol]: { result },
    }
    return Piscina.move(movable as Parameters<typeof Piscina.move>[0])
  } catch (error) {
    return { error: packError(error) }
  }
}

async function load(order: Order): Promise<Awaited<ReturnType<typeof loadTask>>> {
  const module = (await import(order.manifestUrl)) as { readonly manifest: ThreadManifest }
  const task = await loadTask(module.manifest, order.task)
  loaded.set(order.task, task)
  return task
}
