/** An account as the catalog keeps it, from what its person wrote. */
import type { NewAccount } from '#actors/catalog/accounts.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import type { Passwords } from './password-hash.ts'
import { mintId } from './project-key.ts'

export interface NewAccountDeps {
  readonly passwords: Pick<Passwords, 'hash'>
  readonly clock: Clock
  readonly random: Random
}

export interface AccountWish {
  /** In lower case. */
  readonly email: string
  readonly name: string
  readonly password: string
  readonly administrator?: boolean
}

const ID_CHARS = 12

export async function newAccount(
  { email, name, password, administrator = false }: AccountWish,
  { passwords, clock, random }: NewAccountDeps,
): Promise<NewAccount> {
  const passwordHash = await passwords.hash(password)
  const id = mintId(random, ID_CHARS)
  return { id, email, name, passwordHash, administrator, createdAtUs: clock.nowUs() }
}
