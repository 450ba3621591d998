/**
 * Walks one JSON object in its bytes and notes where its values stand, nested ones under dotted
 * keys. Nothing is taken before the whole record has been seen to be sound.
 */
import { ATTRIBUTES_MAX } from '#proto/limits.ts'
import { isHexId } from './byte-column.ts'
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  KIND,
  MINUS,
  numberEnd,
  OPEN_BRACE,
  OPEN_BRACKET,
  ordinaryEnd,
  QUOTE,
  SPACE,
  skipSpace,
  stringEnd,
  valueEnd,
  wordEnd,
} from './json-scan.ts'
import { unescapeTo } from './json-string.ts'
import { type KeySlot, KeyTable } from './key-slot.ts'
import { ROLE, ROLES, type ScannedRecord } from './scanned-record.ts'

/** Attributes, and one value for each field. */
export const LEAVES_MAX = ATTRIBUTES_MAX + ROLES
/** Objects nested deeper become JSON text, as in the SDK. */
export const FLATTEN_DEPTH_MAX = 16
/** More keys than that are forgotten between two records: someone makes them up. */
export const SLOTS_MAX = 8_192

export class RecordScanner implements ScannedRecord {
  readonly bytes: Uint8Array
  readonly slots: KeySlot[] = []
  readonly kinds = new Uint8Array(LEAVES_MAX)
  readonly starts = new Int32Array(LEAVES_MAX)
  readonly ends = new Int32Array(LEAVES_MAX)
  count = 0
  readonly chosen = new Int32Array(ROLES)
  /** Why the record, sound as JSON, cannot be taken. */
  refusal: string | null = null
  #keys = new KeyTable({ slots: 0 })

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Scans the object at `start`; answers its end, or the complement of where it is no JSON. */
  scan(start: number): number {
    this.count = 0
    this.refusal = null
    this.chosen.fill(-1)
    if (this.#keys.census.slots > SLOTS_MAX) this.#keys = new KeyTable({ slots: 0 })
    const end = this.#members(start, this.#keys, 0)
    // What is refused is passed over without making slots of millions of keys.
    return this.refusal === null ? end : valueEnd(this.bytes, start, 0)
  }

  quoted(leaf: number): Uint8Array {
    return this.bytes.subarray((this.starts[leaf] as number) - 1, (this.ends[leaf] as number) + 1)
  }

  #members(start: number, keys: KeyTable, depth: number): number {
    const { bytes } = this
    let at = skipSpace(bytes, start + 1)
    if (bytes[at] === CLOSE_BRACE) return at + 1
    let guess = keys.first
    for (;;) {
      if (bytes[at] !== QUOTE) return ~at
      at++
      let slot = guess.match(bytes, at)
      if (slot === undefined) {
        const end = stringEnd(bytes, at)
        if (end < 0) return end
        slot = keys.find(bytes, at, end)
        guess.learn(slot)
      }
      guess = slot.next
      at += slot.raw.length
      if (bytes[at] !== COLON) {
        at = skipSpace(bytes, at)
        if (bytes[at] !== COLON) return ~at
      }
      at++
      if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at)
      at = this.#value(at, slot, depth)
      if (at < 0 || this.refusal !== null) return at
      if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at)
      const byte = bytes[at]
      if (byte === CLOSE_BRACE) return at + 1
      if (byte !== COMMA) return ~at
      at++
      if ((bytes[at] as number) <= 0x20) at = skipSpace(bytes, at)
    }
  }

  #value(at: number, slot: KeySlot, depth: number): number {
    const { bytes } = this
    switch (bytes[at]) {
      case QUOTE: {
        let end = ordinaryEnd(bytes, at + 1)
        if (bytes[end] === QUOTE) {
          this.#leaf(slot, KIND.plain, at + 1, end)
          return end + 1
        }
        end = stringEnd(bytes, at + 1)
        if (end < 0) return end
        this.#leaf(slot, KIND.escaped, at + 1, end)
        return end + 1
      }
      case OPEN_BRACE:
        return this.#object(at, slot, depth)
      case OPEN_BRACKET:
        return this.#leafTo(slot, KIND.json, at, valueEnd(bytes, at, depth + 1))
      case 0x74:
        return this.#leafTo(slot, KIND.true, at, wordEnd(bytes, at, 'true'))
      case 0x66:
        return this.#leafTo(slot, KIND.false, at, wordEnd(bytes, at, 'false'))
      case 0x6e:
        return this.#leafTo(slot, KIND.null, at, wordEnd(bytes, at, 'null'))
      default: {
        const end = numberEnd(bytes, at)
        if (end < 0) return end
        const kind = isWhole(bytes, at, end) ? KIND.whole : KIND.decimal
        this.#leaf(slot, kind, at, end)
        return end
      }
    }
  }

  #object(at: number, slot: KeySlot, depth: number): number {
    const { bytes } = this
    const inside = skipSpace(bytes, at + 1)
    if (depth >= FLATTEN_DEPTH_MAX || bytes[inside] === CLOSE_BRACE) {
      return this.#leafTo(slot, KIND.json, at, valueEnd(bytes, at, depth + 1))
    }
    return this.#members(at, slot.members, depth + 1)
  }

  #leafTo(slot: KeySlot, kind: number, start: number, end: number): number {
    if (end >= 0) this.#leaf(slot, kind, start, end)
    return end
  }

  #leaf(slot: KeySlot, kind: number, start: number, end: number): void {
    if (this.count === LEAVES_MAX) {
      this.refusal ??= `more than ${ATTRIBUTES_MAX} attributes`
      return
    }
    const leaf = this.count++
    this.slots[leaf] = slot
    this.kinds[leaf] = kind
    this.starts[leaf] = start
    this.ends[leaf] = end
    if (slot.role !== ROLE.none && isUsable(slot.role, kind, this.bytes, start, end)) {
      const other = this.chosen[slot.role] as number
      if (other < 0 || (this.slots[other] as KeySlot).rank > slot.rank) {
        this.chosen[slot.role] = leaf
      }
    }
  }
}

/**
 * Whether a value can be the field; if not it stays an attribute, and the next alias has its turn.
 */
function isUsable(
  role: number,
  kind: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  switch (role) {
    case ROLE.time:
    case ROLE.level:
      return kind <= KIND.decimal && !isBlank(kind, bytes, start, end)
    case ROLE.traceId:
      return kind <= KIND.escaped && isHexText(kind, bytes, start, end, 32)
    case ROLE.spanId:
      return kind <= KIND.escaped && isHexText(kind, bytes, start, end, 16)
    default:
      return kind <= KIND.false
  }
}

function isHexText(
  kind: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  digits: number,
): boolean {
  if (kind === KIND.plain) return isHexId(bytes, start, end, digits)
  const text = unescaped(bytes, start, end)
  return isHexId(text, 0, text.length, digits)
}

/** A text that says nothing: shippers send `"time":""` for what they do not know. */
function isBlank(kind: number, bytes: Uint8Array, start: number, end: number): boolean {
  if (kind === KIND.escaped) return unescaped(bytes, start, end).every(byte => byte === SPACE)
  for (let at = start; at < end; at++) if (bytes[at] !== SPACE) return false
  return true
}

function unescaped(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const text = new Uint8Array(end - start)
  return text.subarray(0, unescapeTo(text, 0, bytes, start, end))
}

function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte > 0x39 || (byte < 0x30 && byte !== MINUS)) return false
  }
  return true
}
