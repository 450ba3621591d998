/**
 * Alert rules of all projects: an actor for each project that has some and is evaluated here, fed
 * by one consumer. Of several processes each has the projects whose partitions it reads.
 */
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import { ask, type Cancel, type Clock, type Ref } from '#runtime/index.ts'
import { type AlertedLog, AlertFeed } from './alert-feed.ts'
import type { AlertMessage } from './alerts.ts'

export interface AlertingOptions {
  readonly log: AlertedLog
  readonly clock: Clock
  /** Other processes of the installation evaluate rules, too. */
  readonly isShared: boolean
  readonly rules: Pick<AlertRules, 'stamps'>
  readonly onFault: (error: Error, where: string) => void
  /** The actor of a project. */
  actor(projectId: string): Ref<AlertMessage>
}

const BEGIN_MS = 10_000
/** Actors that read their snapshots at the same time. */
const BEGINNING_MAX = 16
const RETRY_MS = 1_000
/** Whoever was wrongly evaluating a project has learnt of it by then. */
const FENCED_MS = 5_000

export class Alerting {
  readonly feed: AlertFeed
  readonly #options: AlertingOptions
  /** Of projects that are evaluated here: the rules that their actors were told of. */
  readonly #told = new Map<string, string>()
  #looking: Promise<void> | null = null
  #isStale = false
  #isClosed = false
  #cancel: Cancel = () => undefined

  constructor(options: AlertingOptions) {
    this.#options = options
    const { log, clock, isShared, onFault } = options
    this.feed = new AlertFeed({
      log,
      clock,
      isShared,
      onFault,
      feed: (projectId, batch) => options.actor(projectId).tell({ type: 'fed', batch }),
      discarded: projectId => this.#discarded(projectId),
      shared: () => this.settled(),
    })
  }

  /** Reads the log once the actors of all projects know where they begin. */
  async start(): Promise<void> {
    await this.rulesChanged().catch((error: Error) => this.#options.onFault(error, 'alert rules'))
    this.feed.start()
  }

  /** Something in the catalog has changed, which may have been rules, or where batches go. */
  rulesChanged(): Promise<void> {
    this.#isStale = true
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking
  }

  /** Somebody else evaluates the project, or did for a moment. */
  fenced(projectId: string): void {
    const { clock, onFault } = this.#options
    onFault(new Error('somebody else evaluates the rules of the project'), `alerts/${projectId}`)
    this.feed.stopped(projectId)
    this.#cancel()
    this.#cancel = clock.after(FENCED_MS, () => void this.settled())
  }

  #discarded(projectId: string): void {
    const what = 'the log is another one than the rules of the project were evaluated with'
    const then = 'windows begin anew with what comes now'
    this.#options.onFault(new Error(`${what}: ${then}`), `alerts/${projectId}`)
    void this.settled()
  }

  observe(): Record<string, unknown> {
    return this.feed.observe()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.feed.close()
  }

  /** Until it succeeds: while the catalog is away nobody can know which projects these are. */
  async settled(): Promise<void> {
    const { clock, onFault } = this.#options
    while (!this.#isClosed) {
      try {
        return await this.rulesChanged()
      } catch (error) {
        onFault(error as Error, 'alert rules')
        await new Promise<void>(resolve => void clock.after(RETRY_MS, resolve))
      }
    }
  }

  async #look(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      const stamps = await this.#options.rules.stamps()
      const lists = await this.#lists([...stamps.keys()])
      await this.feed.hold(() => this.#apply(stamps, lists))
    }
  }

  async #lists(projectIds: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const { log } = this.#options
    const lists = new Map<string, readonly number[]>()
    for (const projectId of projectIds) lists.set(projectId, await log.partitionsOf(projectId))
    return lists
  }

  async #apply(
    stamps: ReadonlyMap<string, string>,
    lists: ReadonlyMap<string, readonly number[]>,
  ): Promise<void> {
    const { feed } = this
    feed.know(lists)
    for (const projectId of this.#told.keys()) {
      if (stamps.has(projectId) && feed.has(projectId)) continue
      if (stamps.has(projectId)) feed.handOver(projectId)
      else feed.unwatch(projectId)
      this.#told.delete(projectId)
      await this.#tell(projectId)
    }
    const mine = [...stamps].filter(([projectId]) => feed.has(projectId))
    for (let i = 0; i < mine.length; i += BEGINNING_MAX) {
      const some = mine.slice(i, i + BEGINNING_MAX)
      await Promise.all(some.map(([projectId, stamp]) => this.#use(projectId, stamp)))
    }
  }

  async #use(projectId: string, stamp: string): Promise<void> {
    this.feed.watch(projectId)
    if (this.#told.get(projectId) === stamp && this.feed.hasBegun(projectId)) return
    this.#told.set(projectId, stamp)
    await this.#tell(projectId)
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
}
