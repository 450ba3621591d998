import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batchesOfSpool, plainRows, recordedStreams } from '../testing/recorded-stream.ts'
import { crc32, crc32ByTable } from './crc32.ts'
import {
  bufferOf,
  decodeFileHeader,
  encodeFileHeader,
  encodeRecord,
  FILE_HEADER_BYTES,
  numberOfSpoolFile,
  type SpoolRecord,
  soundBody,
  spoolFileName,
} from './spool-format.ts'
import { joinFiles, type ScannedFile, scanFile } from './spool-scan.ts'

const ordinal = fc.integer({ min: 1, max: 2 ** 40 })
const timeUs = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const plain = { noNullPrototype: true }
const record: fc.Arbitrary<SpoolRecord> = fc.oneof(
  fc.record(
    {
      type: fc.constant('batch' as const),
      ordinal,
      records: fc.integer({ min: 1, max: 8_192 }),
      sealedUs: timeUs,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('settled' as const),
      beforeOrdinal: ordinal,
      acknowledgedUs: fc.option(timeUs),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('epoch' as const),
      producer: fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
      epoch: fc.integer({ min: 1, max: 0xffff }),
      fromOrdinal: ordinal,
      skipped: fc.array(ordinal, { maxLength: 4 }),
    },
    plain,
  ),
)
const salt = fc.integer({ min: 0, max: 0xffff_ffff })
const records = fc.array(record, { minLength: 1, maxLength: 8 })

interface Written {
  readonly bytes: Buffer
  /** Where each record ends. */
  readonly ends: readonly number[]
}

function fileOf(all: readonly SpoolRecord[], fileSalt: number): Written {
  const pieces = [encodeFileHeader(fileSalt)]
  const ends: number[] = []
  for (const one of all) {
    pieces.push(...encodeRecord(one, fileSalt))
    ends.push(pieces.reduce((sum, piece) => sum + piece.length, 0))
  }
  return { bytes: Buffer.concat(pieces), ends }
}

/** What a scan found, with the bytes of batches read at the place it tells. */
function contentOf(file: ScannedFile, bytes: Uint8Array): SpoolRecord[] {
  return file.records.map(one => {
    if (one.type !== 'batch') return one
    const { position, length, ...rest } = one
    return { ...rest, bytes: Uint8Array.from(bytes.subarray(position, position + length)) }
  })
}

test('what was written is read back', () => {
  fc.assert(
    fc.property(records, salt, (all, fileSalt) => {
      const { bytes } = fileOf(all, fileSalt)
      const file = scanFile('a', bytes)
      assert.deepEqual(contentOf(file, bytes), all)
      assert.deepEqual([file.damage, file.lostRecords, file.bytes], [null, 0, bytes.length])
    }),
  )
})

test('a torn end is cut: every record before it is there, and nothing is called damaged', () => {
  fc.assert(
    fc.property(records, salt, fc.nat(), fc.boolean(), (all, fileSalt, where, isZeroed) => {
      const { bytes, ends } = fileOf(all, fileSalt)
      const cut = where % bytes.length
      const torn = bytes.subarray(0, cut)
      const whole = ends.filter(end => end <= cut).length
      // After a power cut the end may be there as zeros; a record may well end in zeros.
      const isPadded = isZeroed && cut >= FILE_HEADER_BYTES
      const read = isPadded ? Buffer.concat([torn, Buffer.alloc(99)]) : torn
      const file = scanFile('a', read)
      const found = contentOf(file, read)
      assert.deepEqual(found, all.slice(0, found.length))
      if (isPadded) assert.ok(found.length >= whole)
      else assert.deepEqual([found.length, file.damage], [whole, null])
    }),
    { numRuns: 500 },
  )
})

test('a flipped bit costs the record that it hits, no other, and never gives a wrong one', () => {
  fc.assert(
    fc.property(records, salt, fc.nat(), fc.nat(7), (all, fileSalt, where, bit) => {
      const { bytes, ends } = fileOf(all, fileSalt)
      const at = where % bytes.length
      bytes[at] = (bytes[at] as number) ^ (1 << bit)
      const hit = at < FILE_HEADER_BYTES ? -1 : ends.findIndex(end => at < end)
      const file = scanFile('a', bytes)
      assert.deepEqual(
        contentOf(file, bytes),
        all.filter((_, i) => i !== hit),
      )
      // Only at the very end it cannot be told from a torn one.
      if (hit >= 0 && hit < all.length - 1) assert.match(file.damage ?? '', /^damaged at byte/)
    }),
    { numRuns: 1_000 },
  )
})

test('any bytes are read without an exception', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.boolean(),
      salt,
      (tail, isBegun, fileSalt) => {
        const bytes = isBegun ? Buffer.concat([encodeFileHeader(fileSalt), tail]) : bufferOf(tail)
        assert.deepEqual(scanFile('a', bytes).records, [])
      },
    ),
  )
})

