/** Whether somebody is signed in, and who, for the whole page. */
import { createMemo, createRoot, createSignal } from 'solid-js'
import type { Account, WhoAmI } from '#proto/people.ts'
import { ApiError, onSignedOut } from '../api/client.ts'
import { logOut, readSession, signOut } from '../api/sessions.ts'

export type SessionState = 'checking' | 'in' | 'out' | 'away'

const [session, setSession] = createRoot(() => createSignal<SessionState>('checking'))
const [who, setWho] = createRoot(() => createSignal<WhoAmI | null>(null))

/** The person who is signed in; null for the administrator's token, which is nobody. */
const account = createRoot(() =>
  createMemo<Account | null>(() => {
    const known = who()
    return known?.role === 'person' ? known.account : null
  }),
)

export { account, session }

/** May do everything in the installation. */
export function isAdministrator(): boolean {
  return who()?.role === 'administrator' || account()?.administrator === true
}

onSignedOut(() => setSession('out'))

/** Asks the server; a session that was known stays when the server is away for a moment. */
export async function checkSession(): Promise<void> {
  try {
    setWho(await readSession())
    setSession('in')
  } catch (error) {
    const unknown = error instanceof ApiError && error.status >= 400 && error.status < 500
    if (unknown) setSession('out')
    else if (session() === 'checking') setSession('away')
  }
}

/** The person's own entry has changed. */
export function tellAccount(changed: Account): void {
  setWho({ role: 'person', account: changed })
}

export async function leaveSession(everywhere = false): Promise<void> {
  try {
    await (account() === null ? signOut() : logOut(everywhere))
  } finally {
    setWho(null)
    setSession('out')
  }
}
