/** What the tests of people's parts of the catalog start from. */
import type { Accounts } from '../accounts.ts'
import type { ApiTokens } from '../api-tokens.ts'
import type { Catalog } from '../catalog.ts'
import type { Members } from '../members.ts'
import type { SignIn, SignIns } from '../sign-ins.ts'

export interface PeopleCatalog extends Catalog {
  readonly accounts: Accounts
  readonly members: Members
  readonly signIns: SignIns
  readonly apiTokens: ApiTokens
}

export const NOW_US = Date.UTC(2026, 10, 21) * 1000
export const NOW = '2026-11-21T00:00:00.000Z'
export const HOUR_US = 3_600_000_000

/** `ada` → account `ada000000000`, ada@example.org. */
export const idOf = (name: string): string => name.padEnd(12, '0')

export function newAccount(name: string) {
  return {
    id: idOf(name),
    email: `${name}@example.org`,
    name,
    passwordHash: `hash of ${name}`,
    administrator: false,
    createdAtUs: NOW_US,
  }
}

export function newProject(id: string, ownerId: string | null = null) {
  return { id, name: id, createdAtUs: NOW_US, retentionDays: 30, timeZone: 'UTC', ownerId }
}

export function newSignIn(id: string, name: string, createdAtUs = NOW_US): SignIn {
  return {
    id: id.padEnd(24, '0'),
    accountId: idOf(name),
    generation: 1,
    rotatedAtUs: createdAtUs,
    createdAtUs,
    expiresAtUs: createdAtUs + HOUR_US,
  }
}
