/**
 * The contract of sign-ins. The refresh tokens of one are a family, numbered through: each is
 * good once, for the next one. Whoever shows an older one has stolen it, or was stolen from.
 */
export interface SignIn {
  readonly id: string
  readonly accountId: string
  /** The token that is good now. */
  readonly generation: number
  readonly rotatedAtUs: number
  readonly createdAtUs: number
  readonly expiresAtUs: number
}

export interface SignIns {
  /** Remembers when the person came last, and forgets what has expired. */
  open(signIn: SignIn): Promise<void>
  find(id: string): Promise<SignIn | null>
  /** The sign-in as it goes on; null = it has ended, by this very call if a token came twice. */
  rotate(id: string, generation: number, nowUs: number): Promise<SignIn | null>
  end(id: string): Promise<void>
  endAll(accountId: string): Promise<void>
}

/** Two tabs, or a request whose answer was lost, may show the token before within this time. */
const GRACE_US = 10_000_000

/** What a refresh token of `generation` does to its sign-in. */
export function rotation(
  signIn: SignIn,
  generation: number,
  nowUs: number,
): 'rotate' | 'repeat' | 'end' {
  if (signIn.expiresAtUs <= nowUs) return 'end'
  if (generation === signIn.generation) return 'rotate'
  const isBefore = generation === signIn.generation - 1
  return isBefore && nowUs - signIn.rotatedAtUs < GRACE_US ? 'repeat' : 'end'
}
