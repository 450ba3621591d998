/** The actor that writes firings and their ends from the outbox into the logs of their project. */
import { type AlertStates, LOG_TARGET, type Telling } from '#actors/catalog/alert-states.ts'
import type { Arena } from '#actors/commit-log/arena.ts'
import type { CommitLog } from '#actors/commit-log/commit-log.ts'
import type { Coordination } from '#actors/coordination/coordination.ts'
import { type LookHint, SharedLook } from '#actors/coordination/shared-look.ts'
import { type Actor, type Context, defineActor } from '#runtime/index.ts'
import { alertBatch, alertEnvelope } from './alert-row.ts'

export type AlertLogMessage =
  /** There may be something, whatever others do. */
  | { readonly type: 'look' }
  /** The same, for one of all processes. */
  | { readonly type: 'hinted'; readonly hint: LookHint }
  | { readonly type: 'time' }
  | { readonly type: 'told'; readonly count: number }
  | { readonly type: 'failed'; readonly error: Error }

export interface AlertLogDeps {
  readonly states: Pick<AlertStates, 'take' | 'settled'>
  readonly log: Pick<CommitLog, 'append'>
  readonly arena: Arena
  readonly coordination: Pick<Coordination, 'claim'>
  readonly onFault: (error: Error, where: string) => void
}

const TAKE_MAX = 100
/** Another sender waits so long for one that took them and died. */
const TAKEN_US = 10_000_000
/** Hints may be lost. */
const LOOK_MS = 5_000
/** One of all processes looks so often. */
const SHARED_LOOK_MS = 4_500
const RETRY_MS = 1_000

export const alertLog = defineActor<AlertLogMessage, AlertLogDeps>({
  name: 'alert-log',
  mailbox: { capacity: 16, whenFull: 'reject' },
  create: (context, deps) => new AlertLog(context, deps),
})

class AlertLog implements Actor<AlertLogMessage> {
  readonly #context: Context<AlertLogMessage>
  readonly #deps: AlertLogDeps
  readonly #sharedLook: SharedLook
  #isLooking = false
  #isAskedAgain = false
  #told = 0

  constructor(context: Context<AlertLogMessage>, deps: AlertLogDeps) {
    this.#context = context
    this.#deps = deps
    this.#sharedLook = new SharedLook(deps.coordination, 'alert-log', SHARED_LOOK_MS)
  }

  started(): void {
    this.#look(null)
  }

  receive(message: AlertLogMessage): void {
    switch (message.type) {
      case 'look':
        return this.#look(null)
      case 'hinted':
        return this.#look(() => this.#sharedLook.isMine(message.hint))
      case 'time':
        return this.#look(() => this.#sharedLook.isMine(null))
      case 'told':
        this.#told += message.count
        return this.#looked(message.count === TAKE_MAX)
      case 'failed':
        this.#deps.onFault(message.error, 'alert-log')
        this.#isLooking = false
        this.#context.timer('look', RETRY_MS, { type: 'look' })
        return
    }
  }

  observe(): Record<string, unknown> {
    return { told: this.#told }
  }

  /** `isMine`: whether others leave it to this one; null = nobody asks. */
  #look(isMine: (() => Promise<boolean>) | null): void {
    this.#isAskedAgain = this.#isLooking
    if (this.#isLooking) return
    this.#isLooking = true
    this.#context.pipe(
      this.#tell(isMine),
      count => ({ type: 'told', count }),
      error => ({ type: 'failed', error }),
    )
  }

  /** What was asked for meanwhile is not left to others. */
  #looked(hasMore: boolean): void {
    this.#isLooking = false
    if (hasMore || this.#isAskedAgain) this.#context.timer('look', 0, { type: 'look' })
    else this.#context.timer('look', LOOK_MS, { type: 'time' })
  }

  async #tell(isMine: (() => Promise<boolean>) | null): Promise<number> {
    if (isMine !== null && !(await isMine())) return 0
    const nowUs = this.#context.clock.nowUs()
    const asked = { nowUs, againAtUs: nowUs + TAKEN_US, limit: TAKE_MAX, inOrder: true }
    const tellings = await this.#deps.states.take(LOG_TARGET, asked)
    // In order: a later one that is stored first would make an earlier one pass for a repeat.
    for (const telling of tellings) await this.#append(telling)
    return tellings.length
  }

  async #append({ entry }: Telling): Promise<void> {
    const { states, log, arena } = this.#deps
    const bytes = alertBatch(entry)
    const batch = arena.copy(bytes)
    if (batch === null) throw new Error('no memory for an alert; it is told later')
    try {
      const outcome = await log.append({ envelope: alertEnvelope(entry), batch })
      if (outcome.type === 'unavailable') throw new Error(`not logged yet: ${outcome.reason}`)
      await states.settled(LOG_TARGET, [entry.id])
    } finally {
      batch.release()
    }
  }
}
