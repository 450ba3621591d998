/** Who may make an account for themselves, and with what. */
import { z } from 'zod/v4'
import type { Accounts, NewAccount } from '#actors/catalog/accounts.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { GrowingDelay } from '#actors/identity/growing-delay.ts'
import { type NewAccountDeps, newAccount } from '#actors/identity/new-account.ts'
import { type PasswordOwner, passwordProblem } from '#actors/identity/password-rules.ts'
import type { PeopleRules } from '#actors/identity/people-rules.ts'
import type { QuietMail } from '#actors/identity/quiet-mail.ts'
import { networkOf } from '#actors/identity/sign-in-throttle.ts'
import type { SignUpLinks } from '#actors/identity/sign-up-links.ts'
import type { Mail, Mailer } from '#actors/mail/mailer.ts'
import type { Account } from '#proto/people.ts'
import { email, password, personName } from './person-shapes.ts'
import { tooManyAttempts } from './too-many-attempts.ts'

/** Invitations as a sign-up needs them. */
export interface SignUpInvitations {
  /** null = unknown, withdrawn, used or expired. */
  find(token: string): Promise<{ readonly email: string | null } | null>
  /** Joins its project; false = it was used up meanwhile. */
  accept(token: string, account: Account): Promise<boolean>
}

export interface SignUpDeps extends NewAccountDeps {
  readonly accounts: Accounts
  readonly rules: () => PeopleRules
  readonly invitations: SignUpInvitations
  readonly mailer: Pick<Mailer, 'type'>
  readonly mail: QuietMail
  readonly signUpLinks: SignUpLinks
  readonly publicUrl: () => string
  /** By network: accounts are made for people, not by the thousand. */
  readonly signUps: GrowingDelay
}

export const signUpBody = z.strictObject({
  email,
  password,
  name: personName,
  invitation: z.string().max(200).optional().describe('of a link; its project is joined at once'),
})
type SignUp = z.output<typeof signUpBody>

/**
 * The new account, or an HttpProblem that says why there is none; `mailed` = a link went to the
 * address, which makes it.
 */
export async function signUp(
  body: SignUp,
  address: string,
  deps: SignUpDeps,
): Promise<Account | 'mailed'> {
  const network = networkOf(address)
  const waitMs = deps.signUps.waitMs(network)
  if (waitMs > 0) throw tooManyAttempts(waitMs)
  deps.signUps.failed(network)
  const isFirst = await deps.accounts.isEmpty()
  if (!isFirst) await requireLeave(body, deps)
  requireGoodPassword('password', body.password, body)
  const made = await newAccount(body, deps)
  if (!isFirst && body.invitation === undefined && deps.mailer.type === 'mail') {
    deps.mail.sendSoon(body.email, () => confirmation(made, deps))
    return 'mailed'
  }
  const account = await createAccount(made, body, isFirst, deps)
  if (body.invitation !== undefined && !isFirst) {
    await deps.invitations.accept(body.invitation, account)
  }
  return account
}

/** Throws 400 that names the field. */
export function requireGoodPassword(field: string, given: string, owner: PasswordOwner): void {
  const problem = passwordProblem(given, owner)
  if (problem !== null) throw new HttpProblem('LOGBOY_BAD_REQUEST', `${field}: ${problem}`)
}

/** Makes the account of such a link, where everybody still may. */
export async function confirmSignUp(token: string, deps: SignUpDeps): Promise<Account> {
  if (deps.rules().signUp !== 'open') throw byInvitation()
  const made = deps.signUpLinks.read(token)
  const outcome = made === null ? 'expired' : await deps.accounts.create(made)
  const account = made !== null && outcome === 'done' ? await deps.accounts.find(made.id) : null
  if (account !== null) return account
  throw new HttpProblem('LOGBOY_SIGN_IN_FAILED', 'the link was used already or has expired')
}

async function createAccount(
  made: NewAccount,
  body: SignUp,
  isFirst: boolean,
  deps: SignUpDeps,
): Promise<Account> {
  const outcome = await deps.accounts.create(made, isFirst)
  if (outcome === 'not-first') {
    await requireLeave(body, deps)
    return createAccount(made, body, false, deps)
  }
  const account = outcome === 'done' ? await deps.accounts.find(made.id) : null
  if (account !== null) return account
  const detail = 'there is an account of this address; sign in, or set its password anew'
  throw new HttpProblem('LOGBOY_NAME_TAKEN', detail)
}

async function confirmation(
  made: NewAccount,
  { accounts, signUpLinks, publicUrl }: SignUpDeps,
): Promise<Omit<Mail, 'to'>> {
  const isTaken = (await accounts.byEmail(made.email)) !== null
  const [what, url] = isTaken
    ? ['You have an account already; here you sign in, or set its password anew:', '/sign-in']
    : ['This link makes the account, once, within a day:', null]
  const lines = [
    'Somebody, probably you, signed up for Logboy with this address.',
    what,
    '',
    url === null ? signUpLinks.create(made) : publicUrl() + url,
    '',
    'If it was not you there is nothing to do.',
  ]
  return { subject: 'Your account for Logboy', text: lines.join('\n') }
}

/** After the first one: by invitation, or where everybody may. */
async function requireLeave(
  { email: address, invitation }: SignUp,
  { rules, invitations }: SignUpDeps,
): Promise<void> {
  if (invitation === undefined) {
    if (rules().signUp === 'open') return
    throw byInvitation()
  }
  const found = await invitations.find(invitation)
  if (found === null) {
    throw new HttpProblem('LOGBOY_FORBIDDEN', 'the invitation is unknown, was used or has expired')
  }
  if (found.email !== null && found.email.toLowerCase() !== address) {
    throw new HttpProblem('LOGBOY_FORBIDDEN', 'the invitation is for another address')
  }
}

function byInvitation(): HttpProblem {
  return new HttpProblem('LOGBOY_FORBIDDEN', 'accounts are made by invitation; ask for a link')
}
