/** Mail by SMTP (RFC 5321), over one connection that nodemailer keeps while it is used. */
import { createTransport, type Transport } from 'nodemailer'
import type { Mail, Mailer } from './mailer.ts'

export interface SmtpOptions {
  /** smtp://user:password@host:587, or smtps:// for TLS from the start. */
  readonly url: string
  readonly from: string
}

const CONNECT_MS = 10_000
const ANSWER_MS = 30_000

export class SmtpMailer implements Mailer {
  readonly type = 'mail'
  readonly #transport: Transport
  readonly #from: string

  constructor({ url, from }: SmtpOptions) {
    this.#from = from
    this.#transport = createTransport({
      url,
      pool: true,
      maxConnections: 1,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: ANSWER_MS,
      // What a mail has is in it: nothing is read from a file or fetched.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }

  async send({ to, subject, text, html, images = [] }: Mail): Promise<void> {
    // As an object: a comma in a text would be a second recipient.
    await this.#transport.sendMail({
      from: this.#from,
      to: { name: '', address: to },
      subject,
      text,
      ...(html === undefined ? {} : { html }),
      attachments: images.map(({ id: cid, name: filename, type: contentType, content }) => ({
        cid,
        filename,
        contentType,
        content,
      })),
    })
  }

  close(): void {
    this.#transport.close()
  }
}
