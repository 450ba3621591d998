import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  COMMIT_BYTES,
  decodeFileHeader,
  encodeFileHeader,
  entryBytes,
  FILE_HEADER_BYTES,
  RECORD_HEADER_BYTES,
} from './journal-format.ts'
import { GroupBuilder, GroupImage } from './journal-group.ts'
import { GroupChecker } from './journal-group-check.ts'
import { type ScannedRecord, scanRecords } from './journal-scan.ts'

const HEADER = {
  salt: 0xdeadbeef,
  start: 2 ** 40 + 12_345,
  firstReceivedAtUs: 1_790_000_000_000_000,
}
const SALT = 77
const AT = 5_000

const anyEntry = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.uint8Array({ maxLength: 100 }))
  .map(([envelope, batch]) => ({ envelope, batch }))
const anyGroups = fc.array(fc.array(anyEntry, { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 4,
})
type Entry = { readonly envelope: Uint8Array; readonly batch: Uint8Array }

test('a file header survives any one flipped bit and tells a newer version apart', () => {
  const bytes = encodeFileHeader(HEADER)
  assert.equal(bytes.length, FILE_HEADER_BYTES)
  assert.deepEqual(decodeFileHeader(bytes), { type: 'header', ...HEADER })
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    assert.deepEqual(decodeFileHeader(flip(bytes, bit)), { type: 'header', ...HEADER })
  }
  assert.equal(decodeFileHeader(bytes.subarray(0, 39)).type, 'damaged')
  assert.equal(decodeFileHeader(new Uint8Array(FILE_HEADER_BYTES)).type, 'damaged')
})

test('what a group writes is what a scan finds', () => {
  fc.assert(
    fc.property(anyGroups, groups => {
      const { bytes, ends } = write(groups)
      const { records, next } = scanRecords({ bytes, position: AT, salt: SALT, last: true })
      assert.equal(next, AT + bytes.length)
      assert.deepEqual(contents(records, bytes), groups.flat())
      assert.deepEqual(
        records.filter(({ type }) => type === 'entry').map(({ end }) => end),
        ends,
      )
      const check = checked(records, bytes)
      const lastGroupStart = next - groupBytes(groups.at(-1) ?? [])
      const clean = { damagedLastGroup: null, damage: [] }
      assert.deepEqual(check, { committedEnd: next, lastGroupStart, ...clean })
    }),
  )
})

test('a scan in pieces of any size finds the same records', () => {
  fc.assert(
    fc.property(anyGroups, fc.integer({ min: 1, max: 300 }), (groups, step) => {
      const { bytes } = write(groups)
      const found: Entry[] = []
      let [at, length] = [0, step]
      while (at < bytes.length) {
        const piece = bytes.subarray(at, at + length)
        const last = at + length >= bytes.length
        const scan = scanRecords({ bytes: piece, position: AT + at, salt: SALT, last })
        found.push(...contents(scan.records, piece))
        assert.ok(scan.next > AT + at || scan.needed > piece.length, 'every step leads on')
        at = scan.next - AT
        length = Math.max(step, scan.needed)
      }
      assert.deepEqual(found, groups.flat())
    }),
  )
})

test('a flipped bit never makes a wrong entry, and is seen unless it is in the padding', () => {
  fc.assert(
    fc.property(anyGroups, fc.nat(), (groups, where) => {
      const { bytes } = write(groups)
      const damaged = flip(bytes, where % (bytes.length * 8))
      const { records } = scanRecords({ bytes: damaged, position: AT, salt: SALT, last: true })
      const found = contents(records, damaged)
      const all = groups.flat()
      assert.ok(found.length >= all.length - 1)
      for (const entry of found) assert.ok(all.some(other => same(entry, other)))
      const unseen = records.every(({ type }) => type !== 'damaged')
      assert.ok(!unseen || found.length === all.length)
      const { committedEnd, damagedLastGroup } = checked(records, damaged)
      const lastGroupAt = bytes.length - groupBytes(groups.at(-1) ?? [])
      if (damagedLastGroup !== null) assert.equal(damagedLastGroup.position, AT + lastGroupAt)
      assert.ok(committedEnd >= AT + bytes.length - RECORD_HEADER_BYTES, 'a commit has two copies')
    }),
    { numRuns: 500 },
  )
})

