/**
 * Words: the one definition that index, matcher and queries share. A token is a run of letters,
 * numbers, marks and underscores; Han, Kana, Thai and Khmer have one token per character. Tokens
 * are folded by simple lower case per code point, which no engine's own lower case does everywhere.
 */

/** Version of this definition; an index tells the one it was made with. */
export const TOKENS_VERSION = 2

/** What a code point is to a token. */
const OUTSIDE = 0
const IN_RUN = 1
const ALONE = 2
const NOT_KNOWN_YET = 3

const WORD = /[\p{L}\p{N}\p{M}_]/u
/** U+30FC and U+FF70 lengthen a Kana vowel, but belong to the script "common". */
const LONE = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Khmer}\u30fc\uff70]/u
const CODE_POINTS = 0x11_0000

/** Class of every code point, asked of the regular expressions once each. */
const classes = new Uint8Array(CODE_POINTS).fill(NOT_KNOWN_YET)
for (let code = 0; code < 0x80; code++) classes[code] = classify(code)

function classify(code: number): number {
  const character = String.fromCodePoint(code)
  if (!WORD.test(character)) return OUTSIDE
  return LONE.test(character) ? ALONE : IN_RUN
}

function classOf(code: number): number {
  const known = classes[code] as number
  if (known !== NOT_KNOWN_YET) return known
  const found = classify(code)
  classes[code] = found
  return found
}

/** What a code point is to a token: part of a run, a token by itself, or none of both. */
export function tokenClass(code: number): 'outside' | 'in-run' | 'alone' {
  return CLASS_NAMES[classOf(code)] as 'outside' | 'in-run' | 'alone'
}

const CLASS_NAMES = ['outside', 'in-run', 'alone'] as const

/** Lower case of one code point. U+0130 alone would become two: its simple lower case is "i". */
export function foldCodePoint(code: number): number {
  if (code < 0x80) return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
  if (code === 0x130) return 0x69
  return String.fromCodePoint(code).toLowerCase().codePointAt(0) as number
}

/** A text with every code point folded, for comparing whole texts. */
export function fold(text: string): string {
  let folded = ''
  for (const character of text) {
    folded += String.fromCodePoint(foldCodePoint(character.codePointAt(0) as number))
  }
  return folded
}

/** The folded tokens of a text, in order. */
export function tokenize(text: string): string[] {
  const tokens: string[] = []
  let token = ''
  for (const character of text) {
    const code = character.codePointAt(0) as number
    const kind = classOf(code)
    if (kind === IN_RUN) {
      token += String.fromCodePoint(foldCodePoint(code))
      continue
    }
    if (token !== '') tokens.push(token)
    token = ''
    if (kind === ALONE) tokens.push(String.fromCodePoint(foldCodePoint(code)))
  }
  if (token !== '') tokens.push(token)
  return tokens
}

/** Visits the tokens of UTF-8 bytes [start, end) as ranges of these bytes, not folded. */
export function forEachToken(
  bytes: Uint8Array,
  start: number,
  end: number,
  visit: (start: number, end: number) => void,
): void {
  let tokenStart = -1
  let at = start
  while (at < end) {
    const byte = bytes[at] as number
    const width = byte < 0x80 ? 1 : widthOf(byte)
    const kind = byte < 0x80 ? (classes[byte] as number) : classOf(codePointAt(bytes, at, end))
    if (kind === IN_RUN) {
      if (tokenStart < 0) tokenStart = at
    } else {
      if (tokenStart >= 0) visit(tokenStart, at)
      tokenStart = -1
      if (kind === ALONE) visit(at, Math.min(at + width, end))
    }
    at += width
  }
  if (tokenStart >= 0) visit(tokenStart, end)
}

/**
 * What a byte is to a hash: 0 if it is no ASCII byte of a token, else the folded byte, with
 * HAS_DIGIT beside a digit. One look per byte, for this is the hottest loop of all.
 */
const HAS_DIGIT = 0x100
const ASCII = Uint16Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80 || classes[byte] !== IN_RUN) return 0
  return isDigit(byte) ? byte | HAS_DIGIT : foldCodePoint(byte)
})

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Tokens of so many code points are ids far more often than words. */
const LONG = 32
/** Beside HAS_DIGIT: the token is long. */
const IS_LONG = 0x200

/** Whether the token of a hash has 32 code points or more. */
export function isLongToken(hash: number): boolean {
  return (hash & 2) !== 0
}

/**
 * The outline of the text that was hashed last, in two parts: a hash of its bytes that does not
 * tell apart tokens with digits, unless a quotation mark stands before them. Logs of one wording
 * mostly share it. Both 0 = the text has none, as it has bytes beyond ASCII.
 */
export const outline = new Int32Array(2)

/** Of a token with digits: it has letters, too (their bytes share this bit, which no digit has). */
const HAS_LETTER = 0x40
const QUOTE = 0x22
const APOSTROPHE = 0x27

/**
 * Writes the 32-bit hashes of the tokens in bytes [start, end) to `hashes` from `at` on, as far as
 * there is room, in one pass; answers the position after the last. Bit 0 of a hash tells whether
 * the token has an ASCII digit, bit 1 whether it is long.
 */
