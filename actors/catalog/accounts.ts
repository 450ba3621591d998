/** The contract of accounts: who people are, and how a forgotten password is set anew. */
import type { Account, AccountChange } from '#proto/people.ts'

export interface NewAccount {
  readonly id: string
  /** In lower case. */
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  /** The very first account is one whatever stands here. */
  readonly administrator: boolean
  readonly createdAtUs: number
}

export interface AccountWithPassword {
  readonly account: Account
  readonly passwordHash: string
}

export interface NewPasswordReset {
  readonly tokenSha256: Uint8Array
  readonly accountId: string
  readonly createdAtUs: number
  readonly expiresAtUs: number
}

export interface Accounts {
  /** By email. */
  list(): Promise<readonly Account[]>
  find(id: string): Promise<Account | null>
  byEmail(email: string): Promise<AccountWithPassword | null>
  isEmpty(): Promise<boolean>
  /** `not-first`: it was to be made only as the very first one. */
  create(account: NewAccount, onlyFirst?: boolean): Promise<'done' | 'taken' | 'not-first'>
  /** A disabled one is signed out everywhere. false = there is none. */
  update(id: string, change: AccountChange, atUs: number): Promise<boolean>
  /** Ends all sign-ins and resets of the person, but for one sign-in that is `kept`. */
  setPassword(id: string, passwordHash: string, kept?: string): Promise<boolean>
  /** The same password under newer parameters: nobody is signed out. */
  rehash(id: string, from: string, to: string): Promise<void>
  createReset(reset: NewPasswordReset): Promise<void>
  /** Whose password it sets; null = unknown, used or expired. */
  resetOf(tokenSha256: Uint8Array, nowUs: number): Promise<string | null>
  /** Good once: whose password was set, or null. All sign-ins of the person end. */
  redeemReset(tokenSha256: Uint8Array, passwordHash: string, nowUs: number): Promise<string | null>
}
