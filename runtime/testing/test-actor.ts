import assert from 'node:assert/strict'
import type { ActorDefinition, ExitStatus, Ref } from '../actor.ts'
import { type ActorState, Cell } from '../cell.ts'
import { KillSwitch } from '../kill-switch.ts'
import { seededRandom } from '../random.ts'
import { nextRound, type Scheduler } from '../scheduler.ts'
import { VirtualClock } from './virtual-clock.ts'

/** One actor alone, on a virtual clock, running as soon as there is something to do. */
export interface TestActor<Message> {
  readonly ref: Ref<Message>
  readonly clock: VirtualClock
  /** Sends, and returns after it was handled as far as that is possible without waiting. */
  tell(message: Message): void
  /** Lets promises that the actor waits for settle, as far as they need no time to pass. */
  settle(): Promise<void>
  /** Lets it finish what it has and say its last words. */
  drain(reason?: string): Promise<void>
  kill(reason?: string): void
  /** How it ended; undefined = it lives. */
  exit(): ExitStatus | undefined
  observe(): ActorState
}

/** How many rounds of the event loop a test waits for promises before it gives up. */
const ROUNDS_MAX = 1_000

/**
 * Starts an actor for a test. A failure of the actor is thrown by `tell` and `settle`, so that no
 * test overlooks it.
 */
export function testActor<Message, Deps>(
  definition: ActorDefinition<Message, Deps>,
  deps: Deps,
  options: { readonly seed?: number } = {},
): TestActor<Message> {
  const clock = new VirtualClock()
  const killSwitch = new KillSwitch()
  const random = seededRandom(options.seed ?? 1)
  let exit: ExitStatus | undefined
  const cell = new Cell({
    address: definition.name,
    definition,
    deps,
    machine: { clock, random, scheduler: new PromptScheduler() },
    onExit: status => {
      exit = status
      cell.close()
    },
  })
  const check = (): void => {
    if (exit?.type === 'failed') throw exit.error
  }
  const settle = async (): Promise<void> => {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      await nextRound()
      check()
      if (cell.idle || exit !== undefined) return
    }
  }
  cell.start(killSwitch)
  check()
  return {
    ref: cell.ref,
    clock,
    tell(message) {
      const waiting = cell.ref.tell(message)
      check()
      assert(waiting === undefined, 'the mailbox is full: use ref.tell to test back-pressure')
    },
    settle,
    async drain(reason = 'test') {
      cell.drain(reason)
      await settle()
    },
    kill: (reason = 'test') => killSwitch.kill(new Error(reason)),
    exit: () => exit,
    observe: () => cell.observe(),
  }
}

/** Runs turns at once, one after the other. */
class PromptScheduler implements Scheduler {
  readonly #ready: (() => void)[] = []
  #running = false

  schedule(turn: () => void): void {
    this.#ready.push(turn)
    if (this.#running) return
    this.#running = true
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) next()
    this.#running = false
  }
}

/** A ref that keeps what it receives, in place of a downstream actor. */
export interface Probe<Message> extends Ref<Message> {
  readonly received: Message[]
  /** What came since the last call. */
  take(): Message[]
  /** While set, `offer` answers false and `tell` waits. */
  setFull(full: boolean): void
}

export function probe<Message>(address = 'probe'): Probe<Message> {
  const received: Message[] = []
  let taken = 0
  let full = false
  let waiting: (() => void)[] = []
  return {
    address,
    received,
    tell(message) {
      if (!full) return void received.push(message)
      return new Promise(resolve => {
        waiting.push(() => {
          received.push(message)
          resolve()
        })
      })
    },
    offer(message) {
      if (!full) received.push(message)
      return !full
    },
    take() {
      const fresh = received.slice(taken)
      taken = received.length
      return fresh
    },
    setFull(value) {
      full = value
      if (full) return
      for (const admit of waiting) admit()
      waiting = []
    },
  }
}
