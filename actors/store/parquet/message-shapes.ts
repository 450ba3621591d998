import type { RowColumns } from '#proto/columns.ts'
import { entryOf } from '#proto/columns.ts'

/**
 * The shape of a message: its first words without digits, hashed. Messages of one template nearly
 * always share it. Only a guess that decides the order of rows: nothing reads it back.
 */
export interface MessageShapes {
  /** Of the first word. */
  readonly coarse: Int32Array
  /** Of the first eight words. */
  readonly fine: Int32Array
}

const WORDS_MAX = 8
/** Where a template has not shown itself by then, it will not later. */
const BYTES_MAX = 120

const OTHER = 0
const LETTER = 1
const DIGIT = 2
const CLASSES = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) {
  const character = String.fromCharCode(byte)
  const kind = byte >= 0x80 || /[A-Za-z_]/u.test(character) ? LETTER : OTHER
  CLASSES[byte] = /\d/u.test(character) ? DIGIT : kind
}

export function shapeMessages(parts: readonly RowColumns[], rowCount: number): MessageShapes {
  const shapes = { coarse: new Int32Array(rowCount), fine: new Int32Array(rowCount) }
  let row = 0
  for (const { message, count } of parts) {
    for (let index = 0; index < count; index++) {
      const entry = entryOf(message, index)
      const start = message.offsets[entry] as number
      const end = message.offsets[entry + 1] as number
      shapeMessage(message.heap, start, Math.min(end, start + BYTES_MAX), shapes, row++)
    }
  }
  return shapes
}

function shapeMessage(
  heap: Uint8Array,
  start: number,
  end: number,
  shapes: MessageShapes,
  row: number,
): void {
  let shape = 0
  let words = 0
  let at = start
  while (at < end && words < WORDS_MAX) {
    let hash = 0
    let hasDigit = 0
    for (; at < end; at++) {
      const byte = heap[at] as number
      const kind = CLASSES[byte] as number
      if (kind === OTHER) break
      hash = Math.imul(hash ^ byte, 0x01000193)
      hasDigit |= kind
    }
    at++
    if (hash === 0 || (hasDigit & DIGIT) !== 0) continue
    shape = Math.imul(shape ^ hash, 0x85ebca6b)
    if (words++ === 0) shapes.coarse[row] = shape
  }
  shapes.fine[row] = shape
}
