/** Signing in and out, and who is signed in. */
import type {
  Forgotten,
  Login,
  PasswordChange,
  PasswordReset,
  SignedIn,
  SignInOptions,
  SignUp,
  WhoAmI,
} from '#proto/people.ts'
import { call } from './client.ts'

/** From the link of `logboy sign-in`, or the server's own admin token. */
export type Credentials = { readonly ticket: string } | { readonly token: string }

export function signIn(credentials: Credentials): Promise<void> {
  return call<void>('POST', '/api/v1/sessions', { body: credentials })
}

/** Ends a session of the administrator's token. */
export function signOut(): Promise<void> {
  return call<void>('DELETE', '/api/v1/session')
}

export function readSession(): Promise<WhoAmI> {
  return call<WhoAmI>('GET', '/api/v1/session')
}

export function readSignInOptions(): Promise<SignInOptions> {
  return call<SignInOptions>('GET', '/api/v1/auth/options')
}

export function logIn(body: Login): Promise<SignedIn> {
  return call<SignedIn>('POST', '/api/v1/auth/login', { body })
}

/** undefined = a link to the address was mailed, which makes the account. */
export function signUp(body: SignUp): Promise<SignedIn | undefined> {
  return call<SignedIn | undefined>('POST', '/api/v1/auth/sign-up', { body })
}

export function confirmSignUp(token: string): Promise<SignedIn> {
  return call<SignedIn>('POST', '/api/v1/auth/confirm', { body: { token } })
}

/** Ends a person's session, or all of them. */
export function logOut(everywhere: boolean): Promise<void> {
  return call<void>('POST', '/api/v1/auth/logout', { body: everywhere ? { everywhere } : {} })
}

export function askForReset(body: Forgotten): Promise<void> {
  return call<void>('POST', '/api/v1/auth/forgotten', { body })
}

export function resetPassword(body: PasswordReset): Promise<void> {
  return call<void>('POST', '/api/v1/auth/reset', { body })
}

export function changePassword(body: PasswordChange): Promise<void> {
  return call<void>('POST', '/api/v1/auth/password', { body })
}
