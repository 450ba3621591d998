/** Everything about people that a door needs, put together. */
import type { Accounts } from '#actors/catalog/accounts.ts'
import type { ApiTokens } from '#actors/catalog/api-tokens.ts'
import type { InstallationKeys } from '#actors/catalog/installation-keys.ts'
import type { Members } from '#actors/catalog/members.ts'
import type { SignIns } from '#actors/catalog/sign-ins.ts'
import type { Mailer } from '#actors/mail/mailer.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { AccessTokens } from './access-token.ts'
import { GrowingDelay } from './growing-delay.ts'
import { InstallationKey } from './installation-key.ts'
import { Passwords, type ScryptCost } from './password-hash.ts'
import { Persons } from './persons.ts'
import { QuietMail } from './quiet-mail.ts'
import { ResetLinks } from './reset-links.ts'
import { SignInDesk } from './sign-in-desk.ts'
import { SignInThrottle } from './sign-in-throttle.ts'
import { SignUpLinks } from './sign-up-links.ts'
import { SignedTexts } from './signed-text.ts'
import { SigningSecrets } from './signing-secrets.ts'

/** The catalog's parts about people. */
export interface PeopleParts {
  readonly accounts: Accounts
  readonly members: Members
  readonly signIns: SignIns
  readonly apiTokens: ApiTokens
  readonly installationKeys: InstallationKeys
}

export interface IdentityOptions {
  readonly catalog: PeopleParts
  readonly adminToken: string
  readonly mailer: Mailer
  /** URL that people open. */
  readonly publicUrl: () => string
  readonly clock: Clock
  readonly random: Random
  readonly onFault: (error: Error, where: string) => void
  /** Of passwords; tests take a cheap one. */
  readonly cost?: ScryptCost
}

export type Identity = Awaited<ReturnType<typeof openIdentity>>

/** So many accounts from one network are nothing unusual. */
const SIGN_UP_RULE = { free: 20, firstMs: 5_000, maxMs: 15 * 60_000 }

export async function openIdentity({ catalog, cost, ...options }: IdentityOptions) {
  const { clock, random } = options
  const { accounts, members, signIns, apiTokens, installationKeys: keys } = catalog
  const parts = { accounts, members, signIns, apiTokens }
  const key = await InstallationKey.open({ ...options, keys })
  const accessTokens = new AccessTokens(new SignedTexts(key.derived('access tokens')), clock)
  const passwords = new Passwords(random, cost)
  const throttle = new SignInThrottle(clock)
  const mail = new QuietMail(options)
  return {
    ...parts,
    key,
    accessTokens,
    passwords,
    throttle,
    signingSecrets: new SigningSecrets(key, random),
    mailer: options.mailer,
    mail,
    persons: new Persons({ ...parts, accessTokens, clock }),
    desk: new SignInDesk({ ...parts, accessTokens, passwords, throttle, key, clock, random }),
    resets: new ResetLinks({ ...options, accounts, mail }),
    signUpLinks: new SignUpLinks({ ...options, key }),
    signUps: new GrowingDelay(clock, SIGN_UP_RULE),
  }
}
