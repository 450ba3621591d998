/** Strings of JSON as UTF-8: escapes resolved without a JavaScript string between. */
import { BACKSLASH } from './json-scan.ts'

/** Writes the characters of bytes[start, end) to `into` at `at`; answers the end. Never longer. */
export function unescapeTo(
  into: Uint8Array,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let to = at
  let from = start
  while (from < end) {
    const byte = bytes[from] as number
    if (byte !== BACKSLASH) {
      into[to++] = byte
      from++
      continue
    }
    const escape = bytes[from + 1] as number
    if (escape !== 0x75) {
      into[to++] = SHORT.get(escape) ?? escape
      from += 2
      continue
    }
    let code = hex4(bytes, from + 2)
    from += 6
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = isPair(bytes, from, end, code) ? hex4(bytes, from + 2) : 0
      // Half of a pair is no character: what UTF-8 decoders put in its place.
      code = low === 0 ? 0xfffd : 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      if (low !== 0) from += 6
    }
    to = writeCodePoint(into, to, code)
  }
  return to
}

/** Text of bytes[start, end) as a JavaScript string. */
export function unescapedText(bytes: Uint8Array, start: number, end: number): string {
  const into = new Uint8Array(end - start)
  return decoder.decode(into.subarray(0, unescapeTo(into, 0, bytes, start, end)))
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

const SHORT = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
])

function isPair(bytes: Uint8Array, at: number, end: number, high: number): boolean {
  if (high > 0xdbff || at + 6 > end) return false
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== 0x75) return false
  const low = hex4(bytes, at + 2)
  return low >= 0xdc00 && low <= 0xdfff
}

function hex4(bytes: Uint8Array, at: number): number {
  let code = 0
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] as number
    code = code * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57)
  }
  return code
}

function writeCodePoint(into: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    into[at] = code
    return at + 1
  }
  if (code < 0x800) {
    into[at] = 0xc0 | (code >> 6)
    into[at + 1] = 0x80 | (code & 0x3f)
    return at + 2
  }
  if (code < 0x10000) {
    into[at] = 0xe0 | (code >> 12)
    into[at + 1] = 0x80 | ((code >> 6) & 0x3f)
    into[at + 2] = 0x80 | (code & 0x3f)
    return at + 3
  }
  into[at] = 0xf0 | (code >> 18)
  into[at + 1] = 0x80 | ((code >> 12) & 0x3f)
  into[at + 2] = 0x80 | ((code >> 6) & 0x3f)
  into[at + 3] = 0x80 | (code & 0x3f)
  return at + 4
}
