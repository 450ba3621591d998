/**
 * The commit log as alert rules read it: one consumer for all projects whose partitions this
 * process has. It hands each batch to the actor of its project, waits where they are slow, and
 * passes only what every project has saved, so that whoever goes on, here or elsewhere, is given
 * what is behind each snapshot. Of a project that has partitions in several processes nothing is
 * passed until one process has them all.
 */
import type { CommitLog, Consumption, LogEntry } from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import { FedProject } from './fed-project.ts'

/** A batch on its way to an actor, which calls `done` once it has been absorbed, or never will. */
export interface FedBatch {
  readonly entry: LogEntry
  /** Of the reading that found it: an actor wants none from before it began. */
  readonly generation: number
  readonly done: () => void
}

/** What rules need of the commit log. */
export type AlertedLog = Pick<CommitLog, 'consume' | 'ends' | 'start' | 'partitionsOf'>

export interface AlertFeedOptions {
  readonly log: AlertedLog
  readonly clock: Clock
  /** Other processes may have partitions of the log, and others receive while we do not. */
  readonly isShared: boolean
  readonly onFault: (error: Error, where: string) => void
  /** Takes it; a promise only while it has no room. */
  feed(projectId: string, batch: FedBatch): void | Promise<void>
  /** What the project began with is of another log: it has to begin anew. */
  discarded(projectId: string): void
  /** Partitions came or went; nothing is handed out before this settles. */
  shared(): Promise<void>
}

/** Where an actor begins. */
export interface Beginning {
  readonly positions: Positions
  readonly generation: number
  /** What was received before this and is not in its snapshot nobody knows (µs). */
  readonly knownSinceUs: number
}

/** Everything of a project up to there was absorbed, and at that time there was nothing else. */
export interface Coverage {
  readonly positions: Positions
  readonly atUs: number
}

/** Batches that were handed out and not absorbed. */
const FEEDING_MAX = 64
const PASSED_INTERVAL_MS = 500
const SHARE_AGAIN_MS = 5_000

export class AlertFeed {
  readonly #options: AlertFeedOptions
  readonly #receivingSinceUs: number
  /** Those that are evaluated here. */
  readonly #projects = new Map<string, FedProject>()
  /** Those that should be evaluated elsewhere, with what nobody may pass until they are. */
  readonly #waiting = new Map<string, FedProject>()
  /** All that have rules, with the partitions that their batches go to. */
  #lists: ReadonlyMap<string, readonly number[]> = new Map()
  readonly #owned = new Set<number>()
  /** Of the log that projects have begun with. */
  #identity: string
  /** Of snapshots behind which nothing can come, because the log ends before. */
  readonly #foreign = new Map<string, Positions>()
  #consumption: Consumption | undefined
  /** Readings that were given up deliver nothing more. */
  #generation = 0
  #feeding = 0
  #room: (() => void) | undefined
  #holds = 0
  #released: Promise<void> = Promise.resolve()
  #release: () => void = () => undefined
  #isSharingAgain = false
  #sharedAgainMs = Number.NEGATIVE_INFINITY
  #cancelShare: Cancel = () => undefined
  #cancel: Cancel = () => undefined

  constructor(options: AlertFeedOptions) {
    this.#options = options
    this.#receivingSinceUs = options.clock.nowUs()
    this.#identity = options.log.ends().identity
  }

