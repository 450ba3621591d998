/** Turns attributes into leaves: lists of keys and values are flattened, as objects of JSON are. */
import { isUtf8 } from 'node:buffer'
import { ATTRIBUTES_MAX, JSON_DEPTH_MAX } from '#proto/limits.ts'
import { isAscii } from '#proto/utf8.ts'
import type { WireReader } from '#proto/wire.ts'
import { KIND } from '../json/json-scan.ts'
import type { KeyGuess } from '../json/key-slot.ts'
import { FLATTEN_DEPTH_MAX } from '../json/record-scanner.ts'
import { AnyValue, forEachMessage, KeyValue, TooDeep } from './any-value.ts'
import { ANY_VALUE, LIST_VALUES } from './otlp-fields.ts'
import { type OtlpKey, OtlpKeys } from './otlp-key.ts'
import type { OtlpLeaves } from './otlp-leaves.ts'
import type { Scratch } from './scratch.ts'

export const NOT_UTF8 = 'record is not UTF-8'
export const TOO_DEEP = `nested deeper than ${JSON_DEPTH_MAX}`
export const TOO_MANY = `more than ${ATTRIBUTES_MAX} attributes`
/** Longer ones are looked at by native code. */
const SHORT_BYTES_MAX = 128

export class AttributeReader {
  readonly value: AnyValue
  readonly #wire: WireReader
  readonly #scratch: Scratch
  readonly #pair = new KeyValue()
  #keys = new OtlpKeys()
  #guess: KeyGuess<OtlpKey> = this.#keys.first

  constructor(wire: WireReader, scratch: Scratch) {
    this.#wire = wire
    this.#scratch = scratch
    this.value = new AnyValue(wire)
  }

  get keysKnown(): number {
    return this.#keys.census.slots
  }

  /** Values that were read before have keys of their own from now on. */
  forget(): void {
    this.#keys = new OtlpKeys()
  }

  /** A list of attributes begins. */
  begin(): void {
    this.#guess = this.#keys.first
  }

  /** Adds the attribute at [start, end). */
  add(leaves: OtlpLeaves, start: number, end: number): void {
    if (leaves.refusal !== null) return
    const slot = this.#slotAt(start, end, this.#keys, this.#guess)
    this.#guess = slot.next
    this.#take(leaves, slot, 0)
  }

  /** Adds a text of the request under a name of ours. */
  addNamed(leaves: OtlpLeaves, name: string, start: number, end: number): void {
    this.#put(leaves, this.#keys.named(name), KIND.plain, start, end)
  }

  isText(start: number, end: number): boolean {
    const { bytes } = this.#scratch
    if (end - start <= SHORT_BYTES_MAX && isAscii(bytes, start, end)) return true
    return isUtf8(bytes.subarray(start, end))
  }

  /** The value that was read last as JSON text; null = nested too deep. */
  json(depth: number): string | null {
    try {
      return this.value.json(depth)
    } catch (error) {
      if (error instanceof TooDeep) return null
      throw error
    }
  }

  /** The key at [start, end); its value is read. */
  #slotAt(start: number, end: number, keys: OtlpKeys, guess: KeyGuess<OtlpKey>): OtlpKey {
    const pair = this.#pair
    const { bytes } = this.#wire
    pair.read(this.#wire, start, end)
    let slot = pair.lengthAt < 0 ? keys.named('') : guess.match(bytes, pair.lengthAt)
    if (slot === undefined) {
      slot = keys.find(bytes, pair.lengthAt, pair.keyStart, pair.keyEnd)
      guess.learn(slot)
    }
    this.value.read(pair.valueStart, pair.valueEnd)
    return slot
  }

  #take(leaves: OtlpLeaves, slot: OtlpKey, depth: number): void {
    const { value } = this
    switch (value.kind) {
      case ANY_VALUE.string:
        return this.#put(leaves, slot, KIND.plain, value.start, value.end)
      case ANY_VALUE.bool:
        return this.#write(leaves, slot, value.bool ? KIND.true : KIND.false, String(value.bool))
      case ANY_VALUE.int:
        return this.#write(leaves, slot, KIND.whole, value.digits)
      case ANY_VALUE.double: {
        const { double } = value
        const kind = Number.isFinite(double) ? KIND.decimal : KIND.plain
        return this.#write(leaves, slot, kind, String(double))
      }
      case ANY_VALUE.bytes:
        return this.#write(leaves, slot, KIND.plain, value.base64)
      case ANY_VALUE.kvlist:
        if (depth < FLATTEN_DEPTH_MAX && value.end > value.start) {
          return this.#flatten(leaves, slot, depth + 1)
        }
    }
    const text = this.json(depth + 1)
    if (text === null) leaves.refusal ??= TOO_DEEP
    else this.#write(leaves, slot, text === 'null' ? KIND.null : KIND.json, text)
  }

  #flatten(leaves: OtlpLeaves, of: OtlpKey, depth: number): void {
    const { members } = of
    let guess = members.first
    let isEmpty = true
    forEachMessage(this.#wire, this.value, LIST_VALUES, (start, end) => {
      isEmpty = false
      if (leaves.refusal !== null) return
      const slot = this.#slotAt(start, end, members, guess)
      guess = slot.next
      this.#take(leaves, slot, depth)
    })
    // Each key has a value at last, so there are not many more keys than values.
    if (isEmpty) this.#write(leaves, of, KIND.json, '{}')
  }

  #write(leaves: OtlpLeaves, slot: OtlpKey, kind: number, text: string): void {
    const start = this.#scratch.text(text)
    this.#add(leaves, slot, kind, start, this.#scratch.end)
  }

  #put(leaves: OtlpLeaves, slot: OtlpKey, kind: number, start: number, end: number): void {
    if (!this.isText(start, end)) leaves.refusal ??= NOT_UTF8
    this.#add(leaves, slot, kind, start, end)
  }

  #add(leaves: OtlpLeaves, slot: OtlpKey, kind: number, start: number, end: number): void {
    if (!slot.isText) leaves.refusal ??= NOT_UTF8
    if (!leaves.add(slot, kind, start, end)) leaves.refusal ??= TOO_MANY
  }
}
