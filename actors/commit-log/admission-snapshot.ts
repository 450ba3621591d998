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
 *     per producer  producer u64 | sequence u64 | at µs u64 | epoch u32
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
  #buffer = Buffer.allocUnsafe(4096)
  #at = 0

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  u32(value: number): void {
    this.#room(4)
    this.#at = this.#buffer.writeUInt32LE(value, this.#at)
  }

  text(value: string): void {
    const bytes = Buffer.from(value)
    this.#room(2)
    this.#at = this.#buffer.writeUInt16LE(bytes.length, this.#at)
    this.bytes(bytes)
  }

  producer({ producer, lastSequence, atUs, epoch }: ProducerRecord): void {
    this.#room(PRODUCER_BYTES)
    this.#at = this.#buffer.writeBigUInt64LE(producer, this.#at)
    this.#at = this.#buffer.writeBigUInt64LE(BigInt(lastSequence), this.#at)
    this.#at = this.#buffer.writeBigUInt64LE(BigInt(atUs), this.#at)
    this.#at = this.#buffer.writeUInt32LE(epoch, this.#at)
  }

  finish(): Uint8Array {
    this.u32(crc32(this.#buffer.subarray(0, this.#at)))
    return this.#buffer.subarray(0, this.#at)
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#at + bytes, this.#buffer.length * 2))
    grown.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = grown
  }
}

class Input {
  readonly #buffer: Buffer
  at: number

  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer
    this.at = at
  }

  u32(): number {
    this.at += 4
    return this.#buffer.readUInt32LE(this.at - 4)
  }

  u64(): bigint {
    this.at += 8
    return this.#buffer.readBigUInt64LE(this.at - 8)
  }

  /** A copy: the snapshot's memory may be shared or used again. */
  bytes(length: number): Uint8Array {
    this.at += length
    return Uint8Array.from(this.#buffer.subarray(this.at - length, this.at))
  }

  text(): string {
    const length = this.#buffer.readUInt16LE(this.at)
    this.at += 2 + length
    return this.#buffer.toString('utf8', this.at - length, this.at)
  }

  producer(): ProducerRecord {
    const producer = this.u64()
    const lastSequence = Number(this.u64())
    const atUs = Number(this.u64())
    return { producer, lastSequence, atUs, epoch: this.u32() }
  }
}
