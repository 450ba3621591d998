/** Keys of projects, `lb_<key id>_<secret>`: made once, shown once, stored as a hash. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Random } from '#runtime/random.ts'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const PROJECT_ID_CHARS = 10
const KEY_ID_CHARS = 12
/** 256 bits. */
const SECRET_BYTES = 32
const KEY_ID_FORM = /^[a-z0-9]{12}$/
const KEY_FORM = /^lb_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/

export interface MintedKey {
  readonly id: string
  /** The whole key, to be shown once and never stored. */
  readonly text: string
  readonly secretSha256: Uint8Array
}

export interface ParsedKey {
  readonly id: string
  readonly secret: string
}

export function mintKey(random: Random): MintedKey {
  const id = mintId(random, KEY_ID_CHARS)
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
  return { id, text: `lb_${id}_${secret}`, secretSha256: sha256(secret) }
}

/**
 * A key to sign with: its text is the secret, its id goes with every request. What begins otherwise
 * than other keys is found by those who look for secrets in code.
 */
export function mintSigningKey(random: Random): MintedKey {
  const id = mintId(random, KEY_ID_CHARS)
  const text = `lbs_${Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')}`
  return { id, text, secretSha256: sha256(text) }
}

export function isKeyId(text: string): boolean {
  return KEY_ID_FORM.test(text)
}

export function mintProjectId(random: Random): string {
  return mintId(random, PROJECT_ID_CHARS)
}

/** null = not of the form of a key at all. */
export function parseKey(text: string): ParsedKey | null {
  const [, id, secret] = KEY_FORM.exec(text) ?? []
  return id === undefined || secret === undefined ? null : { id, secret }
}

/** Compares in a time that tells nothing about the stored hash. */
export function matchesSecret(secret: string, storedSha256: Uint8Array): boolean {
  const given = sha256(secret)
  return storedSha256.length === given.length && timingSafeEqual(given, storedSha256)
}

export function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

/**
 * Bytes beyond the last whole multiple of 36 are thrown again, or some letters would be likelier.
 */
export function mintId(random: Random, chars: number): string {
  let id = ''
  while (id.length < chars) {
    const byte = random.bytes(1)[0] as number
    if (byte < 252) id += ALPHABET[byte % ALPHABET.length]
  }
  return id
}
