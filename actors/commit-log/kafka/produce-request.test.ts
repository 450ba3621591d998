import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { EnvelopeSchema } from '#proto/gen/logboy/v1/envelope_pb.ts'
import { BATCH_BYTES_MAX } from '#proto/limits.ts'
import { envelopeOf } from '../testing/envelopes.ts'
import { newArena } from '../testing/journals.ts'
import { ENVELOPE_HEADER, FRAME_BYTES, type OutgoingRecord, unframe } from './framing.ts'
import { produceRequest, recordBytes, requestHead } from './produce-request.ts'

const require = createRequire(import.meta.url)
const kafkajsRequest = require('kafkajs/src/protocol/requests/produce/v7/request.js') as (
  request: object,
) => { encode(): Promise<{ buffer: Buffer }> }

const kafkajsWhole = require('kafkajs/src/protocol/request.js') as (request: {
  readonly correlationId: number
  readonly clientId: string
  readonly request: object
}) => Promise<{ buffer: Buffer }>

const arena = newArena()

function recordOf(sequence: number, bytes: number): OutgoingRecord {
  const batch = arena.allocate(bytes)
  assert.ok(batch)
  batch.view.fill(sequence & 0xff)
  const envelope = toBinary(EnvelopeSchema, envelopeOf({ sequence: BigInt(sequence) }))
  return { envelope, batch, schemaId: 41 }
}

/** The same by kafkajs, whose producer id and epoch of a plain producer are other ones. */
async function byKafkajs(records: readonly OutgoingRecord[], nowMs: number): Promise<Buffer> {
  const messages = records.map(({ envelope, batch, schemaId }) => {
    const value = Buffer.alloc(FRAME_BYTES + batch.length)
    value.writeInt32BE(schemaId, 1)
    value.set(new Uint8Array(batch.memory, batch.offset, batch.length), FRAME_BYTES)
    return { value, headers: { [ENVELOPE_HEADER]: Buffer.from(envelope) }, timestamp: nowMs }
  })
  const { buffer } = await kafkajsRequest({
    acks: -1,
    timeout: 4_000,
    transactionalId: null,
    producerId: -1,
    producerEpoch: -1,
    compression: 0,
    topicData: [{ topic: 'logs', partitions: [{ partition: 3, firstSequence: -1, messages }] }],
  }).encode()
  return buffer
}

test('a request is byte for byte what kafkajs makes of the same records', async () => {
  const sizes = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 70 })
  await fc.assert(
    fc.asyncProperty(sizes, async lengths => {
      const records = lengths.map((bytes, index) => recordOf(index + 1, bytes))
      const options = { timeoutMs: 4_000, nowMs: 1_790_000_000_123 }
      const ours = produceRequest({ topic: 'logs', partition: 3 }, records, options)
      const theirs = await byKafkajs(records, options.nowMs)
      for (const { batch } of records) batch.release()
      // Kafkajs writes leader epoch 0, which nobody reads and no checksum covers.
      const leaderEpochAt = ours.length - theirs.length === 0 ? indexOfLeaderEpoch() : 0
      theirs.writeInt32BE(-1, leaderEpochAt)
      assert.equal(Buffer.compare(ours, theirs), 0)
      assert.ok(ours.length <= 200 + records.reduce((sum, each) => sum + recordBytes(each), 0))
    }),
    { numRuns: 50 },
  )
})

test('its head is what kafkajs puts before a body', async () => {
  const names = fc.string({ unit: 'grapheme', maxLength: 40 })
  const bodies = fc.uint8Array({ maxLength: 2_000 })
  await fc.assert(
    fc.asyncProperty(names, fc.nat(), bodies, async (clientId, correlationId, bytes) => {
      const [body, api] = [Buffer.from(bytes), { apiKey: 0, apiVersion: 7 }]
      const encode = async (): Promise<object> => ({ buf: body, buffer: body })
      const theirs = await kafkajsWhole({ correlationId, clientId, request: { ...api, encode } })
      const head = requestHead({ ...api, correlationId, clientId }, body.length)
      assert.equal(Buffer.compare(Buffer.concat([head, body]), theirs.buffer), 0)
    }),
    { numRuns: 50 },
  )
})

test('the largest batch fits, and what cannot be ours is told from it', () => {
  const record = recordOf(1, BATCH_BYTES_MAX)
  const options = { timeoutMs: 1, nowMs: 1 }
  assert.ok(produceRequest({ topic: 'logs', partition: 0 }, [record], options).length < 900 * 1024)
  record.batch.release()
  const header = Buffer.from(record.envelope)
  const headers = { [ENVELOPE_HEADER]: header }
  const value = Buffer.from([0, 0, 0, 0, 41, 0, 1, 2])
  const opened = unframe({ value, headers })
  assert.ok(opened.type === 'batch' && opened.envelope.sequence === 1n)
  assert.deepEqual([...opened.batch], [1, 2])
  assert.equal(unframe({ value, headers: {} }).type, 'foreign')
  assert.equal(unframe({ value: null, headers }).type, 'foreign')
  assert.equal(unframe({ value: Buffer.from([1, 0, 0, 0, 41, 0]), headers }).type, 'foreign')
  assert.equal(unframe({ value: Buffer.from([0, 0, 0, 0, 41, 2]), headers }).type, 'foreign')
  const newer = toBinary(EnvelopeSchema, envelopeOf({ version: 2 }))
  const fromLater = { value, headers: { [ENVELOPE_HEADER]: Buffer.from(newer) } }
  assert.deepEqual(unframe(fromLater), { type: 'newer', version: 2 })
})

function indexOfLeaderEpoch(): number {
  const before = 2 + 2 + 4 + 4 + 2 + 'logs'.length + 4 + 4 + 4
  return before + 8 + 4
}
