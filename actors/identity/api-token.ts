/** People's own tokens for programs, `lbt_<token id>_<secret>`. */
import type { Random } from '#runtime/random.ts'
import { mintId, type ParsedKey, sha256 } from './project-key.ts'

const ID_CHARS = 12
const SECRET_BYTES = 32
const FORM = /^lbt_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/
const PREFIX = 'lbt_'

export function mintApiToken(random: Random) {
  const id = mintId(random, ID_CHARS)
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
  return { id, text: `${PREFIX}${id}_${secret}`, secretSha256: sha256(secret) }
}

/** null = not of the form of a token at all. */
export function parseApiToken(text: string): ParsedKey | null {
  const [, id, secret] = FORM.exec(text) ?? []
  return id === undefined || secret === undefined ? null : { id, secret }
}

export function isApiToken(text: string): boolean {
  return text.startsWith(PREFIX)
}
