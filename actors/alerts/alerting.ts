/** Alert rules of all projects: an actor for each project that has some, fed by one consumer. */
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import type { CommitLog } from '#actors/commit-log/commit-log.ts'
import { ask, type Clock, type Ref } from '#runtime/index.ts'
import { AlertFeed } from './alert-feed.ts'
import type { AlertMessage } from './alerts.ts'

export interface AlertingOptions {
  readonly log: CommitLog
  readonly clock: Clock
  readonly rules: Pick<AlertRules, 'stamps'>
  readonly onFault: (error: Error, where: string) => void
  /** The actor of a project. */
  actor(projectId: string): Ref<AlertMessage>
}

const BEGIN_MS = 10_000

export class Alerting {
  readonly feed: AlertFeed
  readonly #options: AlertingOptions
  #stamps: ReadonlyMap<string, string> = new Map()
  #looking: Promise<void> | null = null
  #isStale = false

  constructor(options: AlertingOptions) {
    this.#options = options
    const { log, clock, onFault } = options
    this.feed = new AlertFeed({
      log,
      clock,
      onFault,
      feed: (projectId, batch) => options.actor(projectId).tell({ type: 'fed', batch }),
    })
  }

  /** Reads the log once the actors of all projects know where they begin. */
  async start(): Promise<void> {
    await this.rulesChanged().catch((error: Error) => this.#options.onFault(error, 'alert rules'))
    this.feed.start()
  }

  /** Something in the catalog has changed, which may have been rules. */
  rulesChanged(): Promise<void> {
    this.#isStale = true
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  observe(): Record<string, unknown> {
    return this.feed.observe()
  }

  close(): void {
    this.feed.close()
  }

  /** An actor that takes its time begins later: what it lacks then is read again. */
  async #tell(projectId: string): Promise<void> {
    const { clock, onFault } = this.#options
    const ref = this.#options.actor(projectId)
    try {
      await ask<AlertMessage, void, AlertMessage>(ref, reply => ({ type: 'rules', reply }), {
        clock,
        timeoutMs: BEGIN_MS,
      })
    } catch (error) {
      onFault(error as Error, `alerts/${projectId}`)
    }
  }

  async #look(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      const before = this.#stamps
      const stamps = await this.#options.rules.stamps()
      this.#stamps = stamps
      const projects = new Set([...stamps.keys(), ...before.keys()])
      for (const projectId of projects) {
        if (stamps.get(projectId) === before.get(projectId)) continue
        await this.#tell(projectId)
      }
    }
  }
}
