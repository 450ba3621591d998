/** Keys of OpenTelemetry's attributes, known by the bytes they are written with. */
import { isUtf8 } from 'node:buffer'
import { ATTRIBUTE_KEY_BYTES_MAX } from '#proto/limits.ts'
import { textOf } from '#proto/utf8.ts'
import type { KeyColumns } from '../json/attribute-table.ts'
import { KeyGuess } from '../json/key-slot.ts'
import { type FieldSlot, ROLE } from '../json/scanned-record.ts'

/** Which record has a key last, and in which of its layers. */
export interface KeyMark {
  record: number
  layer: number
}

/** All keys by their dotted names: `a.b` may be written as such, or as `b` in a list named `a`. */
class KeyCensus {
  slots = 0
  readonly #marks = new Map<string, KeyMark>()

  mark(key: string): KeyMark {
    const known = this.#marks.get(key)
    if (known !== undefined) return known
    const made = { record: 0, layer: 0 }
    this.#marks.set(key, made)
    return made
  }
}

/** One key at one place of a record. */
export class OtlpKey implements FieldSlot {
  /** Length and text, as they were written. */
  readonly raw: Uint8Array
  readonly key: string
  readonly role = ROLE.none
  readonly isTooLong: boolean
  readonly isText: boolean
  columns: KeyColumns | undefined
  /** The key after this one. */
  readonly next = new KeyGuess<OtlpKey>()
  readonly mark: KeyMark
  readonly #census: KeyCensus
  #members: OtlpKeys | undefined

  constructor(raw: Uint8Array, name: Uint8Array, keys: OtlpKeys) {
    this.raw = raw
    // A key that is too long already does not grow with every level.
    const isLong = keys.prefix.length > ATTRIBUTE_KEY_BYTES_MAX
    this.key = isLong ? keys.prefix : keys.prefix + textOf(name, 0, name.length)
    this.isTooLong = Buffer.byteLength(this.key) > ATTRIBUTE_KEY_BYTES_MAX
    this.isText = isUtf8(name)
    this.#census = keys.census
    this.mark = keys.census.mark(this.key)
  }

  /** Keys of the list that stands here. */
  get members(): OtlpKeys {
    this.#members ??= new OtlpKeys(this.#census, `${this.key}.`)
    return this.#members
  }
}

/** The keys of one kind of list. */
export class OtlpKeys {
  readonly census: KeyCensus
  readonly prefix: string
  /** Its first key. */
  readonly first = new KeyGuess<OtlpKey>()
  readonly #slots = new Map<string, OtlpKey>()

  constructor(census = new KeyCensus(), prefix = '') {
    this.census = census
    this.prefix = prefix
  }

  /** The key bytes[start, end), whose length stands before it from `lengthAt` on. */
  find(bytes: Uint8Array, lengthAt: number, start: number, end: number): OtlpKey {
    const written = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    return this.#of(written, bytes.slice(lengthAt, end))
  }

  /** A key that is not written where it belongs. */
  named(name: string): OtlpKey {
    return this.#of(Buffer.from(name), Buffer.from([name.length, ...Buffer.from(name)]))
  }

  #of(name: Buffer, raw: Uint8Array): OtlpKey {
    const text = name.toString('latin1')
    const known = this.#slots.get(text)
    if (known !== undefined) return known
    const slot = new OtlpKey(raw, name, this)
    this.#slots.set(text, slot)
    this.census.slots++
    return slot
  }
}
