/** The contract of people's own tokens for programs. */
import type { ApiToken } from '#proto/people.ts'

export interface StoredApiToken {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly secretSha256: Uint8Array
  readonly createdAtUs: number
  readonly expiresAtUs: number | null
}

export interface ApiTokens {
  list(accountId: string): Promise<readonly ApiToken[]>
  find(id: string): Promise<StoredApiToken | null>
  create(token: StoredApiToken): Promise<void>
  /** false = the person has no such token. */
  end(accountId: string, id: string): Promise<boolean>
  /** When each was used last, in µs. */
  touch(used: ReadonlyMap<string, number>): Promise<void>
}
