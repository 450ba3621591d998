/** UTF-8 without node: checks, lengths and short texts, for every place that only has bytes. */

/**
 * Answers whether bytes are valid UTF-8. The server passes `isUtf8` of node:buffer, ten times as
 * fast.
 */
export type Utf8Check = (bytes: Uint8Array) => boolean

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** The check that runs everywhere. */
export function isUtf8ByDecoder(bytes: Uint8Array): boolean {
  if (isAscii(bytes, 0, bytes.length)) return true
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** True when no byte of bytes[start, end) is above 0x7f. */
export function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0
  for (let i = start; i < end; i++) seen |= bytes[i] as number
  return seen < 0x80
}

/** True when a character may start at `at`, so that valid UTF-8 may be cut there. */
export function isCharacterStart(bytes: Uint8Array, at: number): boolean {
  return at >= bytes.length || ((bytes[at] as number) & 0xc0) !== 0x80
}

/** Text of bytes[start, end); short ASCII, as keys and names are, takes no decoder. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > SHORT_BYTES_MAX || !isAscii(bytes, start, end)) {
    return lenient.decode(bytes.subarray(start, end))
  }
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number)
  return text
}

const SHORT_BYTES_MAX = 24

/** Bytes that a text takes as UTF-8; a lone surrogate takes three, as TextEncoder writes it. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (isSurrogatePair(text, i, unit)) {
      bytes += 2
      i++
    } else bytes += 2
  }
  return bytes
}

/**
 * True when a text takes more than `max` bytes; looks at its characters only where that is not
 * clear.
 */
export function isLongerThan(text: string, max: number): boolean {
  if (text.length * 3 <= max) return false
  return text.length > max || utf8Length(text) > max
}

function isSurrogatePair(text: string, at: number, unit: number): boolean {
  if (unit < 0xd800 || unit > 0xdbff) return false
  const next = text.charCodeAt(at + 1)
  return next >= 0xdc00 && next <= 0xdfff
}
