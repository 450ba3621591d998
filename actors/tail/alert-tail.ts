/**
 * Changes of alerts as they are written, for whoever has a socket open here. What was written lies
 * in the catalog, wherever it was evaluated; hints of other processes only say when to look.
 */
import type { AlertStates, HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { Cancel, Clock } from '#runtime/index.ts'

export interface AlertSubscriber {
  readonly projectId: string
  /** Told what is behind this entry of the history; null = what comes from now on. */
  readonly after: number | null
  /** The entry behind which it begins. */
  hello(after: number): void
  /** One after the other, none twice. */
  told(entry: HistoryEntry): void
}

export interface AlertTailDeps {
  readonly states: Pick<AlertStates, 'newest' | 'since'>
  readonly clock: Clock
  readonly onFault: (error: Error, where: string) => void
}

interface Subscription {
  readonly subscriber: AlertSubscriber
  /** Entry up to which it was told; null = it has not begun. */
  at: number | null
}

const PAGE = 500
/** Hints may be lost. */
const LOOK_MS = 1_000

export class AlertTail {
  readonly #deps: AlertTailDeps
  readonly #subscriptions = new Set<Subscription>()
  #isLooking = false
  #isAskedAgain = false
  #cancel: Cancel = () => undefined

  constructor(deps: AlertTailDeps) {
    this.#deps = deps
  }

  /** Answers how to end it. */
  subscribe(subscriber: AlertSubscriber): () => void {
    const subscription = { subscriber, at: null }
    this.#subscriptions.add(subscription)
    this.look()
    return () => void this.#subscriptions.delete(subscription)
  }

  /** There may be something. */
  look(): void {
    this.#isAskedAgain = this.#isLooking
    if (this.#isLooking || this.#subscriptions.size === 0) return
    this.#isLooking = true
    this.#cancel()
    void this.#lookOnce()
  }

  close(): void {
    this.#subscriptions.clear()
    this.#cancel()
  }

  async #lookOnce(): Promise<void> {
    const hasMore = await this.#read().catch((error: Error) => {
      this.#deps.onFault(error, 'tail of alerts')
      return false
    })
    this.#looked(hasMore)
  }

  #looked(hasMore: boolean): void {
    this.#isLooking = false
    if (hasMore || this.#isAskedAgain) this.look()
    else this.#cancel = this.#deps.clock.after(LOOK_MS, () => this.look())
  }

  /** One page for all of them; answers whether there is another one. */
  async #read(): Promise<boolean> {
    const { states } = this.#deps
    const subscriptions = [...this.#subscriptions]
    if (subscriptions.some(({ at }) => at === null)) this.#begin(await states.newest())
    const begun = subscriptions.filter(({ at }) => at !== null)
    // All who were there have left meanwhile.
    if (begun.length === 0) return false
    const after = Math.min(...begun.map(({ at }) => at ?? 0))
    const projectIds = [...new Set(begun.map(({ subscriber }) => subscriber.projectId))]
    const entries = await states.since(projectIds, after, PAGE)
    const last = entries.at(-1)?.id ?? after
    for (const subscription of begun) this.#tell(subscription, entries, last)
    return entries.length === PAGE
  }

  #begin(newest: number): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.at !== null) continue
      subscription.at = Math.min(subscription.subscriber.after ?? newest, newest)
      subscription.subscriber.hello(subscription.at)
    }
  }

  #tell(subscription: Subscription, entries: readonly HistoryEntry[], last: number): void {
    const { subscriber, at } = subscription
    const from = at ?? 0
    for (const entry of entries) {
      if (entry.projectId === subscriber.projectId && entry.id > from) subscriber.told(entry)
    }
    subscription.at = Math.max(from, last)
  }
}
