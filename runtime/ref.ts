import type { Ref, Reply } from './actor.ts'
import type { Clock } from './clock.ts'
import type { Mailbox } from './mailbox.ts'
import { RuntimeError, toError } from './runtime-error.ts'

/** The sending side of one mailbox. */
export class MailboxRef<Message> implements Ref<Message> {
  readonly address: string
  readonly #mailbox: Mailbox<Message>

  constructor(address: string, mailbox: Mailbox<Message>) {
    this.address = address
    this.#mailbox = mailbox
  }

  tell(message: Message): void | Promise<void> {
    return this.#mailbox.tell(message)
  }

  offer(message: Message): boolean {
    return this.#mailbox.offer(message)
  }
}

export interface AskOptions {
  readonly clock: Clock
  readonly timeoutMs: number
}

/**
 * Sends a message that carries a reply and waits for the answer; rejects with LOGBOY_ASK_TIMEOUT
 * (the actor may have failed on it, or be slow), LOGBOY_ACTOR_GONE or LOGBOY_MAILBOX_FULL.
 * For edges and tests: between actors a reply is better turned into a message of the asker.
 * The type of the answer comes from the context, or from `(reply: Reply<number>) => …`.
 */
// `const Question` keeps the literals of the question, which TypeScript would widen otherwise.
export function ask<Message, Value, const Question extends Message>(
  ref: Ref<Message>,
  question: (reply: Reply<Value>) => Question,
  options: AskOptions,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = options.clock.after(options.timeoutMs, () => {
      const waited = `no answer from ${ref.address} within ${options.timeoutMs} ms`
      reject(new RuntimeError('LOGBOY_ASK_TIMEOUT', waited))
    })
    const refuse = (error: unknown): void => {
      cancel()
      reject(toError(error))
    }
    const reply = (value: Value): void => {
      cancel()
      resolve(value)
    }
    try {
      ref.tell(question(reply))?.catch(refuse)
    } catch (error) {
      refuse(error)
    }
  })
}
