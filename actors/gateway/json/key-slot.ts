/** Keys of JSON objects, known by the bytes they are written with. */
import { ATTRIBUTE_KEY_BYTES_MAX } from '#proto/limits.ts'
import type { KeyColumns } from './attribute-table.ts'
import { unescapedText } from './json-string.ts'
import { type FieldSlot, ROLE } from './scanned-record.ts'

/** Names of each field; the first one that a record has counts, the others stay attributes. */
const ALIASES: readonly (readonly string[])[] = [
  ['time', 'timestamp', '@timestamp', 'ts'],
  ['level', 'severity', 'lvl'],
  ['message', 'msg', 'log'],
  ['service'],
  ['host'],
  ['file'],
  ['trace_id'],
  ['span_id'],
]

/**
 * Guesses the next key from the last ones that followed here: with optional keys there are two, and
 * a guess costs only the comparison that proves it.
 */
export class KeyGuess<Slot extends { readonly raw: Uint8Array }> {
  #likely: Slot | undefined
  #other: Slot | undefined

  /** The slot whose `raw` bytes stand at bytes[at]; undefined = none of the guesses. */
  match(bytes: Uint8Array, at: number): Slot | undefined {
    if (this.#likely !== undefined && startsWith(bytes, at, this.#likely.raw)) return this.#likely
    if (this.#other !== undefined && startsWith(bytes, at, this.#other.raw)) return this.#other
    return undefined
  }

  learn(slot: Slot): void {
    this.#other = this.#likely
    this.#likely = slot
  }
}

function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false
  return true
}

/** One key at one place of a record. */
export class KeySlot implements FieldSlot {
  /** As written, with the closing quote: equal bytes are the whole key. */
  readonly raw: Uint8Array
  /** With the keys around it, dotted. */
  readonly key: string
  readonly role: number
  /** Place among the aliases of its role; lower ones win. */
  readonly rank: number
  readonly isTooLong: boolean
  /** The key after this one. */
  readonly next = new KeyGuess<KeySlot>()
  /** Columns of this key, once a value of it was taken. */
  columns: KeyColumns | undefined
  readonly #table: KeyTable
  #members: KeyTable | undefined

  constructor(raw: Uint8Array, key: string, table: KeyTable) {
    this.raw = raw
    this.key = key
    this.#table = table
    this.role = table.isTop ? ALIASES.findIndex(names => names.includes(key)) : ROLE.none
    this.rank = this.role < 0 ? 0 : (ALIASES[this.role] as readonly string[]).indexOf(key)
    this.isTooLong = Buffer.byteLength(key) > ATTRIBUTE_KEY_BYTES_MAX
  }

  /** Keys of the object that stands here. */
  get members(): KeyTable {
    this.#members ??= new KeyTable(this.#table.census, `${this.key}.`)
    return this.#members
  }
}

/** Counts the slots of all tables of one scanner. */
export interface KeyCensus {
  slots: number
}

/** The keys of one kind of object. */
export class KeyTable {
  readonly census: KeyCensus
  /** Its first key. */
  readonly first = new KeyGuess<KeySlot>()
  readonly #prefix: string
  readonly #slots = new Map<string, KeySlot>()

  constructor(census: KeyCensus, prefix = '') {
    this.census = census
    this.#prefix = prefix
  }

  /** True for the keys of a record itself. */
  get isTop(): boolean {
    return this.#prefix === ''
  }

  /** The slot of the key bytes[start, end), which a quote follows. */
  find(bytes: Uint8Array, start: number, end: number): KeySlot {
    const source = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    const written = source.toString('latin1')
    const known = this.#slots.get(written)
    if (known !== undefined) return known
    // A key that is too long already does not grow with every level.
    const isLong = this.#prefix.length > ATTRIBUTE_KEY_BYTES_MAX
    const key = isLong ? this.#prefix : this.#prefix + unescapedText(bytes, start, end)
    const slot = new KeySlot(bytes.slice(start, end + 1), key, this)
    this.#slots.set(written, slot)
    this.census.slots++
    return slot
  }
}
