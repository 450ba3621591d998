/** Whether somebody is signed in, for the whole page. */
import { createRoot, createSignal } from 'solid-js'
import { ApiError, onSignedOut } from '../api/client.ts'
import { readSession, signOut } from '../api/sessions.ts'

export type SessionState = 'checking' | 'in' | 'out' | 'away'

const [session, setSession] = createRoot(() => createSignal<SessionState>('checking'))

export { session }

onSignedOut(() => setSession('out'))

/** Asks the server; a session that was known stays when the server is away for a moment. */
export async function checkSession(): Promise<void> {
  try {
    await readSession()
    setSession('in')
  } catch (error) {
    const unknown = error instanceof ApiError && error.status >= 400 && error.status < 500
    if (unknown) setSession('out')
    else if (session() === 'checking') setSession('away')
  }
}

export function enterSession(): void {
  setSession('in')
}

export async function leaveSession(): Promise<void> {
  try {
    await signOut()
  } finally {
    setSession('out')
  }
}
