import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'

/** What is durable of a producer. */
export interface ProducerRecord {
  readonly producer: bigint
  readonly epoch: number
  readonly lastSequence: number
  readonly atUs: number
}

/** A keyed HTTP request with the answer of its stored chunks. */
export interface KeyedRecord extends ProducerRecord {
  readonly bodySha256: Uint8Array
  readonly of: number
  readonly accepted: number
  readonly rejected: readonly { readonly index: number; readonly reason: string }[]
}

/** All that admission remembers, as plain data. */
export interface AdmissionState {
  readonly projects: readonly {
    readonly id: string
    readonly producers: readonly ProducerRecord[]
    readonly keyed: readonly KeyedRecord[]
  }[]
}

export type DecodedSnapshot =
  | { readonly type: 'state'; readonly state: AdmissionState }
  /** Written by a newer version: nothing may be concluded or changed. */
  | { readonly type: 'newer'; readonly version: number }
  | { readonly type: 'damaged' }

const MAGIC = 'LGBYADMN'
const VERSION = 1
const HEADER_BYTES = 16
const PRODUCER_BYTES = 28

/*
 * All numbers little endian, text as length u16 and UTF-8:
 *
 *   magic 8 | version u32 | project count u32
 *   per project    id text | producer count u32 | keyed count u32
 *     per producer  producer u64 | sequence f64 | at µs f64 | epoch u32
 *     per keyed     the same | body SHA-256, 32 | of u32 | accepted u32 | rejected count u32
 *       per rejected  index u32 | reason text
 *   CRC-32 of all before u32
 */
export function encodeAdmission(state: AdmissionState): Uint8Array {
  const out = new Output()
  out.bytes(Buffer.from(MAGIC, 'latin1'))
  out.u32(VERSION)
  out.u32(state.projects.length)
  for (const { id, producers, keyed } of state.projects) {
    out.text(id)
    out.u32(producers.length)
    out.u32(keyed.length)
    for (const record of producers) out.producer(record)
    for (const record of keyed) encodeKeyed(record, out)
  }
  return out.finish()
}

export function decodeAdmission(bytes: Uint8Array): DecodedSnapshot {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = buffer.length - 4
  if (end < HEADER_BYTES || crc32(buffer.subarray(0, end)) !== buffer.readUInt32LE(end)) {
    return { type: 'damaged' }
  }
  if (buffer.toString('latin1', 0, MAGIC.length) !== MAGIC) return { type: 'damaged' }
  const version = buffer.readUInt32LE(MAGIC.length)
  if (version > VERSION) return { type: 'newer', version }
  const input = new Input(buffer, MAGIC.length + 4)
  const projects = times(input.u32(), () => {
    const id = input.text()
    const [producerCount, keyedCount] = [input.u32(), input.u32()]
    const producers = times(producerCount, () => input.producer())
    return { id, producers, keyed: times(keyedCount, () => decodeKeyed(input)) }
  })
  assert.equal(input.at, end, 'a snapshot with a right checksum is well formed')
  return { type: 'state', state: { projects } }
}

function encodeKeyed(record: KeyedRecord, out: Output): void {
  out.producer(record)
  assert.equal(record.bodySha256.length, 32)
  out.bytes(record.bodySha256)
  out.u32(record.of)
  out.u32(record.accepted)
  out.u32(record.rejected.length)
  for (const { index, reason } of record.rejected) {
    out.u32(index)
    out.text(reason)
  }
}

function decodeKeyed(input: Input): KeyedRecord {
  const producer = input.producer()
  const bodySha256 = input.bytes(32)
  const [of, accepted, count] = [input.u32(), input.u32(), input.u32()]
  const rejected = times(count, () => ({ index: input.u32(), reason: input.text() }))
  return { ...producer, bodySha256, of, accepted, rejected }
}

function times<Item>(count: number, make: () => Item): Item[] {
  return Array.from({ length: count }, make)
}

class Output {
  #bytes = new Uint8Array(4_096)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  bytes(bytes: Uint8Array): void {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
  }

  u32(value: number): void {
    const at = this.#take(4)
    this.#view.setUint32(at, value, true)
  }

  text(value: string): void {
    const bytes = Buffer.from(value)
    const at = this.#take(2)
    this.#view.setUint16(at, bytes.length, true)
    this.bytes(bytes)
  }

  producer({ producer, lastSequence, atUs, epoch }: ProducerRecord): void {
    const at = this.#take(PRODUCER_BYTES)
    this.#view.setBigUint64(at, producer, true)
    this.#view.setFloat64(at + 8, lastSequence, true)
    this.#view.setFloat64(at + 16, atUs, true)
    this.#view.setUint32(at + 24, epoch, true)
  }

  finish(): Uint8Array {
    this.u32(crc32(this.#bytes.subarray(0, this.#at)))
    return this.#bytes.subarray(0, this.#at)
  }

  /** Where the next so many bytes go. */
  #take(bytes: number): number {
    const at = this.#at
    this.#at += bytes
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }
}

class Input {
  readonly #buffer: Buffer
  readonly #view: DataView
  at: number

  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    this.at = at
  }

  u32(): number {
    this.at += 4
    return this.#view.getUint32(this.at - 4, true)
  }

  /** A copy: the snapshot's memory may be shared or used again. */
  bytes(length: number): Uint8Array {
    this.at += length
    return Uint8Array.from(this.#buffer.subarray(this.at - length, this.at))
  }

  text(): string {
    const length = this.#view.getUint16(this.at, true)
    this.at += 2 + length
    return this.#buffer.toString('utf8', this.at - length, this.at)
  }

  producer(): ProducerRecord {
    const at = this.at
    this.at += PRODUCER_BYTES
    return {
      producer: this.#view.getBigUint64(at, true),
      lastSequence: this.#view.getFloat64(at + 8, true),
      atUs: this.#view.getFloat64(at + 16, true),
      epoch: this.#view.getUint32(at + 24, true),
    }
  }
}
