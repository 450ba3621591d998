/**
 * JSON as text: writing any JavaScript value without ever throwing, and proving bytes without
 * parsing.
 */
import { JSON_DEPTH_MAX } from './limits.ts'

/**
 * A value as JSON text. Unlike JSON.stringify it keeps integers of any size, does not throw on
 * cycles or getters that do, and turns what JSON does not know (functions, NaN) into null.
 */
export function jsonText(value: unknown): string {
  return write(value, [])
}

function write(value: unknown, path: object[]): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' && value !== null ? writeObject(value, path) : 'null'
}

function writeObject(value: object, path: object[]): string {
  if (path.includes(value)) return '"[circular]"'
  if (path.length >= JSON_DEPTH_MAX) return '"[too deep]"'
  path.push(value)
  let text: string
  try {
    const plain = 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : value
    if (plain !== value) text = write(plain, path)
    else if (Array.isArray(value)) text = `[${value.map(item => write(item, path)).join(',')}]`
    else text = writeMembers(value, path)
  } catch {
    text = '"[unreadable]"'
  }
  path.pop()
  return text
}

function writeMembers(value: object, path: object[]): string {
  const members: string[] = []
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || typeof item === 'function') continue
    members.push(`${JSON.stringify(key)}:${write(item, path)}`)
  }
  return `{${members.join(',')}}`
}

/**
 * True when bytes[start, end) are one JSON value (RFC 8259); nested deeper than JSON_DEPTH_MAX is
 * false.
 */
export function isJson(bytes: Uint8Array, start: number, end: number): boolean {
  const after = valueEnd(bytes, skipSpace(bytes, start, end), end, 0)
  return after >= 0 && skipSpace(bytes, after, end) === end
}

const NOT_JSON = -1
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Position after the value that starts at `at`, or NOT_JSON. */
function valueEnd(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (at >= end || depth > JSON_DEPTH_MAX) return NOT_JSON
  switch (bytes[at]) {
    case QUOTE:
      return stringEnd(bytes, at, end)
    case 0x7b:
      return membersEnd(bytes, at + 1, end, { depth, close: 0x7d, keyed: true })
    case 0x5b:
      return membersEnd(bytes, at + 1, end, { depth, close: 0x5d, keyed: false })
    case 0x74:
      return wordEnd(bytes, at, end, 'true')
    case 0x66:
      return wordEnd(bytes, at, end, 'false')
    case 0x6e:
      return wordEnd(bytes, at, end, 'null')
    default:
      return numberEnd(bytes, at, end)
  }
}

interface Container {
  readonly depth: number
  readonly close: number
  readonly keyed: boolean
}

function membersEnd(bytes: Uint8Array, start: number, end: number, container: Container): number {
  let at = skipSpace(bytes, start, end)
  if (bytes[at] === container.close && at < end) return at + 1
  for (;;) {
    if (container.keyed) {
      at = stringEnd(bytes, at, end)
      if (at < 0) return NOT_JSON
      at = skipSpace(bytes, at, end)
      if (at >= end || bytes[at] !== 0x3a) return NOT_JSON
      at = skipSpace(bytes, at + 1, end)
    }
    at = valueEnd(bytes, at, end, container.depth + 1)
    if (at < 0) return NOT_JSON
    at = skipSpace(bytes, at, end)
    if (at >= end) return NOT_JSON
    const byte = bytes[at]
    if (byte === container.close) return at + 1
    if (byte !== 0x2c) return NOT_JSON
    at = skipSpace(bytes, at + 1, end)
  }
}

function stringEnd(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || bytes[start] !== QUOTE) return NOT_JSON
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) return at + 1
    if (byte < 0x20) return NOT_JSON
    if (byte !== BACKSLASH) continue
    at++
    if (at >= end) return NOT_JSON
    if (bytes[at] === 0x75) {
      for (let i = 1; i <= 4; i++) if (at + i >= end || !isHex(bytes[at + i])) return NOT_JSON
      at += 4
    } else if (!ESCAPES.has(bytes[at] as number)) return NOT_JSON
  }
  return NOT_JSON
}

const ESCAPES = new Set(Array.from('"\\/bfnrt', character => character.charCodeAt(0)))

function wordEnd(bytes: Uint8Array, start: number, end: number, word: string): number {
  if (end - start < word.length) return NOT_JSON
  for (let i = 0; i < word.length; i++) {
    if (bytes[start + i] !== word.charCodeAt(i)) return NOT_JSON
  }
  return start + word.length
}

function numberEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start
  const whole = digitsEnd(bytes, at, end)
  if (whole === at || (bytes[at] === 0x30 && whole > at + 1)) return NOT_JSON
  at = whole
  if (at < end && bytes[at] === 0x2e) {
    const fraction = digitsEnd(bytes, at + 1, end)
    if (fraction === at + 1) return NOT_JSON
    at = fraction
  }
  if (at < end && ((bytes[at] as number) | 0x20) === 0x65) {
    at++
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++
    const exponent = digitsEnd(bytes, at, end)
    if (exponent === at) return NOT_JSON
    at = exponent
  }
  return at
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++
  return at
}

function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    at++
  }
  return at
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}
