/**
 * Kafka records as one version of the program wrote them, with what has to be read from them for
 * ever: `node actors/commit-log/testing/golden-records.ts VERSION`, run before the format changes by
 * the program that is still without the change.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromBinary, toBinary, toJson } from '@bufbuild/protobuf'
import { BatchBuilder } from '#proto/batch-builder.ts'
import { type Envelope, EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { LogBatchSchema } from '#proto/gen/logboy/v1/log_batch_pb.ts'
import { FRAME_BYTES, writeFrame } from '../kafka/framing.ts'
import { envelopeOf } from './envelopes.ts'
import { newArena } from './journals.ts'

/** Bytes as base64. */
export interface GoldenRecord {
  readonly envelope: string
  readonly value: string
  /** Envelope and batch, in Protobuf's JSON. */
  readonly reads: { readonly envelope: unknown; readonly batch: unknown }
}

const FOLDER = join(import.meta.dirname, 'golden/')

export function goldenRecords(): { readonly name: string; readonly records: GoldenRecord[] }[] {
  return readdirSync(FOLDER).map(name => ({
    name,
    records: JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as GoldenRecord[],
  }))
}

/** What is read from a record, in Protobuf's JSON. */
export function readingOf(envelope: Envelope, batch: Uint8Array): GoldenRecord['reads'] {
  return {
    envelope: toJson(EnvelopeSchema, envelope),
    batch: toJson(LogBatchSchema, fromBinary(LogBatchSchema, batch)),
  }
}

/** Three records with every column, every type of attribute, and everything an envelope can say. */
export function batchOfEverything(): Uint8Array {
  const builder = new BatchBuilder({ sdkName: 'golden', sdkVersion: '1' })
  const at = 1_790_000_000_000_000
  const rest = { service: 'checkout', host: 'web-1', file: 'app.ts', message: 'paid' }
  builder.append({
    ...rest,
    timeUs: at,
    subNs: 7,
    severity: 9,
    traceId: '0123456789abcdef0123456789abcdef',
    spanId: '0123456789abcdef',
    attributes: [
      ['text', 'ü'],
      ['whole', -3],
      ['part', 1.5],
      ['yes', true],
      ['list', [1, null]],
    ],
  })
  builder.append({
    ...rest,
    timeUs: null,
    severity: 0,
    severityText: 'NOTICE',
    message: '',
    attributes: [['text', 'v']],
  })
  builder.append({ ...rest, timeUs: at - 5, severity: 17, message: '日本', attributes: [] })
  return builder.seal()
}

function makeRecords(): GoldenRecord[] {
  const batch = batchOfEverything()
  const envelope = envelopeOf({
    producer: 2n ** 63n - 1n,
    epoch: 65_535,
    sequence: 2n ** 40n - 1n,
    receivedAtUs: 1_790_000_000_000_123n,
    peer: '127.0.0.1',
    recordCount: 3,
    timeMinUs: 1_789_999_999_999_995n,
    timeMaxUs: 1_790_000_000_000_000n,
    rulesVersion: 4,
    rejected: [1],
    request: {
      bodySha256: new Uint8Array(32).fill(9),
      chunk: 2,
      of: 3,
      firstIndex: 100,
      rejected: [{ index: 101, reason: 'no object' }],
    },
  })
  return [
    goldenRecord(envelope, batch),
    goldenRecord(envelopeOf({ recordCount: 0 }), new Uint8Array()),
  ]
}

function goldenRecord(envelope: Envelope, batch: Uint8Array): GoldenRecord {
  const memory = newArena().allocate(batch.length)
  assert.ok(memory)
  memory.view.set(batch)
  const header = toBinary(EnvelopeSchema, envelope)
  const value = Buffer.alloc(FRAME_BYTES + batch.length)
  writeFrame(value, 0, { envelope: header, batch: memory, schemaId: 258 })
  return {
    envelope: Buffer.from(header).toString('base64'),
    value: value.toString('base64'),
    reads: readingOf(envelope, batch),
  }
}

if (import.meta.main) {
  const [version] = process.argv.slice(2)
  assert.ok(version, 'golden-records needs a version')
  const path = join(FOLDER, `kafka-${version}.json`)
  writeFileSync(path, `${JSON.stringify(makeRecords(), null, 2)}\n`, { flag: 'wx' })
}
