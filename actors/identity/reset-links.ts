/** Links that set a password anew: made, mailed or printed, and good once. */
import type { Accounts } from '#actors/catalog/accounts.ts'
import type { Mail } from '#actors/mail/mailer.ts'
import type { Account } from '#proto/people.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { GrowingDelay } from './growing-delay.ts'
import { sha256 } from './project-key.ts'
import type { QuietMail } from './quiet-mail.ts'
import { networkOf } from './sign-in-throttle.ts'

export interface ResetLinksOptions {
  readonly accounts: Pick<Accounts, 'byEmail' | 'find' | 'createReset' | 'resetOf' | 'redeemReset'>
  readonly mail: QuietMail
  readonly clock: Clock
  readonly random: Random
  /** URL that people open. */
  readonly publicUrl: () => string
}

const GOOD_US = 3_600_000_000
const TOKEN_BYTES = 32
/** Of a company, perhaps. */
const PER_NETWORK = { free: 30, firstMs: 5_000, maxMs: 15 * 60_000 }

export class ResetLinks {
  readonly #options: ResetLinksOptions
  readonly #networks: GrowingDelay

  constructor(options: ResetLinksOptions) {
    this.#options = options
    this.#networks = new GrowingDelay(options.clock, PER_NETWORK)
  }

  /** Mails a link if there is such an account; how long to wait, if a network asks too often. */
  ask(email: string, address: string): number {
    const network = networkOf(address)
    const waitMs = this.#networks.waitMs(network)
    if (waitMs > 0) return waitMs
    this.#networks.failed(network)
    this.#options.mail.sendSoon(email, () => this.#mailTo(email))
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

  async #mailTo(email: string): Promise<Omit<Mail, 'to'> | null> {
    const found = await this.#options.accounts.byEmail(email)
    if (found === null || found.account.disabled_at !== null) return null
    return { subject: 'Your password for Logboy', text: textOf(await this.create(found.account)) }
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
