import assert from 'node:assert/strict'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from './clock.ts'
import { systemDisk } from './disk.ts'
import { systemRandom } from './random.ts'
import { packError } from './runtime-error.ts'
import {
  ENDED,
  type ServiceAnswer,
  type ServiceRequest,
  type ServiceStart,
  STARTED,
} from './service-thread.ts'
import { type RunningService, splitTransfer, startService, type ThreadManifest } from './threads.ts'

/** The first code of a service's thread: starts the service, then feeds it with calls. */
class ServiceHost {
  readonly #port: MessagePort
  readonly #service: RunningService
  /** Settles when the calls so far have been answered, for services that take one at a time. */
  #turn: Promise<void> = Promise.resolve()
  #open = 0
  #ending = false

  constructor(port: MessagePort, service: RunningService) {
    this.#port = port
    this.#service = service
  }

  serve(request: ServiceRequest): void {
    if (request === null) {
      this.#ending = true
      if (this.#open === 0) void this.#end()
      return
    }
    const { id, message } = request
    this.#open++
    if (this.#service.concurrent) void this.#answer(id, message)
    else this.#turn = this.#turn.then(() => this.#answer(id, message))
  }

  async #answer(id: number, message: unknown): Promise<void> {
    await post(this.#port, id, () => this.#service.handle(message))
    this.#open--
    if (this.#ending && this.#open === 0) await this.#end()
  }

  async #end(): Promise<void> {
    await post(this.#port, ENDED, () => this.#service.close())
    this.#port.close()
  }
}

/** Posts what `run` answers, or throws. */
async function post(port: MessagePort, id: number, run: () => unknown): Promise<void> {
  try {
    const { result, transfer } = splitTransfer(await run())
    port.postMessage({ id, result } satisfies ServiceAnswer, [...transfer])
  } catch (error) {
    port.postMessage({ id, error: packError(error) } satisfies ServiceAnswer)
  }
}

async function start(port: MessagePort, data: ServiceStart): Promise<void> {
  const tools = { disk: systemDisk, clock: systemClock, random: systemRandom }
  await post(port, STARTED, async () => {
    const module = (await import(data.manifestUrl)) as { readonly manifest: ThreadManifest }
    const service = await startService(module.manifest, data.service, data.options, tools)
    const host = new ServiceHost(port, service)
    port.on('message', (request: ServiceRequest) => host.serve(request))
  })
}

assert(parentPort !== null, 'this file runs in a thread of its own')
await start(parentPort, workerData as ServiceStart)
