import { call } from './client.ts'

/** From the link of `logboy sign-in`, or the server's own admin token. */
export type Credentials = { readonly ticket: string } | { readonly token: string }

export function signIn(credentials: Credentials): Promise<void> {
  return call<void>('POST', '/api/v1/sessions', { body: credentials })
}

export function readSession(): Promise<unknown> {
  return call<unknown>('GET', '/api/v1/session')
}

export function signOut(): Promise<void> {
  return call<void>('DELETE', '/api/v1/session')
}
