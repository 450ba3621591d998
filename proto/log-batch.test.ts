import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { BatchError } from './batch-error.ts'
import { type LogBatch, LogBatchSchema } from './gen/logboy/v1/log_batch_pb.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX } from './limits.ts'
import { openLogBatch, openProven } from './log-batch.ts'
import { batchArbitrary, readColumns, readMessage } from './testing/batches.ts'

const encode = (batch: LogBatch): Uint8Array => toBinary(LogBatchSchema, batch)

function twoRecords(): LogBatch {
  const lengths = { lengths: [2, 3], heap: new TextEncoder().encode('hié!') }
  return create(LogBatchSchema, {
    recordCount: 2,
    timeBaseNs: 1_761_229_935_123_456_789n,
    timeUnitNs: 1,
    timeDeltas: [0n, 1_000_000n],
    severities: Uint8Array.of(9, 17),
    message: lengths,
  })
}

function refuses(change: (batch: LogBatch) => void, reason: RegExp): void {
  const batch = twoRecords()
  change(batch)
  assert.throws(
    () => openLogBatch(encode(batch)),
    error =>
      error instanceof BatchError &&
      error.code === 'LOGBOY_BATCH_INVALID' &&
      reason.test(error.message),
    `expected ${reason}`,
  )
}

test('a batch opens to what protobuf-es reads from the same bytes', () => {
  fc.assert(
    fc.property(batchArbitrary(), batch => {
      const bytes = encode(batch)
      const expected = readMessage(fromBinary(LogBatchSchema, bytes))
      assert.deepEqual(readColumns(openLogBatch(bytes, isUtf8)), expected)
      assert.deepEqual(readColumns(openLogBatch(bytes)), expected)
      assert.deepEqual(readColumns(openProven(bytes)), expected)
    }),
    { numRuns: 300 },
  )
})

test('bytes in shared memory open like any others', () => {
  fc.assert(
    fc.property(batchArbitrary(), batch => {
      const bytes = encode(batch)
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3, bytes.length)
      shared.set(bytes)
      assert.deepEqual(readColumns(openLogBatch(shared, isUtf8)), readMessage(batch))
    }),
    { numRuns: 50 },
  )
})

test('a batch cut into two messages at any field merges as protobuf says', () => {
  fc.assert(
    fc.property(batchArbitrary(), batchArbitrary(), (a, b) => {
      const bytes = new Uint8Array([...encode(a), ...encode(b)])
      const merged = fromBinary(LogBatchSchema, bytes)
      let columns: ReturnType<typeof openLogBatch>
      try {
        columns = openLogBatch(bytes)
      } catch (error) {
        assert.ok(error instanceof BatchError)
        return
      }
      assert.deepEqual(readColumns(columns), readMessage(merged))
    }),
    { numRuns: 200 },
  )
})

test('unpacked lists, split messages, long varints and unknown fields are read', () => {
  const writer = new BinaryWriter()
  writer.tag(99, WireType.StartGroup).tag(5, WireType.Varint).uint32(7)
  writer.tag(99, WireType.EndGroup)
  writer.tag(1, WireType.Varint).raw(Uint8Array.of(0x82, 0x80, 0x80, 0x80, 0x80, 0x00))
  writer.tag(4, WireType.Varint).sint64(5n)
  writer.tag(4, WireType.Varint).sint64(-2n)
  writer.tag(77, WireType.Bit32).fixed32(1)
  writer.tag(6, WireType.LengthDelimited).bytes(Uint8Array.of(1, 2))
  writer.tag(11, WireType.LengthDelimited).fork().tag(1, WireType.Varint).uint32(1)
  writer.tag(2, WireType.LengthDelimited).bytes(Uint8Array.of(0x61, 0x62)).join()
  writer.tag(11, WireType.LengthDelimited).fork().tag(1, WireType.Varint).uint32(1).join()
  writer.tag(2, WireType.LengthDelimited).bytes(Uint8Array.of(1))
  const bytes = writer.finish()
  const columns = openLogBatch(bytes)
  assert.deepEqual([...columns.timeUs], [0, 0])
  assert.deepEqual([...(columns.timeSubNs ?? [])], [5, 3])
  assert.deepEqual([...columns.message.offsets], [0, 1, 2])
})

