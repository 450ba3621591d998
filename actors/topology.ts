/**
 * THE pipeline, sink first: what is made later knows what was made before it, never the other way.
 *
 *   doors → project actors → commit log → store, tail        page, REST → store, tail, catalog
 *
 * in this order: foundation.ts, storage.ts, pipeline.ts, doors.ts.
 */
import type { Logger } from 'pino'
import { Closing } from './closing.ts'
import { type Doors, openDoors } from './doors.ts'
import { openFoundation } from './foundation.ts'
import { startActors } from './pipeline.ts'
import type { Config } from './settings.ts'
import { shapeOf } from './shape.ts'
import { openStorage } from './storage.ts'

export interface StartOptions {
  readonly config: Config
  readonly log: Logger
  readonly version: string
  readonly adminToken: string
  /** Something without which there is no going on; the process should end. */
  readonly onFatal: (error: Error) => void
}

/** A started server. */
export interface Running extends Doors {
  /** Takes no more, answers what is on its way, publishes nothing it need not, and ends. */
  stop(reason: string): Promise<void>
}

export async function startLogboy(options: StartOptions): Promise<Running> {
  const closing = new Closing()
  try {
    const shape = shapeOf(options.config)
    const foundation = await openFoundation({ ...options, shape }, closing)
    const storage = await openStorage(foundation, closing)
    const actors = await startActors(foundation, storage, closing)
    const doors = await openDoors(options, { ...foundation, ...storage, ...actors }, closing)
    return { ...doors, stop: () => closing.run() }
  } catch (error) {
    await closing.run().catch(() => undefined)
    throw error
  }
}
