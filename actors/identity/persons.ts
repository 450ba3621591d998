/**
 * Which person shows a token, and what they may do in a project. What the catalog says is kept
 * until it changes, so that a request costs no query; the poll of the key cache notices a change
 * within half a second.
 */
import type { Accounts } from '#actors/catalog/accounts.ts'
import type { ApiTokens, StoredApiToken } from '#actors/catalog/api-tokens.ts'
import type { Members } from '#actors/catalog/members.ts'
import type { SignIn, SignIns } from '#actors/catalog/sign-ins.ts'
import type { Account, ProjectAccess } from '#proto/people.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { AccessTokens } from './access-token.ts'
import { isApiToken, parseApiToken } from './api-token.ts'
import { KeptAnswers } from './kept-answers.ts'
import { matchesSecret } from './project-key.ts'

/** By what a person is known: a sign-in of a browser or script, or a token of their own. */
export interface Means {
  readonly type: 'sign-in' | 'token'
  readonly id: string
}

export interface Person {
  readonly account: Account
  readonly means: Means
}

export type PersonVerdict =
  | { readonly type: 'verified'; readonly person: Person }
  | { readonly type: 'unknown' | 'expired' }

export interface PersonsOptions {
  readonly accounts: Pick<Accounts, 'find'>
  readonly members: Pick<Members, 'access'>
  readonly signIns: Pick<SignIns, 'find'>
  readonly apiTokens: Pick<ApiTokens, 'find' | 'touch'>
  readonly accessTokens: Pick<AccessTokens, 'verify'>
  readonly clock: Clock
}

const UNKNOWN = { type: 'unknown' } as const
const EXPIRED = { type: 'expired' } as const
const TOUCH_MS = 10_000

export class Persons {
  readonly #options: PersonsOptions
  readonly #accounts: KeptAnswers<Account>
  readonly #signIns: KeptAnswers<SignIn>
  readonly #tokens: KeptAnswers<StoredApiToken>
  readonly #access: KeptAnswers<ProjectAccess>
  readonly #used = new Map<string, number>()
  #cancelTouch: Cancel

  constructor(options: PersonsOptions) {
    const { clock } = options
    this.#options = options
    this.#accounts = new KeptAnswers(clock)
    this.#signIns = new KeptAnswers(clock)
    this.#tokens = new KeptAnswers(clock)
    this.#access = new KeptAnswers(clock)
    this.#cancelTouch = clock.after(TOUCH_MS, () => void this.#touch())
  }

  /** Takes access tokens and people's own ones. */
  async verify(token: string): Promise<PersonVerdict> {
    if (isApiToken(token)) return this.#verifyOwn(token)
    const verdict = this.#options.accessTokens.verify(token)
    if (verdict.type !== 'good') return verdict.type === 'expired' ? EXPIRED : UNKNOWN
    return this.#known({ type: 'sign-in', id: verdict.claims.signInId })
  }

  /** The person as they are now: sockets ask when the catalog has changed. */
  again({ means }: Person): Promise<PersonVerdict> {
    return this.#known(means)
  }

  access(accountId: string, projectId: string): Promise<ProjectAccess | null> {
    const { members } = this.#options
    return this.#access.get(`${accountId} ${projectId}`, () => members.access(accountId, projectId))
  }

  /** What was read before holds no longer. */
  catalogChanged(): void {
    for (const kept of [this.#accounts, this.#signIns, this.#tokens, this.#access]) kept.forget()
  }

  observe(): Record<string, unknown> {
    return { accounts: this.#accounts.size, signIns: this.#signIns.size, access: this.#access.size }
  }

  async close(): Promise<void> {
    await this.#touch()
    this.#cancelTouch()
  }

  async #verifyOwn(token: string): Promise<PersonVerdict> {
    const parsed = parseApiToken(token)
    const stored = parsed === null ? null : await this.#token(parsed.id)
    if (parsed === null || stored === null) return UNKNOWN
    if (!matchesSecret(parsed.secret, stored.secretSha256)) return UNKNOWN
    const verdict = await this.#known({ type: 'token', id: stored.id })
    if (verdict.type === 'verified') this.#used.set(stored.id, this.#options.clock.nowUs())
    return verdict
  }

  async #known(means: Means): Promise<PersonVerdict> {
    const { signIns, accounts, clock } = this.#options
    const held =
      means.type === 'token'
        ? await this.#token(means.id)
        : await this.#signIns.get(means.id, () => signIns.find(means.id))
    if (held === null) return UNKNOWN
    if (held.expiresAtUs !== null && held.expiresAtUs <= clock.nowUs()) return EXPIRED
    const { accountId } = held
    const account = await this.#accounts.get(accountId, () => accounts.find(accountId))
    if (account === null || account.disabled_at !== null) return UNKNOWN
    return { type: 'verified', person: { account, means } }
  }

  #token(id: string): Promise<StoredApiToken | null> {
    return this.#tokens.get(id, () => this.#options.apiTokens.find(id))
  }

  /** The use of tokens is written now and then, not each time. */
  async #touch(): Promise<void> {
    const used = new Map(this.#used)
    this.#used.clear()
    if (used.size > 0) await this.#options.apiTokens.touch(used).catch(() => undefined)
    this.#cancelTouch = this.#options.clock.after(TOUCH_MS, () => void this.#touch())
  }
}
