/** What the page says about keys. */
import type { KeyScope, ProjectKey } from '#proto/api.ts'
import { browserClock } from '../clock.ts'

export const SCOPE_WORDS: Readonly<Record<KeyScope, string>> = {
  ingest: 'Send logs and metrics',
  read: 'Search, tail and export',
}

export type KeyState = 'active' | 'expired' | 'revoked'

export function keyState(
  key: Pick<ProjectKey, 'revoked_at' | 'expires_at'>,
  nowMs = browserClock.nowMs(),
): KeyState {
  if (key.revoked_at !== null) return 'revoked'
  return key.expires_at !== null && Date.parse(key.expires_at) <= nowMs ? 'expired' : 'active'
}
