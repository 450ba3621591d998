/** Where no mail server is set up: the text goes to the server's own log. */
import type { Mail, Mailer } from './mailer.ts'

export class PrintedMailer implements Mailer {
  readonly type = 'printed'
  readonly #print: (mail: Mail) => void

  constructor(print: (mail: Mail) => void) {
    this.#print = print
  }

  async send(mail: Mail): Promise<void> {
    this.#print(mail)
  }

  close(): void {}
}
