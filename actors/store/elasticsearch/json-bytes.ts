/** JSON as bytes: texts of heaps are escaped on the way, never made into strings. */
import type { ByteSink } from '../parquet/byte-sink.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const encoder = new TextEncoder()

/** Bytes written again and again. */
export function fragment(text: string): Uint8Array {
  return encoder.encode(text)
}

/** How a byte stands in a JSON string: 0 = as it is, 1 = as \u00xx, else the letter after `\`. */
const ESCAPES = new Uint8Array(256)
ESCAPES.fill(1, 0, 0x20)
for (const [byte, letter] of ['\bb', '\tt', '\nn', '\ff', '\rr', '""', '\\\\'].map(pair => [
  pair.charCodeAt(0),
  pair.charCodeAt(1),
])) {
  ESCAPES[byte as number] = letter as number
}
/** The longest form of one byte: \u00xx. */
const ESCAPED_BYTES_MAX = 6
const HEX = fragment('0123456789abcdef')

/** Writes heap[start, end) (UTF-8) as a JSON string with its quotation marks. */
export function writeText(sink: ByteSink, heap: Uint8Array, start: number, end: number): void {
  sink.room((end - start) * ESCAPED_BYTES_MAX + 2)
  const { bytes } = sink
  let at = sink.at
  bytes[at++] = QUOTE
  for (let i = start; i < end; i++) {
    const byte = heap[i] as number
    const escape = ESCAPES[byte] as number
    if (escape === 0) {
      bytes[at++] = byte
      continue
    }
    bytes[at++] = BACKSLASH
    if (escape !== 1) {
      bytes[at++] = escape
      continue
    }
    bytes[at] = 0x75
    bytes[at + 1] = 0x30
    bytes[at + 2] = 0x30
    bytes[at + 3] = HEX[byte >> 4] as number
    bytes[at + 4] = HEX[byte & 15] as number
    at += 5
  }
  bytes[at++] = QUOTE
  sink.at = at
}

/** Below it a loop is faster than the call of the engine's own copy. */
const LOOP_BYTES_MAX = 32

/** Writes bytes as they are. */
export function writeBytes(sink: ByteSink, part: Uint8Array): void {
  sink.room(part.length)
  const { bytes } = sink
  let at = sink.at
  if (part.length > LOOP_BYTES_MAX) bytes.set(part, at)
  else for (let i = 0; i < part.length; i++) bytes[at + i] = part[i] as number
  at += part.length
  sink.at = at
}

/** Writes an ASCII string as it is: numbers. */
export function writeAscii(sink: ByteSink, text: string): void {
  sink.room(text.length)
  const { bytes } = sink
  let at = sink.at
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
  sink.at = at
}

/** Writes `width` bytes of a heap as a string of lower-case hex digits. */
export function writeHex(sink: ByteSink, heap: Uint8Array, start: number, width: number): void {
  sink.room(width * 2 + 2)
  const { bytes } = sink
  let at = sink.at
  bytes[at++] = QUOTE
  for (let i = start; i < start + width; i++) {
    const byte = heap[i] as number
    bytes[at++] = HEX[byte >> 4] as number
    bytes[at++] = HEX[byte & 15] as number
  }
  bytes[at++] = QUOTE
  sink.at = at
}
