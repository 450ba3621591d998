/**
 * JSON read as bytes (RFC 8259), never as strings: where a value ends and what kind it is. A fault
 * is a negative answer whose complement is the position: `~at`.
 */
import { JSON_DEPTH_MAX } from '#proto/limits.ts'

/** What a value is; the order counts: up to `plain` its bytes are the text itself. */
export const KIND = {
  /** A string without escapes, its quotes left out. */
  plain: 0,
  /** A string with escapes, its quotes left out. */
  escaped: 1,
  /** A number written with digits only, perhaps a sign. */
  whole: 2,
  /** A number with fraction or exponent. */
  decimal: 3,
  true: 4,
  false: 5,
  null: 6,
  /** Array, or an object that is not flattened. */
  json: 7,
} as const

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const COMMA = 0x2c
export const COLON = 0x3a
export const MINUS = 0x2d
export const SPACE = 0x20

/** Position of the first byte that is no white space; bytes.length at the end. */
export function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at] as number
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break
    at++
  }
  return at
}

/** Ordinary characters of a string: everything but the quote, the backslash and controls. */
const ORDINARY = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)

/** Position of the byte that ends the ordinary characters from `start` on. */
export function ordinaryEnd(bytes: Uint8Array, start: number): number {
  let at = start
  // An index beyond the end reads undefined, which is no ordinary character either.
  while (ORDINARY[bytes[at] as number] === 1) at++
  return at
}

/** Position of the closing quote of a string whose characters begin at `start`, or a fault. */
export function stringEnd(bytes: Uint8Array, start: number): number {
  let at = ordinaryEnd(bytes, start)
  while (bytes[at] === BACKSLASH) {
    const escape = bytes[at + 1] as number
    if (escape === 0x75) {
      for (let i = at + 2; i < at + 6; i++) if (!isHex(bytes[i])) return ~at
      at += 6
    } else if (ESCAPED[escape] === 1) at += 2
    else return ~at
    at = ordinaryEnd(bytes, at)
  }
  return bytes[at] === QUOTE ? at : ~at
}

const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
)

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

/** End of a number that begins at `start`, or a fault. */
export function numberEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start
  let at = digitsEnd(bytes, first)
  if (at === first || (bytes[first] === 0x30 && at > first + 1)) return ~first
  if (bytes[at] === 0x2e) {
    const fraction = digitsEnd(bytes, at + 1)
    if (fraction === at + 1) return ~fraction
    at = fraction
  }
  if (((bytes[at] as number) | 0x20) === 0x65) {
    at++
    if (bytes[at] === 0x2b || bytes[at] === MINUS) at++
    const exponent = digitsEnd(bytes, at)
    if (exponent === at) return ~at
    at = exponent
  }
  return at
}

export function digitsEnd(bytes: Uint8Array, start: number): number {
  let at = start
  while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  return at
}

/** End of `word` at `start`, or a fault. */
export function wordEnd(bytes: Uint8Array, start: number, word: string): number {
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return ~start
  return start + word.length
}

/** End of the value that begins at `start`, or a fault; `depth` containers are open around it. */
export function valueEnd(bytes: Uint8Array, start: number, depth: number): number {
  switch (bytes[start]) {
    case QUOTE: {
      const end = stringEnd(bytes, start + 1)
      return end < 0 ? end : end + 1
    }
    case OPEN_BRACE:
      return depth >= JSON_DEPTH_MAX ? ~start : objectEnd(bytes, start, depth + 1)
    case OPEN_BRACKET:
      return depth >= JSON_DEPTH_MAX ? ~start : arrayEnd(bytes, start, depth + 1)
    case 0x74:
      return wordEnd(bytes, start, 'true')
    case 0x66:
      return wordEnd(bytes, start, 'false')
    case 0x6e:
      return wordEnd(bytes, start, 'null')
    default:
      return numberEnd(bytes, start)
  }
}

function arrayEnd(bytes: Uint8Array, start: number, depth: number): number {
  let at = skipSpace(bytes, start + 1)
  if (bytes[at] === CLOSE_BRACKET) return at + 1
  for (;;) {
    at = valueEnd(bytes, at, depth)
    if (at < 0) return at
    at = skipSpace(bytes, at)
    if (bytes[at] === CLOSE_BRACKET) return at + 1
    if (bytes[at] !== COMMA) return ~at
    at = skipSpace(bytes, at + 1)
  }
}

function objectEnd(bytes: Uint8Array, start: number, depth: number): number {
  let at = skipSpace(bytes, start + 1)
  if (bytes[at] === CLOSE_BRACE) return at + 1
  for (;;) {
    if (bytes[at] !== QUOTE) return ~at
    at = stringEnd(bytes, at + 1)
    if (at < 0) return at
    at = skipSpace(bytes, at + 1)
    if (bytes[at] !== COLON) return ~at
    at = valueEnd(bytes, skipSpace(bytes, at + 1), depth)
    if (at < 0) return at
    at = skipSpace(bytes, at)
    if (bytes[at] === CLOSE_BRACE) return at + 1
    if (bytes[at] !== COMMA) return ~at
    at = skipSpace(bytes, at + 1)
  }
}

/**
 * True when the fault at `end` is that JSON_DEPTH_MAX containers are open there, counted from
 * `start` without recursion.
 */
export function isTooDeep(bytes: Uint8Array, start: number, end: number): boolean {
  const byte = bytes[end]
  if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) return false
  let depth = 0
  for (let at = start; at < end; at++) {
    if (bytes[at] === QUOTE) at = stringEnd(bytes, at + 1)
    else if (bytes[at] === OPEN_BRACE || bytes[at] === OPEN_BRACKET) depth++
    else if (bytes[at] === CLOSE_BRACE || bytes[at] === CLOSE_BRACKET) depth--
  }
  return depth >= JSON_DEPTH_MAX
}

/**
 * Position after the value at `start`, found by its brackets alone; bytes.length if it never ends.
 */
export function balancedEnd(bytes: Uint8Array, start: number): number {
  let depth = 0
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      at = stringEnd(bytes, at + 1)
      if (at < 0) break
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--
      if (depth === 0) return at + 1
    }
  }
  return bytes.length
}

/** Copies JSON text without the white space around its values: one line, whatever it was. */
export function compactJson(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const compact = new Uint8Array(end - start)
  let length = 0
  let isInString = false
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (!isInString && byte <= 0x20) continue
    if (byte === QUOTE) isInString = !isInString
    compact[length++] = byte
    if (isInString && byte === BACKSLASH) compact[length++] = bytes[++at] as number
  }
  return compact.subarray(0, length)
}
