/** The actor that writes firings and their ends from the outbox into the logs of their project. */
import { type AlertStates, LOG_TARGET, type Telling } from '#actors/catalog/alert-states.ts'
import type { Arena } from '#actors/commit-log/arena.ts'
import type { CommitLog } from '#actors/commit-log/commit-log.ts'
import { type Actor, type Context, defineActor } from '#runtime/index.ts'
import { alertBatch, alertEnvelope } from './alert-row.ts'

export type AlertLogMessage =
  /** There may be something. */
  | { readonly type: 'look' }
  | { readonly type: 'told'; readonly count: number }
  | { readonly type: 'failed'; readonly error: Error }

export interface AlertLogDeps {
  readonly states: Pick<AlertStates, 'take' | 'settled'>
  readonly log: Pick<CommitLog, 'append'>
  readonly arena: Arena
  readonly onFault: (error: Error, where: string) => void
}

const TAKE_MAX = 100
/** Another sender waits so long for one that took them and died. */
const TAKEN_US = 10_000_000
/** Hints may be lost. */
const LOOK_MS = 5_000
const RETRY_MS = 1_000

export const alertLog = defineActor<AlertLogMessage, AlertLogDeps>({
  name: 'alert-log',
  mailbox: { capacity: 16, whenFull: 'reject' },
  create: (context, deps) => new AlertLog(context, deps),
})

class AlertLog implements Actor<AlertLogMessage> {
  readonly #context: Context<AlertLogMessage>
  readonly #deps: AlertLogDeps
  #isLooking = false
  #isAskedAgain = false
  #told = 0

  constructor(context: Context<AlertLogMessage>, deps: AlertLogDeps) {
    this.#context = context
    this.#deps = deps
  }

  started(): void {
    this.#look()
  }

  receive(message: AlertLogMessage): void {
    switch (message.type) {
      case 'look':
        return this.#look()
      case 'told':
        this.#told += message.count
        return this.#looked(message.count === TAKE_MAX ? 0 : LOOK_MS)
      case 'failed':
        this.#deps.onFault(message.error, 'alert-log')
        return this.#looked(RETRY_MS)
    }
  }

  observe(): Record<string, unknown> {
    return { told: this.#told }
  }

  #look(): void {
    this.#isAskedAgain = this.#isLooking
    if (this.#isLooking) return
    this.#isLooking = true
    this.#context.pipe(
      this.#tell(),
      count => ({ type: 'told', count }),
      error => ({ type: 'failed', error }),
    )
  }

  #looked(pauseMs: number): void {
    this.#isLooking = false
    this.#context.timer('look', this.#isAskedAgain ? 0 : pauseMs, { type: 'look' })
  }

  async #tell(): Promise<number> {
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
