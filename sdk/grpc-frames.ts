/**
 * gRPC's own framing: every message of a stream is `compressed 0 | length, 4 bytes big endian |
 * bytes`.
 */

export const FRAME_HEAD_BYTES = 5

/** The server's messages are acknowledgements: a larger one is no gRPC at all. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024

/** Writes the head of a frame whose message follows in the same bytes. */
export function writeFrameHead(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, FRAME_HEAD_BYTES)
  view.setUint8(0, 0)
  view.setUint32(1, frame.length - FRAME_HEAD_BYTES)
}

/** A message with its head. */
export function frameOf(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + message.length)
  frame.set(message, FRAME_HEAD_BYTES)
  writeFrameHead(frame)
  return frame
}

/** Cuts messages out of bytes that come in any pieces. */
export class FrameReader {
  private rest = new Uint8Array(0)

  /** The messages that are complete now; throws where the bytes are not gRPC. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.rest.length === 0 ? chunk : joined(this.rest, chunk)
    const messages: Uint8Array[] = []
    let at = 0
    while (bytes.length - at >= FRAME_HEAD_BYTES) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEAD_BYTES)
      const length = view.getUint32(1)
      if (view.getUint8(0) !== 0) throw new Error('compressed messages were not asked for')
      if (length > MESSAGE_BYTES_MAX) throw new Error(`a message of ${length} bytes`)
      if (bytes.length - at - FRAME_HEAD_BYTES < length) break
      at += FRAME_HEAD_BYTES
      messages.push(bytes.subarray(at, at + length))
      at += length
    }
    this.rest = bytes.slice(at)
    return messages
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
