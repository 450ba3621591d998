/** Bitmaps, least significant bit first: bit i is bits[i >> 3] & (1 << (i & 7)). */

/** True when bit `index` is set. */
export function isSet(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] as number) & (1 << (index & 7))) !== 0
}

/** Number of set bits. */
export function countBits(bits: Uint8Array): number {
  let count = 0
  for (let i = 0; i < bits.length; i++) count += BITS_OF_BYTE[bits[i] as number] as number
  return count
}

const BITS_OF_BYTE = new Uint8Array(256)
for (let i = 1; i < 256; i++) BITS_OF_BYTE[i] = (i & 1) + (BITS_OF_BYTE[i >> 1] as number)

/** What keeps a bitmap of `count` bits from being sound: a wrong size or a bit beyond the last. */
export function bitmapFault(bits: Uint8Array, count: number): string | null {
  if (bits.length !== bitmapBytes(count)) return 'a bitmap of the wrong size'
  const used = count & 7
  if (used !== 0 && (bits[bits.length - 1] as number) >> used !== 0)
    return 'bits beyond its last value'
  return null
}

/** Bytes of a bitmap with `count` bits. */
export function bitmapBytes(count: number): number {
  return (count + 7) >> 3
}

/** One byte, 0 or 1, for each of the first `count` bits. */
export function bytesOfBits(bits: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  for (let i = 0; i < count; i++) bytes[i] = ((bits[i >> 3] as number) >> (i & 7)) & 1
  return bytes
}

/** The bits [start, end) as a bitmap of their own. */
export function sliceBits(bits: Uint8Array, start: number, end: number): Uint8Array {
  const count = end - start
  const slice = new Uint8Array(bitmapBytes(count))
  const shift = start & 7
  const first = start >> 3
  for (let i = 0; i < slice.length; i++) {
    const low = (bits[first + i] as number) >> shift
    slice[i] = low | ((bits[first + i + 1] ?? 0) << (8 - shift))
  }
  const used = count & 7
  if (used !== 0) slice[slice.length - 1] = (slice[slice.length - 1] as number) & ((1 << used) - 1)
  return slice
}
