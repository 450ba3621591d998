/**
 * The frames of a zstd body (RFC 8878 section 3.1). node:zlib takes a cut frame for the end and
 * looks at the first frame only, so both are found here, by walking the headers:
 *
 *   frame = magic (4) | descriptor (1) | window, dictionary, size | block* | checksum (0 or 4)
 *   block = last (1 bit) type (2 bits) size (21 bits), little endian | content
 *   skippable frame = 184D2A5x (4) | size (4) | content
 */

const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const DICTIONARY_BYTES = [0, 1, 2, 4] as const
const SIZE_BYTES = [0, 2, 4, 8] as const
const BLOCK_HEADER_BYTES = 3
const BLOCK_RLE = 1
const BLOCK_RESERVED = 3
/** Each frame costs a call; whoever sends more of them wants to keep us busy. */
const FRAMES_MAX = 1_024

/** The frames with content, in order; null = the bytes are no whole frames. */
export function zstdFrames(bytes: Uint8Array): Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const frames: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return null
    const magic = view.getUint32(at, true)
    const isSkippable = (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC
    if (magic !== MAGIC && !isSkippable) return null
    const end = isSkippable ? at + 8 + view.getUint32(at + 4, true) : frameEnd(bytes, at)
    if (end > bytes.length) return null
    if (!isSkippable && frames.push(bytes.subarray(at, end)) > FRAMES_MAX) return null
    at = end
  }
  return frames.length === 0 ? null : frames
}

/** End of the frame at `start`; Infinity when it is cut or no frame. */
function frameEnd(bytes: Uint8Array, start: number): number {
  const descriptor = bytes[start + 4] as number
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (SIZE_BYTES[sizeFlag] as number)
  let at = start + 5 + (isSingleSegment ? 0 : 1) + sizeBytes
  at += DICTIONARY_BYTES[descriptor & 3] as number
  for (;;) {
    if (at + BLOCK_HEADER_BYTES > bytes.length) return Number.POSITIVE_INFINITY
    const header =
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)
    const type = (header >> 1) & 3
    if (type === BLOCK_RESERVED) return Number.POSITIVE_INFINITY
    at += BLOCK_HEADER_BYTES + (type === BLOCK_RLE ? 1 : header >> 3)
    if ((header & 1) === 1) return at + ((descriptor & 4) === 0 ? 0 : 4)
  }
}
