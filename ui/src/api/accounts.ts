/** People of the installation, and their API tokens. */
import type {
  Account,
  AccountChange,
  AccountLink,
  ApiToken,
  ApiTokenCreated,
} from '#proto/people.ts'
import { call } from './client.ts'

export async function listAccounts(signal: AbortSignal): Promise<readonly Account[]> {
  return (await call<{ accounts: Account[] }>('GET', '/api/v1/accounts', { signal })).accounts
}

export function changeAccount(id: string, body: AccountChange): Promise<Account> {
  return call<Account>('PATCH', `/api/v1/accounts/${encodeURIComponent(id)}`, { body })
}

/** Makes an account, with a link by which its person sets the password. */
export function createAccount(body: {
  readonly email: string
  readonly name: string
  readonly administrator: boolean
}): Promise<AccountLink> {
  return call<AccountLink>('POST', '/api/v1/accounts', { body })
}

/** A link that sets the password anew, to be handed to the person. */
export function createResetLink(id: string): Promise<AccountLink> {
  return call<AccountLink>('POST', `/api/v1/accounts/${encodeURIComponent(id)}/reset`, { body: {} })
}

export function changeOwnName(name: string): Promise<Account> {
  return call<Account>('PATCH', '/api/v1/account', { body: { name } })
}

export async function listTokens(signal: AbortSignal): Promise<readonly ApiToken[]> {
  return (await call<{ tokens: ApiToken[] }>('GET', '/api/v1/tokens', { signal })).tokens
}

export function createToken(body: {
  readonly name: string
  /** Seconds. */
  readonly expires_in?: number
}): Promise<ApiTokenCreated> {
  return call<ApiTokenCreated>('POST', '/api/v1/tokens', { body })
}

export function deleteToken(id: string): Promise<void> {
  return call<void>('DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`)
}