export function hashTokens(
  bytes: Uint8Array,
  start: number,
  end: number,
  hashes: Uint32Array,
  at: number,
): number {
  let next = at
  let hash = SEED
  let seen = 0
  let separator = start - 1
  // Of the outline: all bytes as they are, and whole tokens; `before` = without the last token.
  let exact = SEED
  let before = SEED
  let whole = 0
  let digits = HAS_DIGIT
  let i = start
  for (; i < end; i++) {
    const byte = bytes[i] as number
    const known = ASCII[byte] as number
    if (known !== 0) {
      hash = Math.imul(hash ^ (known & 0xff), PRIME)
      exact = Math.imul(exact ^ byte, OUTLINE_PRIME)
      seen |= known
    } else {
      if (byte >= 0x80) break
      if (seen !== 0) {
        // A branch here would cost a tenth of the loop.
        seen |= ((separator + LONG - i) >> 31) & IS_LONG
        if (next < hashes.length) hashes[next++] = mix(hash, seen)
        if ((seen & digits) !== 0) {
          hash = seen & (HAS_DIGIT | HAS_LETTER)
          exact = before ^ hash
        }
        whole = Math.imul(whole ^ hash, WHOLE_PRIME)
        whole ^= whole >>> 15
        hash = SEED
        seen = 0
      }
      if (byte === QUOTE || byte === APOSTROPHE) digits = 0
      exact = Math.imul(exact ^ byte, OUTLINE_PRIME)
      before = exact
      separator = i
    }
  }
  // Called out here, for a call inside would slow the loop down by a third.
  if (i < end) return hashAnyTokens(bytes, start, end, hashes, at)
  if (end - separator > LONG) seen |= IS_LONG
  if (seen !== 0) {
    if (next < hashes.length) hashes[next++] = mix(hash, seen)
    if ((seen & digits) !== 0) {
      hash = seen & (HAS_DIGIT | HAS_LETTER)
      exact = before ^ hash
    }
    whole = Math.imul(whole ^ hash, WHOLE_PRIME)
  }
  outline[0] = exact
  outline[1] = whole | 1
  return next
}

/** The same for texts beyond ASCII. Apart, because that keeps the other loop fast. */
function hashAnyTokens(
  bytes: Uint8Array,
  start: number,
  end: number,
  hashes: Uint32Array,
  first: number,
): number {
  let next = first
  let hash = SEED
  let seen = 0
  let length = 0
  outline.fill(0)
  for (let at = start; at < end; ) {
    const byte = bytes[at] as number
    const code = byte < 0x80 ? byte : codePointAt(bytes, at, end)
    const kind = classOf(code)
    at += byte < 0x80 ? 1 : widthOf(byte)
    if (kind !== IN_RUN && seen !== 0) {
      if (next < hashes.length) hashes[next++] = mix(hash, seen)
      hash = SEED
      seen = 0
      length = 0
    }
    if (kind === OUTSIDE) continue
    hash = hashCodePoint(hash, foldCodePoint(code))
    seen |= isDigit(code) ? HAS_DIGIT : 1
    if (++length === LONG) seen |= IS_LONG
    if (kind !== ALONE) continue
    if (next < hashes.length) hashes[next++] = mix(hash, seen)
    hash = SEED
    seen = 0
    length = 0
  }
  if (seen !== 0 && next < hashes.length) hashes[next++] = mix(hash, seen)
  return next
}

/** The 32-bit hash of one token in bytes [start, end), folding it on the way. */
export function hashToken(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED
  let seen = 0
  let length = 0
  for (let at = start; at < end; ) {
    const byte = bytes[at] as number
    const code = byte < 0x80 ? byte : codePointAt(bytes, at, end)
    hash = hashCodePoint(hash, foldCodePoint(code))
    if (isDigit(code)) seen |= HAS_DIGIT
    if (++length === LONG) seen |= IS_LONG
    at += byte < 0x80 ? 1 : widthOf(byte)
  }
  return mix(hash, seen)
}

/** The same hash of a token as text. */
export function hashTokenText(token: string): number {
  let hash = SEED
  let seen = 0
  let length = 0
  for (const character of token) {
    const code = character.codePointAt(0) as number
    hash = hashCodePoint(hash, foldCodePoint(code))
    if (isDigit(code)) seen |= HAS_DIGIT
    if (++length === LONG) seen |= IS_LONG
  }
  return mix(hash, seen)
}

/** FNV-1a over the UTF-8 of folded code points; `mix` spreads it, for FNV's upper bits are weak. */
const SEED = 0x811c9dc5 | 0
const PRIME = 0x01000193
const OUTLINE_PRIME = 0x85ebca6b
const WHOLE_PRIME = 0xc2b2ae35

function hashCodePoint(hash: number, code: number): number {
  if (code < 0x80) return Math.imul(hash ^ code, PRIME)
  let next = hash
  if (code < 0x800) next = Math.imul(next ^ (0xc0 | (code >> 6)), PRIME)
  else {
    if (code < 0x1_0000) next = Math.imul(next ^ (0xe0 | (code >> 12)), PRIME)
    else {
      next = Math.imul(next ^ (0xf0 | (code >> 18)), PRIME)
      next = Math.imul(next ^ (0x80 | ((code >> 12) & 0x3f)), PRIME)
    }
    next = Math.imul(next ^ (0x80 | ((code >> 6) & 0x3f)), PRIME)
  }
  return Math.imul(next ^ (0x80 | (code & 0x3f)), PRIME)
}

function mix(hash: number, seen: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  mixed ^= mixed >>> 16
  return ((mixed & ~3) | ((seen >>> 8) & 3)) >>> 0
}

function widthOf(lead: number): number {
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
}

/** The code point at `at` of valid UTF-8; damaged bytes give some code point, never more. */
function codePointAt(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] as number
  const width = widthOf(lead)
  let code = width === 2 ? lead & 0x1f : width === 3 ? lead & 0x0f : lead & 0x07
  for (let i = 1; i < width; i++) {
    code = (code << 6) | (at + i < end ? (bytes[at + i] as number) & 0x3f : 0)
  }
  return code < CODE_POINTS ? code : 0xfffd
}
