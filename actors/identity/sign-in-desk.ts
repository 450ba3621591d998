/** Where people come in by email and password, go on by refreshing, and leave. */
import type { Accounts } from '#actors/catalog/accounts.ts'
import type { SignIn, SignIns } from '#actors/catalog/sign-ins.ts'
import type { Account } from '#proto/people.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import type { AccessTokens } from './access-token.ts'
import type { InstallationKey } from './installation-key.ts'
import type { Passwords } from './password-hash.ts'
import { mintId } from './project-key.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'
import { SignedTexts } from './signed-text.ts'

export interface SignInDeskOptions {
  readonly accounts: Pick<Accounts, 'byEmail' | 'find' | 'rehash'>
  readonly signIns: Pick<SignIns, 'open' | 'rotate'>
  readonly accessTokens: AccessTokens
  readonly passwords: Passwords
  readonly throttle: SignInThrottle
  readonly key: InstallationKey
  readonly clock: Clock
  readonly random: Random
}

export interface Credentials {
  /** In lower case. */
  readonly email: string
  readonly password: string
  readonly address: string
  /** What the browser was given when somebody signed in with it before. */
  readonly device: string | null
}

/** What a browser or script is handed. */
export interface OpenedSignIn {
  readonly account: Account
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAtUs: number
}

export type SignInOutcome =
  | ({ readonly type: 'opened' } & OpenedSignIn)
  | { readonly type: 'refused' }
  | { readonly type: 'wait'; readonly ms: number }

/** Whoever does not come back within this signs in again. */
const SIGN_IN_US = 30 * 86_400_000_000
const ID_CHARS = 24
const DEVICE_ID_CHARS = 12
const REFRESH = 'lbr'

export class SignInDesk {
  readonly #options: SignInDeskOptions
  readonly #refreshTexts: SignedTexts
  readonly #deviceTexts: SignedTexts

  constructor(options: SignInDeskOptions) {
    this.#options = options
    this.#refreshTexts = new SignedTexts(options.key.derived('refresh tokens'))
    this.#deviceTexts = new SignedTexts(options.key.derived('known browsers'))
  }

  /** The same answer after the same work, whether there is such an account or not. */
  async signIn({ email, password, address, device }: Credentials): Promise<SignInOutcome> {
    const { accounts, passwords, throttle } = this.#options
    const found = await accounts.byEmail(email)
    const deviceId = this.#knownDevice(device, found?.account.id)
    const attempt = { address, email, deviceId }
    const ms = throttle.begin(attempt)
    if (ms > 0) return { type: 'wait', ms }
    const isRight = await passwords.verify(password, found?.passwordHash ?? null)
    if (found === null || !isRight || found.account.disabled_at !== null) return { type: 'refused' }
    throttle.succeeded(attempt)
    await this.#rehash(found.account.id, password, found.passwordHash)
    return { type: 'opened', ...(await this.open(found.account)) }
  }

  /** For somebody who has proven who they are. */
  async open(account: Account): Promise<OpenedSignIn> {
    const { clock, random, signIns } = this.#options
    const createdAtUs = clock.nowUs()
    const signIn: SignIn = {
      id: mintId(random, ID_CHARS),
      accountId: account.id,
      generation: 1,
      rotatedAtUs: createdAtUs,
      createdAtUs,
      expiresAtUs: createdAtUs + SIGN_IN_US,
    }
    await signIns.open(signIn)
    return this.#handedOut(signIn, account)
  }

  /** null = it has ended; with a token that was used before, by this very call. */
  async refresh(refreshToken: string): Promise<OpenedSignIn | null> {
    const { accounts, signIns, clock } = this.#options
    const shown = this.#shown(refreshToken)
    if (shown === null) return null
    const signIn = await signIns.rotate(shown.id, shown.generation, clock.nowUs())
    const account = signIn === null ? null : await accounts.find(signIn.accountId)
    if (signIn === null || account === null || account.disabled_at !== null) return null
    return this.#handedOut(signIn, account)
  }

  /** The sign-in of a refresh token that this installation made, however old. */
  signInOf(refreshToken: string): string | null {
    return this.#shown(refreshToken)?.id ?? null
  }

  /** For a browser in which the person has signed in, or proven that they read their mail. */
  deviceOf({ id }: Pick<Account, 'id'>): string {
    return this.#deviceTexts.sign([id, mintId(this.#options.random, DEVICE_ID_CHARS)])
  }

  #handedOut(signIn: SignIn, account: Account): OpenedSignIn {
    const { id: signInId, generation, expiresAtUs } = signIn
    return {
      account,
      accessToken: this.#options.accessTokens.issue({ accountId: account.id, signInId }),
      refreshToken: this.#refreshTexts.sign([REFRESH, signInId, String(generation)]),
      expiresAtUs,
    }
  }

  #shown(refreshToken: string): { readonly id: string; readonly generation: number } | null {
    const [, id, generation] = this.#refreshTexts.read(refreshToken) ?? []
    return id === undefined ? null : { id, generation: Number(generation) }
  }

  #knownDevice(device: string | null, accountId: string | undefined): string | null {
    const [owner, id = null] = (device === null ? null : this.#deviceTexts.read(device)) ?? []
    return owner !== undefined && owner === accountId ? id : null
  }

  async #rehash(accountId: string, password: string, stored: string): Promise<void> {
    const { passwords, accounts } = this.#options
    if (!passwords.isOutdated(stored)) return
    await accounts.rehash(accountId, stored, await passwords.hash(password))
  }
}
