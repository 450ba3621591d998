/**
 * Mails that somebody asked for who must not learn whether there is anybody to get them: sent when
 * the asker has been answered, one after the other, and few to one box.
 */
import type { Mail, Mailer } from '#actors/mail/mailer.ts'
import type { Clock } from '#runtime/clock.ts'
import { GrowingDelay } from './growing-delay.ts'

export interface QuietMailOptions {
  readonly mailer: Mailer
  readonly clock: Clock
  /** Told of mails that did not leave. */
  readonly onFault: (error: Error, where: string) => void
}

/** Nobody's box is filled by strangers. */
const PER_BOX = { free: 3, firstMs: 60_000, maxMs: 15 * 60_000 }
/** More wait only where the mail server hangs. */
const WAITING_MAX = 1_000

export class QuietMail {
  readonly #options: QuietMailOptions
  readonly #boxes: GrowingDelay
  #sending: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(options: QuietMailOptions) {
    this.#options = options
    this.#boxes = new GrowingDelay(options.clock, PER_BOX)
  }

  /** `write` answers null where nothing is to be said. */
  sendSoon(to: string, write: () => Promise<Omit<Mail, 'to'> | null>): void {
    if (this.#boxes.waitMs(to) > 0 || this.#waiting >= WAITING_MAX) return
    this.#boxes.failed(to)
    this.#waiting++
    this.#sending = this.#sending.then(() => this.#send(to, write))
  }

  /** When all that were asked for have left. */
  settled(): Promise<unknown> {
    return this.#sending
  }

  async #send(to: string, write: () => Promise<Omit<Mail, 'to'> | null>): Promise<void> {
    try {
      const mail = await write()
      if (mail !== null) await this.#options.mailer.send({ to, ...mail })
    } catch (error) {
      this.#options.onFault(error as Error, 'mail')
    } finally {
      this.#waiting--
    }
  }
}
