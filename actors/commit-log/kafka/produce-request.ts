/**
 * A Produce request (version 3 to 8) for one partition, built in one piece: kafkajs copies every
 * batch nine times on its way to the socket, into memory that it fills with zeros first.
 *
 *   head      length i32 | api key i16 | api version i16 | correlation i32 | client id
 *   request   transactional id i16 -1 | acks i16 | timeout i32 | 1 i32 | topic | 1 i32
 *             | partition i32 | length i32 | record batch
 *   batch     base offset i64 | length i32 | leader epoch i32 | magic i8 2 | CRC-32C u32
 *             | attributes i16 | last offset delta i32 | base and max time i64 | producer id i64 -1
 *             | producer epoch i16 -1 | sequence i32 -1 | count i32 | records
 *   record    length | attributes i8 | time delta | offset delta | key length -1 | value length
 *             | value | 1 header: key length | key | value length | value      lengths as varints
 *
 * https://kafka.apache.org/protocol.html, https://kafka.apache.org/documentation/#recordbatch
 */
import assert from 'node:assert/strict'
import { crc32c } from './crc32c.ts'
import { ENVELOPE_HEADER, FRAME_BYTES, type OutgoingRecord, writeFrame } from './framing.ts'

/** All replicas that must have it, as min.insync.replicas says. */
const ACKS_ALL = -1
const BATCH_HEADER_BYTES = 61
/** Where CRC and length of a batch begin to count, from its start. */
const LENGTH_FROM = 12
const CRC_AT = 17
const CRC_FROM = 21
const VARINT_BYTES_MAX = 5
const HEADER_NAME = Buffer.from(ENVELOPE_HEADER)

/** Upper bound of what a record takes. */
export function recordBytes({ envelope, batch }: OutgoingRecord): number {
  const lengths = 8 * VARINT_BYTES_MAX + 2
  return lengths + FRAME_BYTES + batch.length + HEADER_NAME.length + envelope.length
}

/** What stands before the body of any request; strings have their length before them. */
export function requestHead(
  request: {
    readonly apiKey: number
    readonly apiVersion: number
    /** The answer has the same. */
    readonly correlationId: number
    readonly clientId: string
  },
  bodyBytes: number,
): Buffer {
  const { apiKey, apiVersion, correlationId, clientId } = request
  const name = Buffer.from(clientId)
  const out = new Output(Buffer.allocUnsafe(14 + name.length))
  out.i32(10 + name.length + bodyBytes)
  out.i16(apiKey)
  out.i16(apiVersion)
  out.i32(correlationId)
  out.i16(name.length)
  out.bytes(name)
  return out.buffer
}

/** In memory of its own, so that it can be given back. */
export function produceRequest(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  records: readonly OutgoingRecord[],
  { timeoutMs, nowMs }: { readonly timeoutMs: number; readonly nowMs: number },
): Buffer<ArrayBuffer> {
  assert(records.length > 0, 'a send has records')
  const name = Buffer.from(topic)
  const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
  const out = new Output(Buffer.allocUnsafeSlow(64 + name.length + BATCH_HEADER_BYTES + bytes))
  out.i16(-1)
  out.i16(ACKS_ALL)
  out.i32(timeoutMs)
  out.i32(1)
  out.i16(name.length)
  out.bytes(name)
  out.i32(1)
  out.i32(partition)
  const lengthAt = out.at
  out.i32(0)
  const batchAt = out.at
  writeBatch(out, records, nowMs)
  out.buffer.writeInt32BE(out.at - batchAt, lengthAt)
  return out.buffer.subarray(0, out.at)
}

function writeBatch(out: Output, records: readonly OutgoingRecord[], nowMs: number): void {
  const start = out.at
  const { buffer } = out
  out.at += BATCH_HEADER_BYTES
  for (const [index, record] of records.entries()) writeRecord(out, record, index)
  const end = out.at
  buffer.writeBigInt64BE(0n, start)
  buffer.writeInt32BE(end - start - LENGTH_FROM, start + 8)
  buffer.writeInt32BE(-1, start + 12)
  buffer.writeInt8(2, start + 16)
  buffer.writeInt16BE(0, start + 21)
  buffer.writeInt32BE(records.length - 1, start + 23)
  buffer.writeBigInt64BE(BigInt(nowMs), start + 27)
  buffer.writeBigInt64BE(BigInt(nowMs), start + 35)
  buffer.writeBigInt64BE(-1n, start + 43)
  buffer.writeInt16BE(-1, start + 51)
  buffer.writeInt32BE(-1, start + 53)
  buffer.writeInt32BE(records.length, start + 57)
  buffer.writeUInt32BE(crc32c(buffer, start + CRC_FROM, end), start + CRC_AT)
}

function writeRecord(out: Output, record: OutgoingRecord, index: number): void {
  const { envelope, batch } = record
  const valueBytes = FRAME_BYTES + batch.length
  const length =
    2 + // attributes and time delta
    varintBytes(index) +
    1 + // no key
    varintBytes(valueBytes) +
    valueBytes +
    1 + // one header
    varintBytes(HEADER_NAME.length) +
    HEADER_NAME.length +
    varintBytes(envelope.length) +
    envelope.length
  out.varint(length)
  out.buffer.writeInt16BE(0, out.at)
  out.at += 2
  out.varint(index)
  out.varint(-1)
  out.varint(valueBytes)
  writeFrame(out.buffer, out.at, record)
  out.at += valueBytes
  out.varint(1)
  out.varint(HEADER_NAME.length)
  out.bytes(HEADER_NAME)
  out.varint(envelope.length)
  out.bytes(envelope)
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = zigzag(value); rest > 0x7f; rest >>>= 7) bytes++
  return bytes
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0
}

class Output {
  readonly buffer: Buffer<ArrayBuffer>
  at = 0

  constructor(buffer: Buffer<ArrayBuffer>) {
    this.buffer = buffer
  }

  i16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at)
  }

  i32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at)
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }

  varint(value: number): void {
    let rest = zigzag(value)
    for (; rest > 0x7f; rest >>>= 7) this.buffer[this.at++] = (rest & 0x7f) | 0x80
    this.buffer[this.at++] = rest
  }
}
