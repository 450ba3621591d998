/** What the page says about keys. */
import type { KeyKind, KeyScope, ProjectKey } from '#proto/api.ts'
import { browserClock } from '../clock.ts'

export const SCOPE_WORDS: Readonly<Record<KeyScope, string>> = {
  ingest: 'Send logs and metrics',
  read: 'Search, tail and export',
}

export const KIND_WORDS: Readonly<Record<KeyKind, string>> = {
  bearer: 'As it is, with every request',
  signing: 'To sign requests (HMAC), never sent',
}

/** Seconds that a rotated key stays good. */
export const OVERLAP_WORDS: readonly (readonly [string, string])[] = [
  ['0', 'At once'],
  ['3600', 'In an hour'],
  ['86400', 'In a day'],
  ['604800', 'In a week'],
  ['2592000', 'In 30 days'],
]

export type KeyState = 'active' | 'expired' | 'revoked'

export function keyState(
  key: Pick<ProjectKey, 'revoked_at' | 'expires_at'>,
  nowMs = browserClock.nowMs(),
): KeyState {
  if (key.revoked_at !== null) return 'revoked'
  return key.expires_at !== null && Date.parse(key.expires_at) <= nowMs ? 'expired' : 'active'
}
