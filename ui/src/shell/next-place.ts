/** Where to go after signing in, as it stands in the address of the pages before it. */
export const SIGN_IN_PATH = '/sign-in'
export const SIGN_UP_PATH = '/sign-up'
export const FORGOTTEN_PATH = '/forgotten'
export const RESET_PATH = '/reset'
export const INVITATION_PATH = '/invitation'

/** Pages that are there for people who are not signed in. */
export const GATE_PATHS: readonly string[] = [
  SIGN_IN_PATH,
  SIGN_UP_PATH,
  FORGOTTEN_PATH,
  RESET_PATH,
  INVITATION_PATH,
]

const HOME = ['/explore', ''] as const
/** Pages that are left behind for good; an invitation is worth coming back to. */
const PASSED: readonly string[] = [SIGN_IN_PATH, SIGN_UP_PATH, FORGOTTEN_PATH, RESET_PATH]

/** A path of this page: a link may not lead people elsewhere after they signed in. */
export function nextPlace(search: string): readonly [path: string, search: string] {
  const next = new URLSearchParams(search).get('next') ?? ''
  const place = URL.canParse(next, 'http://here') ? new URL(next, 'http://here') : null
  if (place === null || place.origin !== 'http://here' || !next.startsWith('/')) return HOME
  return PASSED.includes(place.pathname) ? HOME : [place.pathname, place.search]
}

/** The same page of the gate, or another, that still knows where to go. */
export function gatePath(path: string, from: { readonly path: string; readonly search: string }) {
  const params = new URLSearchParams()
  const old = new URLSearchParams(from.search)
  const next = GATE_PATHS.includes(from.path) ? old.get('next') : `${from.path}${from.search}`
  const invitation = old.get('invitation')
  if (next !== null && next !== '' && next !== '/') params.set('next', next)
  if (invitation !== null) params.set('invitation', invitation)
  const text = String(params)
  return text === '' ? path : `${path}?${text}`
}
