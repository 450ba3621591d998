/** Bodies as they come over HTTP, unpacked with a bound that a small bomb cannot pass. */
import {
  type BrotliOptions,
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
  zstdDecompressSync,
} from 'node:zlib'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { zstdFrames } from './zstd-frames.ts'

export const BODY_ENCODINGS = ['identity', 'gzip', 'zstd', 'deflate', 'br'] as const
export type BodyEncoding = (typeof BODY_ENCODINGS)[number]

export type Inflated =
  | { readonly type: 'body'; readonly bytes: Uint8Array }
  | { readonly type: 'too-large' }
  | { readonly type: 'damaged'; readonly reason: string }

/** Unpacks a body; stops one chunk after BODY_BYTES_MAX. */
export function inflate(bytes: Uint8Array, encoding: BodyEncoding): Inflated {
  if (encoding === 'identity') {
    return bytes.length > BODY_BYTES_MAX ? { type: 'too-large' } : { type: 'body', bytes }
  }
  try {
    return encoding === 'zstd' ? inflateZstd(bytes) : inflateWhole(bytes, encoding)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return { type: 'too-large' }
    return { type: 'damaged', reason: `not ${encoding}: ${message}` }
  }
}

/** node:zlib passes over what follows the end of a stream; of a body that would be lost logs. */
function inflateWhole(bytes: Uint8Array, encoding: 'gzip' | 'deflate' | 'br'): Inflated {
  const unpack = unpackerOf(bytes, encoding)
  const unpacked: unknown = unpack(bytes, { maxOutputLength: BODY_BYTES_MAX, info: true })
  const { buffer, engine } = unpacked as Unpacked
  if (engine.bytesWritten === bytes.length) return { type: 'body', bytes: buffer }
  const reason = `not ${encoding}: it ends at byte ${engine.bytesWritten} of ${bytes.length}`
  return { type: 'damaged', reason }
}

/** What node:zlib answers with `info`, which its types do not know. */
interface Unpacked {
  readonly buffer: Buffer
  /** `bytesWritten` = bytes of the input that were used. */
  readonly engine: { readonly bytesWritten: number }
}

type Unpack = (bytes: Uint8Array, options: ZlibOptions & BrotliOptions) => Buffer

function unpackerOf(bytes: Uint8Array, encoding: 'gzip' | 'deflate' | 'br'): Unpack {
  if (encoding === 'gzip') return gunzipSync
  if (encoding === 'br') return brotliDecompressSync
  return isZlib(bytes) ? inflateSync : inflateRawSync
}

/**
 * `deflate` means a zlib stream (RFC 9110), but some clients send the raw one. No encoder's raw
 * stream begins like a zlib header (RFC 1950): it would be a stored block with its padding set.
 */
function isZlib(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
}

function inflateZstd(bytes: Uint8Array): Inflated {
  const frames = zstdFrames(bytes)
  if (frames === null) return { type: 'damaged', reason: 'not zstd: cut short or not whole frames' }
  const parts: Buffer[] = []
  let rest = BODY_BYTES_MAX
  for (const frame of frames) {
    const part = zstdDecompressSync(frame, { maxOutputLength: Math.max(1, rest) })
    rest -= part.length
    if (rest < 0) return { type: 'too-large' }
    parts.push(part)
  }
  return { type: 'body', bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) }
}
