import { HttpProblem } from '#actors/http/problem.ts'
import type { Account } from '#proto/people.ts'
import type { PersonCaller } from './caller.ts'

/** For what a person's program must not do in their name; the administrator's token is nobody. */
export function requireSignIn(caller: PersonCaller): {
  readonly account: Account
  readonly signInId: string
} {
  if (caller.type === 'person' && caller.means.type === 'sign-in') {
    return { account: caller.account, signInId: caller.means.id }
  }
  throw new HttpProblem('LOGBOY_FORBIDDEN', 'sign in with email and password to do this')
}
