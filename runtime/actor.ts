/**
 * What an actor is: a class with private state that receives one message at a time from its bounded
 * mailbox. A message is a batch of work, never a single record: throughput per message is no goal.
 */
import type { Cancel, Clock } from './clock.ts'
import type { Random } from './random.ts'

/** How an actor ended: data, not an exception. */
export type ExitStatus =
  | { readonly type: 'done' }
  | { readonly type: 'stopped'; readonly reason: string }
  | { readonly type: 'killed'; readonly reason: string }
  | { readonly type: 'failed'; readonly error: Error }

/** What happens to a message that finds the mailbox full. There is no default. */
export type WhenFull =
  /** `tell` answers a promise that settles when there is room: back-pressure in the pipeline. */
  | 'wait'
  /** `offer` answers false: an edge tells its client to come back later. */
  | 'reject'
  /** The oldest message goes, counted: live tail only. */
  | 'drop-oldest'

/** The sending side of a mailbox. A ref outlives restarts of its actor. */
export interface Ref<Message> {
  readonly address: string
  /**
   * Sends; answers a promise only when the sender has to wait for room.
   * Throws (or rejects) with code LOGBOY_ACTOR_GONE when the actor has ended for good, and with
   * LOGBOY_MAILBOX_FULL when the mailbox is full and its policy is 'reject'.
   */
  tell(message: Message): void | Promise<void>
  /** Sends if there is room now; false = full or gone. */
  offer(message: Message): boolean
}

/** An answer that travels inside the message. The first call counts. */
export type Reply<Value> = (value: Value) => void

/** Every method but `receive` is a signal: delivered reliably, apart from the messages. */
export interface Actor<Message> {
  /** A returned promise keeps the next message waiting; hot paths return nothing. */
  receive(message: Message): void | Promise<void>
  started?(): void | Promise<void>
  /** The mailbox has become empty. */
  drained?(): void
  /** Last words: flush and release. Not called when killed. */
  stopping?(reason: string): void | Promise<void>
  /** Asked before an idle keyed actor is collected; false = it keeps what must not go yet. */
  mayRest?(): boolean
  /** Plain JSON for tests, `logboy status` and /metrics. */
  observe?(): Record<string, unknown>
}

/**
 * What the runtime lends to an actor. All of it dies with the actor: after a crash the next
 * incarnation gets none of the timers and piped results of the one before.
 */
export interface Context<Message> {
  readonly self: Ref<Message>
  readonly clock: Clock
  readonly random: Random
  /** Aborted when this incarnation ends, whichever way: release what the runtime does not know. */
  readonly signal: AbortSignal
  /** Sends `message` to self after `ms`, ahead of others; the same key again replaces the timer. */
  timer(key: string, ms: number, message: Message): Cancel
  /**
   * Sends the outcome of asynchronous work to self, ahead of others, so that state never changes in
   * a callback. `stop` of the system waits for it.
   */
  pipe<Value>(
    work: Promise<Value>,
    onValue: (value: Value) => Message,
    onError: (error: Error) => Message,
  ): void
  /** Ends the actor after the present message. */
  stop(reason: string): void
}

/** Both are part of an actor's definition: there is no default capacity and no default policy. */
export interface MailboxOptions {
  readonly capacity: number
  readonly whenFull: WhenFull
}

/** How to make an actor; `deps` are its downstream refs and services: wiring reads sink first. */
export interface ActorDefinition<Message, Deps> {
  readonly name: string
  readonly mailbox: MailboxOptions
  create(context: Context<Message>, deps: Deps): Actor<Message>
  /**
   * Told of every message that will not be handled, so that its sender can be answered: the one at
   * which the actor failed, and those left when it ended for good. Must not throw.
   */
  crashed?(message: Message, error: Error): void
}

/** Names the two types once, where the actor is written. */
export function defineActor<Message, Deps>(
  definition: ActorDefinition<Message, Deps>,
): ActorDefinition<Message, Deps> {
  return definition
}
