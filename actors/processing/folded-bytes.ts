/** Texts compared as bytes, without regard to ASCII case and without making strings of them. */
import type { TextColumn } from '#proto/columns.ts'

/** Each byte with A-Z as a-z. UTF-8 keeps all other code points out of these values. */
export const FOLD: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
)

const encoder = new TextEncoder()

/** The bytes of `text` with A-Z as a-z: what the functions below compare with. */
export function foldedBytes(text: string): Uint8Array {
  return encoder.encode(text).map(byte => FOLD[byte] as number)
}

/** True when heap[start, end) equals `folded` without regard to ASCII case. */
export function equalsFolded(
  heap: Uint8Array,
  start: number,
  end: number,
  folded: Uint8Array,
): boolean {
  return end - start === folded.length && startsFolded(heap, start, folded)
}

/** The same for a prefix; the caller knows that the heap reaches so far. */
export function startsFolded(heap: Uint8Array, start: number, folded: Uint8Array): boolean {
  for (let i = 0; i < folded.length; i++) {
    if (FOLD[heap[start + i] as number] !== folded[i]) return false
  }
  return true
}

/** Finds `folded` within [from, to) of a heap; answers its start or -1. */
export type ByteSearch = (heap: Uint8Array, from: number, to: number) => number

/**
 * Horspool's search with a shift table that knows both cases of a letter: it looks at about one
 * byte in `folded.length`, which is why no heap is ever copied into lower case.
 */
export function compileSearch(folded: Uint8Array): ByteSearch {
  const last = folded.length - 1
  const shifts = new Uint8Array(256).fill(Math.min(folded.length, 255))
  for (let i = 0; i < last; i++) setShift(shifts, folded[i] as number, Math.min(last - i, 255))
  const lastShift = shifts[folded[last] as number] as number
  setShift(shifts, folded[last] as number, 0)
  return (heap, from, to) => {
    let at = from + last
    while (at < to) {
      const shift = shifts[heap[at] as number] as number
      if (shift > 0) {
        at += shift
        continue
      }
      let i = last - 1
      while (i >= 0 && FOLD[heap[at - last + i] as number] === folded[i]) i--
      if (i < 0) return at - last
      at += lastShift
    }
    return -1
  }
}

function setShift(shifts: Uint8Array, folded: number, shift: number): void {
  shifts[folded] = shift
  if (folded >= 0x61 && folded <= 0x7a) shifts[folded - 0x20] = shift
}

/** A byte order mark is a character of a text like any other. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** UTF-8 heap[start, end) as a string, for the few places where an exact answer needs one. */
export function bytesText(heap: Uint8Array, start: number, end: number): string {
  return decoder.decode(heap.subarray(start, end))
}

/** Entry `entry` of a column as a string. */
export function entryText({ heap, offsets }: TextColumn, entry: number): string {
  return bytesText(heap, offsets[entry] as number, offsets[entry + 1] as number)
}