test('a cut anywhere leaves whole groups only', () => {
  fc.assert(
    fc.property(anyGroups, fc.nat(), (groups, where) => {
      const { bytes } = write(groups)
      const cut = bytes.subarray(0, where % bytes.length)
      const { records } = scanRecords({ bytes: cut, position: AT, salt: SALT, last: true })
      const { committedEnd, damagedLastGroup, damage } = checked(records, cut)
      const boundaries = [0]
      for (const group of groups) boundaries.push((boundaries.at(-1) ?? 0) + groupBytes(group))
      const whole = boundaries.filter(end => end - RECORD_HEADER_BYTES <= cut.length).at(-1) ?? 0
      const first = Math.min(whole, committedEnd - AT)
      assert.ok(whole - first <= RECORD_HEADER_BYTES, 'one copy of a commit record is enough')
      assert.deepEqual({ damagedLastGroup, damage }, { damagedLastGroup: null, damage: [] })
    }),
  )
})

test('any rewritten range is found, and groups after it stay whole', () => {
  fc.assert(
    fc.property(anyGroups, fc.nat(), fc.integer({ min: 1, max: 200 }), (groups, where, length) => {
      const { bytes } = write(groups)
      const from = where % bytes.length
      const damaged = Buffer.from(bytes)
      for (let at = from; at < Math.min(bytes.length, from + length); at++) {
        damaged[at] = (damaged[at] as number) ^ 0x55
      }
      const { records } = scanRecords({ bytes: damaged, position: AT, salt: SALT, last: true })
      const all = groups.flat()
      const found = contents(records, damaged)
      for (const entry of found) assert.ok(all.some(other => same(entry, other)))
      let at = 0
      for (const group of groups) {
        const end = at + groupBytes(group)
        const untouched = end <= from || at >= from + length
        if (untouched) for (const entry of group) assert.ok(found.some(other => same(entry, other)))
        at = end
      }
    }),
    { numRuns: 500 },
  )
})

test('a record forged inside a message, or moved, is none', () => {
  const inner = write([[{ envelope: Uint8Array.of(1), batch: Uint8Array.of(2) }]]).bytes
  const position = AT + RECORD_HEADER_BYTES + 8
  const forged = write([[{ envelope: new Uint8Array(8), batch: inner }]], SALT).bytes
  forged[AT % 7] = (forged[AT % 7] as number) ^ 1
  const otherSalt = scanRecords({ bytes: inner, position: AT, salt: SALT + 1, last: true })
  const otherPlace = scanRecords({ bytes: inner, position, salt: SALT, last: true })
  const inside = scanRecords({ bytes: forged, position: AT, salt: SALT, last: true })
  assert.deepEqual(contents(otherSalt.records, inner), [])
  assert.deepEqual(contents(otherPlace.records, inner), [])
  assert.deepEqual(contents(inside.records, forged), [])
})

function write(
  groups: readonly (readonly Entry[])[],
  salt = SALT,
): { readonly bytes: Buffer; readonly ends: number[] } {
  const parts: Uint8Array[] = []
  const ends: number[] = []
  let position = AT
  for (const group of groups) {
    const builder = new GroupBuilder()
    for (const { envelope, batch } of group) {
      const memory = new SharedArrayBuffer(batch.length + 3)
      new Uint8Array(memory).set(batch, 3)
      builder.add(envelope, { memory, offset: 3, length: batch.length }, 1_000)
    }
    const image = new GroupImage(builder.finish(), position, salt)
    parts.push(...image.parts)
    ends.push(...image.ends)
    position = image.end
  }
  return { bytes: Buffer.concat(parts), ends }
}

function groupBytes(group: readonly Entry[]): number {
  return group.reduce(
    (sum, { envelope, batch }) => sum + entryBytes(envelope.length, batch.length),
    COMMIT_BYTES,
  )
}

function contents(records: readonly ScannedRecord[], bytes: Uint8Array): Entry[] {
  return records.flatMap(record => {
    if (record.type !== 'entry') return []
    const { envelopeAt, envelopeBytes, batchAt, batchBytes } = record
    const envelope = Uint8Array.from(bytes.subarray(envelopeAt, envelopeAt + envelopeBytes))
    return [{ envelope, batch: Uint8Array.from(bytes.subarray(batchAt, batchAt + batchBytes)) }]
  })
}

function checked(
  records: readonly ScannedRecord[],
  bytes: Buffer,
): ReturnType<GroupChecker['finish']> {
  const checker = new GroupChecker(AT)
  for (const record of records) checker.see(record, bytes)
  return checker.finish()
}

function flip(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
  return copy
}

function same(a: Entry, b: Entry): boolean {
  return Buffer.compare(a.envelope, b.envelope) === 0 && Buffer.compare(a.batch, b.batch) === 0
}