  /** Reads on behind the oldest position at which a project has begun, or where others stopped. */
  start(): void {
    const { log, isShared } = this.#options
    this.#consumption = log.consume({
      name: 'alerts',
      begins: 'end',
      from: isShared ? Positions.NONE : this.#oldest(),
      receive: entries => this.#receive(entries),
      // While it is not known who has rules everybody may have some.
      wants: projectId => this.#lists.has(projectId) || this.#holds > 0,
      assigned: partition => this.#assigned(partition),
      revoked: partition => this.#revoked(partition),
      together: () => this.together(),
    })
    this.#tellPassed()
  }

  /** Nothing is handed out while this works: who is fed may change. */
  async hold(work: () => Promise<void>): Promise<void> {
    if (this.#holds++ === 0) {
      this.#released = new Promise(resolve => {
        this.#release = resolve
      })
    }
    try {
      await work()
    } finally {
      if (--this.#holds === 0) this.#release()
    }
  }

  /** These projects have rules, and their batches go there. */
  know(lists: ReadonlyMap<string, readonly number[]>): void {
    const before = JSON.stringify(this.together())
    this.#lists = lists
    for (const projectId of this.#waiting.keys()) {
      if (!lists.has(projectId)) this.#waiting.delete(projectId)
    }
    if (JSON.stringify(this.together()) !== before) this.#shareAgain()
  }

  /** Whether all partitions of the project are read by this process. */
  has(projectId: string): boolean {
    if (!this.#options.isShared) return true
    const list = this.#lists.get(projectId) ?? []
    return list.length > 0 && list.every(partition => this.#owned.has(partition))
  }

  isWatched(projectId: string): boolean {
    return this.#projects.has(projectId)
  }

  /** Its actor has begun, and what it has is still good. */
  hasBegun(projectId: string): boolean {
    return this.#projects.get(projectId)?.hasBegun ?? false
  }

  /** The project is evaluated here; its actor will say where it begins. */
  watch(projectId: string): void {
    const list = this.#lists.get(projectId) ?? []
    const known = this.#projects.get(projectId) ?? this.#waiting.get(projectId)
    const fed = known ?? new FedProject(this.#delivered)
    fed.goesTo(list)
    this.#waiting.delete(projectId)
    this.#projects.set(projectId, fed)
  }

  /** Nothing more of the project is wanted. */
  unwatch(projectId: string): void {
    this.#projects.delete(projectId)
    this.#waiting.delete(projectId)
  }

  /** Somebody else is to evaluate it: what its snapshot does not have is kept for whoever does. */
  handOver(projectId: string): void {
    const fed = this.#projects.get(projectId)
    if (fed === undefined) return
    this.#projects.delete(projectId)
    fed.stop()
    if (!fed.isSaved && this.#isRead(fed)) this.#waiting.set(projectId, fed)
  }

  /**
   * The actor of the project begins behind these positions; null = behind those at which it was
   * watched. What was handed out after them comes again, under the generation that is answered or a
   * later one.
   */
  begin(projectId: string, positions: Positions | null): Beginning {
    const fed = this.#projects.get(projectId)
    const known = positions === null || this.#isForeign(projectId, positions) ? null : positions
    const begun = known ?? fed?.saved ?? this.#delivered
    if (known !== null) fed?.doubt(known, this.#options.clock.nowUs())
    const before = fed?.partitions.size ?? 0
    if (fed?.begin(begun) === true) this.#rewind()
    // Its snapshot knows partitions that its batches no longer go to.
    if (fed !== undefined && fed.partitions.size > before) this.#shareAgain()
    const knownSinceUs = this.#knownSinceUs(projectId, known)
    return { positions: begun, generation: this.#generation, knownSinceUs }
  }

  /** Its actor takes nothing until it begins again. */
  stopped(projectId: string): void {
    this.#projects.get(projectId)?.stop()
  }

  saved(projectId: string, positions: Positions): void {
    this.#projects.get(projectId)?.save(positions)
  }

  /** Where batches of the project are found. */
  partitionsOf(projectId: string): ReadonlySet<number> {
    return this.#projects.get(projectId)?.partitions ?? new Set()
  }

  /** null = there is more to come, or nobody can know. */
  coveredBy(projectId: string): Coverage | null {
    const fed = this.#projects.get(projectId)
    if (fed === undefined || !fed.isUpToDate || this.#holds > 0) return null
    const { positions: ends, atUs } = this.#options.log.ends()
    // Of partitions that others have nothing is delivered.
    const positions = this.#delivered.only(fed.partitions)
    return positions.coversAll(ends.only(fed.partitions)) ? { positions, atUs } : null
  }

  /** Sets of partitions of which one process should have all. */
  together(): readonly (readonly number[])[] {
    const found = [...this.#projects.values(), ...this.#waiting.values()]
    const sets = [...this.#lists.values(), ...found.map(({ partitions }) => [...partitions])]
    return sets.filter(({ length }) => length > 1)
  }

  observe(): Record<string, unknown> {
    return {
      projects: this.#projects.size,
      waiting: this.#waiting.size,
      delivered: this.#delivered,
      feeding: this.#feeding,
    }
  }

  close(): void {
    this.#generation++
    this.#cancel()
    this.#cancelShare()
    void this.#consumption?.stop()
    this.#room?.()
  }

  get #delivered(): Positions {
    return this.#consumption?.delivered() ?? this.#options.log.ends().positions
  }

  /** Of a journal: all that somebody may want, or nothing where nobody has rules. */
  #oldest(): Positions {
    const { log } = this.#options
    const fed = [...this.#projects.values()]
    if (fed.some(({ hasBegun }) => !hasBegun)) return log.start('').positions
    return fed.reduce((oldest, { saved }) => oldest.intersection(saved), log.ends().positions)
  }

  /**
   * A journal is written by the process that reads it: nothing was received before its start. What
   * others have received is in the log, unless that does not reach back so far.
   */
  #knownSinceUs(projectId: string, positions: Positions | null): number {
    const { isShared, log, clock } = this.#options
    if (!isShared) return this.#receivingSinceUs
    const start = log.start(projectId)
    if (positions === null) return clock.nowUs()
    const isWhole = positions.pairs().every(([at, position]) => position >= start.positions.at(at))
    return isWhole ? 0 : start.receivedAtUs
  }

  /** A log that ends before is another one. The end of a shared log is known only later. */
  #isForeign(projectId: string, positions: Positions): boolean {
    const { isShared, log } = this.#options
    if (!isShared) return !log.ends().positions.coversAll(positions)
    return this.#foreign.get(projectId)?.equals(positions) === true
  }

  /** Of a topic that was made anew all would seem known until it is as long as the former one. */
  #discardForeign(): void {
    const ends = this.#options.log.ends()
    const isAnother = this.#identity !== '' && ends.identity !== this.#identity
    this.#identity = ends.identity
    for (const [projectId, fed] of this.#projects) {
      const positions = fed.judge(ends)
      if (positions !== null) this.#foreign.set(projectId, positions)
      else if (!isAnother || !fed.hasBegun) continue
      this.#projects.delete(projectId)
      this.watch(projectId)
      this.#options.discarded(projectId)
    }
  }

  /** Others may have had it: what actors know of its projects is no longer good. */
  #assigned(partition: number): void {
    this.#owned.add(partition)
    for (const fed of this.#projects.values()) if (fed.partitions.has(partition)) fed.stop()
    void this.hold(() => this.#options.shared())
  }

  #revoked(partition: number): void {
    this.#owned.delete(partition)
    for (const [projectId, fed] of this.#waiting) {
      if (!this.#isRead(fed)) this.#waiting.delete(projectId)
    }
    void this.hold(() => this.#options.shared())
  }

  /** Some of it is read by this process. */
  #isRead({ partitions }: FedProject): boolean {
    return [...partitions].some(partition => this.#owned.has(partition))
  }

  /** Not more often than others can learn why. */
  #shareAgain(): void {
    if (this.#isSharingAgain) return
    this.#isSharingAgain = true
    const { clock } = this.#options
    const delayMs = Math.max(0, this.#sharedAgainMs + SHARE_AGAIN_MS - clock.monotonicMs())
    this.#cancelShare = clock.after(delayMs, () => {
      this.#isSharingAgain = false
      this.#sharedAgainMs = clock.monotonicMs()
      this.#consumption?.shareAgain()
    })
  }

  #rewind(): void {
    this.#generation++
    this.#consumption?.rewind()
    this.#room?.()
  }

  async #receive(entries: readonly LogEntry[]): Promise<void> {
    const generation = this.#generation
    for (const entry of entries) {
      while (this.#holds > 0) await this.#released
      if (generation !== this.#generation) return
      const { projectId, recordCount } = entry.envelope
      if (recordCount === 0) continue
      const fed = this.#projects.get(projectId)
      if (fed === undefined) this.#foundOfOthers(projectId, entry)
      else if (fed.wants(entry)) await this.#feed(fed, entry, generation)
    }
  }

  /** A project of which this process has not all partitions, or no longer those that it had. */
  #foundOfOthers(projectId: string, entry: LogEntry): void {
    const list = this.#lists.get(projectId)
    if (list === undefined) return
    const known = this.#waiting.get(projectId)
    const fed = known ?? new FedProject(this.#delivered)
    fed.goesTo(list)
    fed.wants(entry)
    this.#waiting.set(projectId, fed)
    this.#shareAgain()
  }

  async #feed(fed: FedProject, entry: LogEntry, generation: number): Promise<void> {
    const { batch, envelope } = entry
    batch.retain()
    this.#feeding++
    const absorbed = fed.hand(entry)
    let isDone = false
    const done = (): void => {
      if (isDone) return
      isDone = true
      batch.release()
      this.#feeding--
      absorbed()
      this.#room?.()
    }
    try {
      await this.#options.feed(envelope.projectId, { entry, generation, done })
    } catch (error) {
      done()
      this.#options.onFault(error as Error, 'alerts')
    }
    if (this.#feeding < FEEDING_MAX) return
    await new Promise<void>(resolve => {
      this.#room = resolve
    })
    this.#room = undefined
  }

  #tellPassed = (): void => {
    if (this.#options.isShared) this.#discardForeign()
    const passed = new Map(this.#delivered.pairs())
    for (const fed of [...this.#projects.values(), ...this.#waiting.values()]) {
      for (const partition of fed.partitions) {
        const [held, position] = [fed.heldAt(partition), passed.get(partition)]
        if (held !== null && position !== undefined) {
          passed.set(partition, Math.min(position, held))
        }
      }
    }
    this.#consumption?.passed(Positions.of(passed))
    this.#cancel = this.#options.clock.after(PASSED_INTERVAL_MS, this.#tellPassed)
  }
}
