/**
 * Deletes, now and then, exactly the rows that are older than their project wants to keep them,
 * those of projects that were deleted, and what alerts said and to whom a long time ago.
 */
import type { AlertChannels } from '#actors/catalog/alert-channels.ts'
import type { AlertStates } from '#actors/catalog/alert-states.ts'
import type { Catalog } from '#actors/catalog/catalog.ts'
import type { Silences } from '#actors/catalog/silences.ts'
import type { LogStore } from '#actors/store/store.ts'
import { streamsOf } from '#actors/store/streams.ts'
import { type Actor, type Context, defineActor } from '#runtime/actor.ts'
import { type EraseDeps, eraseProject } from './erase-project.ts'

export type RetentionMessage =
  | { readonly type: 'run' }
  | { readonly type: 'done'; readonly deleted: number }
  | { readonly type: 'failed'; readonly error: Error }

export interface RetentionDeps {
  readonly catalog: Pick<Catalog, 'retentionsBehind' | 'deletedProjects' | 'forgetDeleted'>
  readonly store: Pick<LogStore, 'expire' | 'drop'>
  readonly deadLetters: EraseDeps['deadLetters']
  readonly alerts: Pick<AlertStates, 'forget'>
  readonly channels: Pick<AlertChannels, 'forgetDeliveries'>
  readonly silences: Pick<Silences, 'forget'>
  readonly intervalMs: number
  /** Of several processes one deletes. */
  readonly isLeader: () => boolean
}

/** Longer than a catalog may be away while keys are good, and a batch may wait. */
const ON_ITS_WAY_US = 3_600_000_000
const DAY_US = 86_400_000_000
/** People look back for a year; whether a channel works shows within days. */
const ALERT_HISTORY_DAYS = 400
const DELIVERY_DAYS = 30
/** Reading ten thousand at once leaves 50 MB of used memory behind. */
const PAGE_PROJECTS = 500
/** Whoever leads now may be another one soon. */
const LEADER_LOOK_MS = 10_000

/**
 * Rows received before this are gone for a project that keeps `days` days. 0 = it keeps everything.
 */
export function expiryUs(nowUs: number, days: number): number | null {
  return days === 0 ? null : nowUs - days * DAY_US
}

class Retention implements Actor<RetentionMessage> {
  readonly #context: Context<RetentionMessage>
  readonly #deps: RetentionDeps
  #deleted = 0
  #runs = 0
  #lastFault: string | null = null

  constructor(context: Context<RetentionMessage>, deps: RetentionDeps) {
    this.#context = context
    this.#deps = deps
  }

  started(): void {
    this.#context.timer('next', 0, { type: 'run' })
  }

  receive(message: RetentionMessage): void {
    switch (message.type) {
      case 'run':
        if (!this.#deps.isLeader()) return this.#next(LEADER_LOOK_MS)
        this.#context.pipe(
          this.#expireAll(),
          deleted => ({ type: 'done', deleted }),
          error => ({ type: 'failed', error }),
        )
        return
      case 'done':
        this.#runs++
        this.#deleted += message.deleted
        this.#lastFault = null
        break
      case 'failed':
        // Nothing is lost by being late: the next run deletes what this one could not.
        this.#lastFault = message.error.message
        break
    }
    this.#next(this.#deps.intervalMs)
  }

  observe(): Record<string, unknown> {
    return { runs: this.#runs, deleted: this.#deleted, lastFault: this.#lastFault }
  }

  #next(ms: number): void {
    this.#context.timer('next', Math.min(ms, this.#deps.intervalMs), { type: 'run' })
  }

  async #expireAll(): Promise<number> {
    const { catalog, store } = this.#deps
    let deleted = 0
    let page = await catalog.retentionsBehind('', PAGE_PROJECTS)
    while (page.length > 0) {
      for (const { id, retention_days: days } of page) {
        const before = expiryUs(this.#context.clock.nowUs(), days)
        if (before === null) continue
        for (const stream of streamsOf(id)) deleted += await store.expire(stream, before)
      }
      page = await catalog.retentionsBehind(page.at(-1)?.id ?? '', PAGE_PROJECTS)
    }
    await this.#eraseDeleted()
    await this.#forgetAlerts()
    return deleted
  }

  async #forgetAlerts(): Promise<void> {
    const { alerts, channels, silences } = this.#deps
    const nowUs = this.#context.clock.nowUs()
    await alerts.forget(nowUs - ALERT_HISTORY_DAYS * DAY_US)
    await silences.forget(nowUs - ALERT_HISTORY_DAYS * DAY_US)
    await channels.forgetDeliveries(nowUs - DELIVERY_DAYS * DAY_US)
  }

  /** A project is forgotten once nothing of it can be on its way. */
  async #eraseDeleted(): Promise<void> {
    const { catalog } = this.#deps
    const untilUs = this.#context.clock.nowUs() - ON_ITS_WAY_US
    const gone: string[] = []
    for (const { id, deletedAtUs } of await catalog.deletedProjects()) {
      await eraseProject(id, this.#deps)
      if (deletedAtUs < untilUs) gone.push(id)
    }
    if (gone.length > 0) await catalog.forgetDeleted(gone)
  }
}

export const retention = defineActor<RetentionMessage, RetentionDeps>({
  name: 'retention',
  mailbox: { capacity: 4, whenFull: 'wait' },
  create: (context, deps) => new Retention(context, deps),
})
