/** Keys of JSON objects, known by the bytes they are written with. */
import { ATTRIBUTE_KEY_BYTES_MAX } from '#proto/limits.ts'
import type { KeyColumns } from './attribute-table.ts'
import { unescapedText } from './json-string.ts'

/** Fields of a record that are columns of their own; every other key is an attribute. */
export const ROLE = {
  none: -1,
  time: 0,
  level: 1,
  message: 2,
  service: 3,
  host: 4,
  file: 5,
  traceId: 6,
  spanId: 7,
} as const
export const ROLES = 8

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

/** One key at one place of a record. */
export class KeySlot {
  /** As written, with the closing quote: equal bytes are the whole key. */
  readonly raw: Uint8Array
  /** With the keys around it, dotted. */
  readonly key: string
  readonly role: number
  /** Place among the aliases of its role; lower ones win. */
  readonly rank: number
  readonly isTooLong: boolean
  /** Keys of the object that stands here. */
  readonly members: KeyTable
  /** Columns of this key in the batch of that number. */
  columns: KeyColumns | undefined
  batch = -1

  constructor(raw: Uint8Array, key: string, isTop: boolean) {
    this.raw = raw
    this.key = key
    this.role = isTop ? ALIASES.findIndex(aliases => aliases.includes(key)) : ROLE.none
    this.rank = this.role < 0 ? 0 : (ALIASES[this.role] as readonly string[]).indexOf(key)
    this.isTooLong = Buffer.byteLength(key) > ATTRIBUTE_KEY_BYTES_MAX
    this.members = new KeyTable(`${key}.`)
  }
}

/** The keys of one kind of object, and the order in which the last such object had them. */
export class KeyTable {
  /** Slot of each member of the last object: the next one has the same as a rule. */
  readonly order: KeySlot[] = []
  readonly #prefix: string
  readonly #slots = new Map<string, KeySlot>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The slot of the key bytes[start, end), which a quote follows. */
  find(bytes: Uint8Array, start: number, end: number): KeySlot {
    const source = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    const written = source.toString('latin1')
    const known = this.#slots.get(written)
    if (known !== undefined) return known
    const key = this.#prefix + unescapedText(bytes, start, end)
    const slot = new KeySlot(bytes.slice(start, end + 1), key, this.#prefix === '')
    this.#slots.set(written, slot)
    return slot
  }
}