test('a record inside a logged message is not taken for one, though its batch is damaged', () => {
  const forged: SpoolRecord = {
    type: 'batch',
    ordinal: 9,
    records: 1,
    sealedUs: 1,
    bytes: Buffer.from('forged'),
  }
  const inner = Buffer.concat(encodeRecord(forged, 4_711))
  const outer = { ...forged, ordinal: 1, bytes: inner }
  const { bytes } = fileOf([outer, { ...outer, ordinal: 2 }], 4_712)
  // The head of the first, so that its end is unknown and records are looked for inside.
  bytes[FILE_HEADER_BYTES + 20] = 0xff
  const file = scanFile('a', bytes)
  assert.deepEqual(
    contentOf(file, bytes).map(one => one.type === 'batch' && one.ordinal),
    [2],
  )
})

test('both copies of the header have to be damaged before a file is given up', () => {
  const header = Buffer.from(encodeFileHeader(77))
  header[3] = 0
  assert.deepEqual(decodeFileHeader(header), { type: 'header', salt: 77 })
  header[40] = 0xff
  assert.deepEqual(decodeFileHeader(header), { type: 'damaged' })
  assert.match(scanFile('a', Buffer.concat([header, header])).damage ?? '', /no sound header/)
})

test('a file of a newer version is left alone', () => {
  const header = Buffer.from(encodeFileHeader(77).subarray(0, 24))
  header.writeUInt32LE(2, 8)
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20)
  assert.match(scanFile('a', header).damage ?? '', /version 2 is newer/)
})

test('a batch read alone is proven by its head', () => {
  const sealed = { ordinal: 1, records: 1, sealedUs: 1, bytes: Buffer.from('content') }
  const bytes = Buffer.concat(encodeRecord({ type: 'batch', ...sealed }, 5))
  assert.deepEqual(soundBody(bytes), Buffer.from('content'))
  assert.equal(soundBody(bytes.subarray(0, bytes.length - 1)), null)
  assert.equal(soundBody(bytes.subarray(0, 10)), null)
  bytes[bytes.length - 1] = 0
  assert.equal(soundBody(bytes), null)
})

test('names sort as files were written', () => {
  assert.equal(spoolFileName(17), '000000000017.spool')
  assert.equal(numberOfSpoolFile('000000000017.spool'), 17)
  assert.equal(numberOfSpoolFile('17.spool'), null)
})

test('the CRC for an older Node is the same', () => {
  assert.equal(crc32ByTable(Buffer.from('123456789')), 0xcbf43926)
  fc.assert(
    fc.property(fc.uint8Array(), salt, (bytes, seed) => {
      assert.equal(crc32ByTable(bytes, seed), crc32(bytes, seed))
    }),
  )
})

const batch = (at: number): SpoolRecord => ({
  type: 'batch',
  ordinal: at,
  records: at,
  sealedUs: 1_000 + at,
  bytes: Buffer.from([at]),
})
const epochOf = (epoch: number, fromOrdinal: number, skipped: number[] = []): SpoolRecord => ({
  type: 'epoch',
  producer: 7n,
  epoch,
  fromOrdinal,
  skipped,
})
const settledOf = (beforeOrdinal: number, acknowledgedUs: number | null): SpoolRecord => ({
  type: 'settled',
  beforeOrdinal,
  acknowledgedUs,
})

function joined(...files: SpoolRecord[][]): unknown {
  const spool = joinFiles(files.map((all, i) => scanFile(String(i), fileOf(all, i).bytes)))
  if (spool === null) return null
  const { epoch, knownUs, batches } = spool
  return [epoch, knownUs, batches.map(one => [one.ordinal, one.sequence, one.place.file])]
}

test('several files make one spool: what is settled is left out, numbers are as they were', () => {
  const first = [epochOf(1, 1), settledOf(1, null), batch(1), batch(2), batch(3)]
  const second = [epochOf(1, 1), settledOf(2, 50), batch(5), settledOf(3, 60)]
  assert.deepEqual(joined(first, second), [
    1,
    60,
    [
      [3, 3, '0'],
      [5, 5, '1'],
    ],
  ])
})

test('the last epoch numbers what is left anew, without what was settled in between', () => {
  const first = [epochOf(1, 1), batch(1), batch(2), batch(3), batch(4)]
  const second = [epochOf(2, 2, [3]), settledOf(2, null), batch(5)]
  assert.deepEqual(joined(first, second), [
    2,
    1_002,
    [
      [2, 1, '0'],
      [4, 2, '0'],
      [5, 3, '1'],
    ],
  ])
})

test('a spool that does not say whose it is cannot be sent', () => {
  assert.equal(joined([batch(1)]), null)
  assert.equal(joined(), null)
})

for (const { version, spool } of recordedStreams()) {
  test(`a spool that SDK ${version} left is read`, () => {
    const file = Buffer.from(spool.file, 'base64')
    const scanned = scanFile('recorded', file)
    assert.deepEqual([scanned.damage, scanned.lostRecords], [null, 0])
    assert.deepEqual(plainRows(batchesOfSpool(file)), spool.rows)
    const sequences = joinFiles([scanned])?.batches.map(({ sequence }) => sequence)
    assert.deepEqual(sequences, [1, 2])
  })
}
