/** Bodies as they come over HTTP, unpacked with a bound that a small bomb cannot pass. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { BODY_BYTES_MAX } from '#proto/limits.ts'
import { zstdFrames } from './zstd-frames.ts'

export type BodyEncoding = 'identity' | 'gzip' | 'zstd'

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
    if (encoding === 'gzip') {
      return { type: 'body', bytes: gunzipSync(bytes, { maxOutputLength: BODY_BYTES_MAX }) }
    }
    return inflateZstd(bytes)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') return { type: 'too-large' }
    return { type: 'damaged', reason: `not ${encoding}: ${message}` }
  }
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
