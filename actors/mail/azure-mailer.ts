/** Mail by Azure Communication Services, signed with the access key of the connection string. */
import { EmailClient } from '@azure/communication-email'
import type { Mail, Mailer } from './mailer.ts'

export interface AzureMailOptions {
  /** endpoint=https://NAME.communication.azure.com;accesskey=KEY */
  readonly connection: string
  /** `Name <address>` or an address, of a domain that the service has verified. */
  readonly from: string
  /** Between looks at whether a mail was taken. */
  readonly lookMs?: number
}

const LOOK_MS = 1_000
const ANSWER_MS = 30_000

export class AzureMailer implements Mailer {
  readonly type = 'mail'
  readonly #client: EmailClient
  readonly #from: string
  readonly #lookMs: number
  readonly #ending = new AbortController()

  constructor({ connection, from, lookMs = LOOK_MS }: AzureMailOptions) {
    this.#client = new EmailClient(connection, {
      // Whoever sends tries again, and knows for how long.
      retryOptions: { maxRetries: 0 },
      // config.ts allows it on this machine alone.
      allowInsecureConnection: connection.includes('endpoint=http://'),
    })
    this.#from = addressOf(from)
    this.#lookMs = lookMs
  }

  async send({ to, subject, text, html, images = [] }: Mail): Promise<void> {
    const abortSignal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(ANSWER_MS)])
    const poller = await this.#client.beginSend(
      {
        senderAddress: this.#from,
        recipients: { to: [{ address: to }] },
        content: { subject, plainText: text, ...(html === undefined ? {} : { html }) },
        attachments: images.map(({ id: contentId, name, type: contentType, content }) => ({
          contentId,
          name,
          contentType,
          contentInBase64: content.toString('base64'),
        })),
      },
      { abortSignal, updateIntervalInMs: this.#lookMs },
    )
    const { status, error } = await poller.pollUntilDone({ abortSignal })
    if (status !== 'Succeeded') {
      throw new Error(`Azure did not send it: ${error?.message ?? status}`)
    }
  }

  close(): void {
    this.#ending.abort()
  }
}

/** The service takes no name beside the address. */
function addressOf(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim()
}