test('flipped and cut bytes give a BatchError or a sound batch', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 })
  fc.assert(
    fc.property(batchArbitrary(), damage, fc.nat(), (batch, flips, cut) => {
      const whole = encode(batch)
      const bytes = cut % 3 === 0 ? whole.slice(0, cut % (whole.length + 1)) : whole.slice()
      for (const [at, byte] of flips) if (bytes.length > 0) bytes[at % bytes.length] = byte
      try {
        readColumns(openLogBatch(bytes, isUtf8))
      } catch (error) {
        assert.ok(error instanceof BatchError, String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('random bytes give a BatchError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      try {
        readColumns(openLogBatch(bytes))
      } catch (error) {
        assert.ok(error instanceof BatchError, String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('times are exact to the nanosecond over the whole range', () => {
  const times = fc.bigInt({ min: 0n, max: 8_990_000_000_000_000_000n })
  const deltas = fc.bigInt({ min: -9_007_199_254_000_000n, max: 9_007_199_254_000_000n })
  fc.assert(
    fc.property(times, deltas, (base, delta) => {
      const batch = twoRecords()
      batch.timeBaseNs = base
      batch.timeDeltas = [0n, delta]
      const { timeUs, timeSubNs } = openLogBatch(encode(batch))
      const read = BigInt(timeUs[1] as number) * 1000n + BigInt(timeSubNs?.[1] ?? 0)
      assert.equal(read, base + delta)
    }),
    { numRuns: 1_000 },
  )
})

test('a batch without records, or with too many, is refused', () => {
  assert.throws(() => openLogBatch(new Uint8Array(0)), /0 records/)
  refuses(batch => {
    batch.recordCount = BATCH_RECORDS_MAX + 1
  }, /records, 1 to/)
  assert.throws(() => openLogBatch(new Uint8Array(BATCH_BYTES_MAX + 1)), /at most/)
})

test('lying lengths and indexes are refused', () => {
  refuses(batch => {
    batch.recordCount = 3
  }, /not one/)
  refuses(batch => {
    batch.timeDeltas.push(1n)
  }, /time_deltas/)
  refuses(batch => {
    if (batch.message) batch.message.lengths = [2, 4]
  }, /beyond its heap/)
  refuses(batch => {
    if (batch.message) batch.message.lengths = [0xffff_ffff, 6]
  }, /beyond its heap/)
  refuses(batch => {
    if (batch.message) batch.message.lengths = [1, 1]
  }, /longer than its texts/)
  refuses(batch => {
    batch.service = create(LogBatchSchema, { service: { indexes: [0, 0] } }).service
  }, /beyond its entries/)
  refuses(batch => {
    batch.traceId = create(LogBatchSchema, { traceId: { heap: new Uint8Array(31) } }).traceId
  }, /16 bytes/)
  refuses(batch => {
    batch.timeMissing = Uint8Array.of(4)
  }, /bits beyond/)
  refuses(batch => {
    batch.timeMissing = Uint8Array.of(2)
  }, /without a time/)
})

test('bad UTF-8 is refused wherever it stands, also a text that ends within a character', () => {
  refuses(batch => {
    if (batch.message) batch.message.heap = Uint8Array.of(0x61, 0x62, 0xff, 0x61, 0x62)
  }, /not UTF-8/)
  refuses(batch => {
    if (batch.message) batch.message.lengths = [3, 2]
  }, /within a character/)
})

test('times that no number holds are refused', () => {
  refuses(batch => {
    batch.timeDeltas = [2n ** 52n, 2n ** 53n]
  }, /2\^53/)
  refuses(batch => {
    batch.timeBaseNs = 2n ** 64n - 1n
  }, /2\^53/)
  refuses(batch => {
    batch.timeUnitNs = 60
  }, /time unit/)
  refuses(batch => {
    batch.timeUnitNs = 1_000_000
    batch.timeDeltas = [2n ** 52n, 0n]
  }, /2\^53/)
})

test('an attribute column holds values of its type, for exactly those that have it', () => {
  const column = (attribute: object) => (batch: LogBatch) => {
    batch.attributes = create(LogBatchSchema, { attributes: [attribute] }).attributes
  }
  refuses(column({ key: 'a', type: 9 }), /unknown type/)
  refuses(column({ key: 'a', type: 2, ints: [1n] }), /one value/)
  refuses(column({ key: 'a', type: 1 }), /no values/)
  refuses(column({ key: 'a', type: 2, ints: [1n, 2n], doubles: [1] }), /another type/)
  refuses(column({ key: 'a', type: 4, bools: Uint8Array.of(4) }), /bits beyond/)
  refuses(batch => {
    const ints = { key: 'a', type: 2 as const, ints: [1n, 2n] }
    batch.attributes = create(LogBatchSchema, { attributes: [ints, ints] }).attributes
  }, /two columns of one type/)
})

test('many small pieces of a list are joined in linear time', () => {
  const writer = new BinaryWriter()
  writer.tag(1, WireType.Varint).uint32(1)
  for (let i = 0; i < 150_000; i++) writer.tag(4, WireType.Varint).sint64(0n)
  assert.throws(() => openLogBatch(writer.finish()), /severities/)
})
