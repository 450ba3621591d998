/** Links that set a password anew: made, mailed or printed, and good once. */
import type { Accounts } from '#actors/catalog/accounts.ts'
import type { Mailer } from '#actors/mail/mailer.ts'
import type { Account } from '#proto/people.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { GrowingDelay } from './growing-delay.ts'
import { sha256 } from './project-key.ts'
import { networkOf } from './sign-in-throttle.ts'

export interface ResetLinksOptions {
  readonly accounts: Pick<Accounts, 'byEmail' | 'find' | 'createReset' | 'resetOf' | 'redeemReset'>
  readonly mailer: Mailer
  readonly clock: Clock
  readonly random: Random
  /** URL that people open. */
  readonly publicUrl: () => string
  /** Told of mails that did not leave. */
  readonly onFault: (error: Error, where: string) => void
}

const GOOD_US = 3_600_000_000
const TOKEN_BYTES = 32
/** Nobody's box is filled by strangers. */
const PER_BOX = { free: 3, firstMs: 60_000, maxMs: 15 * 60_000 }
/** Of a company, perhaps. */
const PER_NETWORK = { free: 30, firstMs: 5_000, maxMs: 15 * 60_000 }

export class ResetLinks {
  readonly #options: ResetLinksOptions
  readonly #boxes: GrowingDelay
  readonly #networks: GrowingDelay
  #sending: Promise<unknown> = Promise.resolve()

  constructor(options: ResetLinksOptions) {
    this.#options = options
    this.#boxes = new GrowingDelay(options.clock, PER_BOX)
    this.#networks = new GrowingDelay(options.clock, PER_NETWORK)
  }

  /**
   * Sends a link if there is such an account; how long to wait, if the network asks too often. The
   * caller does not wait for the mail, whose time would tell that there is an account.
   */
  ask(email: string, address: string): number {
    const network = networkOf(address)
    const waitMs = this.#networks.waitMs(network)
    if (waitMs > 0) return waitMs
    this.#networks.failed(network)
    if (this.#boxes.waitMs(email) > 0) return 0
    this.#boxes.failed(email)
    this.#sending = this.#sending
      .then(() => this.#send(email))
      .catch((error: Error) => this.#options.onFault(error, 'mail'))
    return 0
  }

  /** A link for whoever may hand it to the person. */
  async create({ id: accountId }: Account): Promise<string> {
    const { accounts, clock, random, publicUrl } = this.#options
    const token = Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')
    const createdAtUs = clock.nowUs()
    const expiresAtUs = createdAtUs + GOOD_US
    await accounts.createReset({ tokenSha256: sha256(token), accountId, createdAtUs, expiresAtUs })
    return `${publicUrl()}/reset?token=${token}`
  }

  /** Whose password a link sets; null = it is none, was used, or has expired. */
  async ownerOf(token: string): Promise<Account | null> {
    const { accounts, clock } = this.#options
    const id = await accounts.resetOf(sha256(token), clock.nowUs())
    return id === null ? null : accounts.find(id)
  }

  /** false = somebody was faster. */
  async redeem(token: string, passwordHash: string): Promise<boolean> {
    const { accounts, clock } = this.#options
    return (await accounts.redeemReset(sha256(token), passwordHash, clock.nowUs())) !== null
  }

  /** When all mails that were asked for have left. */
  settled(): Promise<unknown> {
    return this.#sending
  }

  async #send(email: string): Promise<void> {
    const { accounts, mailer } = this.#options
    const found = await accounts.byEmail(email)
    if (found === null || found.account.disabled_at !== null) return
    const url = await this.create(found.account)
    await mailer.send({ to: email, subject: 'Your password for Logboy', text: textOf(url) })
  }
}

function textOf(url: string): string {
  return [
    'Somebody, probably you, asked for a new password for Logboy.',
    'This link sets it, once, within an hour:',
    '',
    url,
    '',
    'If it was not you there is nothing to do: your password is as it was.',
  ].join('\n')
}
