import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena, type ArenaBytes, partOf } from './arena.ts'

const SLAB = 1024

function arenaOf(slabs: number): Arena {
  return new Arena({ capacityBytes: slabs * SLAB, readerBytes: SLAB, slabBytes: SLAB })
}

test('batches lie side by side in one slab, aligned for any typed array', () => {
  const arena = arenaOf(4)
  const first = allocate(arena, 13)
  const second = allocate(arena, 100)
  assert.equal(first.memory, second.memory)
  assert.equal(first.offset, 0)
  assert.equal(second.offset, 16)
  assert.equal(first.view.length, 13)
})

test('a copy lies as its original does, and the largest batch always fits', () => {
  const arena = arenaOf(3)
  const original = Uint8Array.from({ length: SLAB + 8 }, (_, index) => index)
  for (const [start, end] of [
    [5, 18],
    [0, 7],
    [3, 500],
    [7, SLAB + 7],
  ] as const) {
    const bytes = original.subarray(start, end)
    const copy = arena.copy(bytes)
    assert.ok(copy !== null)
    assert.deepEqual(copy.view, bytes)
    assert.equal(copy.offset % 8, bytes.length === SLAB ? 0 : start)
  }
  assert.equal(arena.copy(original.subarray(1, SLAB)), null)
})

test('doors are refused while readers still get their part', () => {
  const arena = arenaOf(3)
  const taken = [allocate(arena, SLAB), allocate(arena, SLAB)]
  assert.equal(arena.allocate(1), null)
  const read = arena.allocate(SLAB, 'reader')
  assert.ok(read !== null)
  assert.equal(arena.allocate(1, 'reader'), null)
  assert.equal(arena.observe().refused, 2)
  for (const bytes of [...taken, read]) bytes.release()
  assert.equal(arena.observe().bytesInUse, 0)
  assert.ok(arena.allocate(1) !== null)
})

test('a slab is used again only after the last release of its last batch', () => {
  const arena = arenaOf(2)
  const first = allocate(arena, 500)
  const second = allocate(arena, 500)
  first.retain()
  first.release()
  second.release()
  assert.equal(arena.allocate(SLAB), null, 'the first batch still has an owner')
  first.release()
  assert.equal(allocate(arena, SLAB).memory, first.memory)
})

test('a release too many and a use after the end are bugs that show at once', () => {
  const bytes = allocate(arenaOf(2), 10)
  bytes.release()
  assert.throws(() => bytes.release(), /released once/)
  assert.throws(() => bytes.retain(), /not retained/)
  assert.throws(() => bytes.view, /not used/)
})

test('a part keeps the whole', () => {
  const arena = arenaOf(2)
  const whole = allocate(arena, 100)
  whole.view.fill(7)
  const part = partOf(whole, 40, 20)
  part.retain()
  whole.release()
  assert.equal(arena.bytesInUse, 100)
  assert.equal(part.offset, whole.offset + 40)
  part.release()
  assert.equal(arena.bytesInUse, 0)
  assert.throws(() => partOf(whole, 90, 20), /inside/)
})

test('who waits for memory is woken when a slab is free', async () => {
  const arena = arenaOf(2)
  const bytes = allocate(arena, SLAB)
  const woken = arena.freed()
  bytes.release()
  await woken
  assert.ok(arena.allocate(SLAB) !== null)
})

test('free slabs are kept while they are needed, and given back when it is quiet', () => {
  const arena = arenaOf(33)
  const burst = (): void => {
    const batches = Array.from({ length: 32 }, () => allocate(arena, SLAB))
    for (const bytes of batches) bytes.release()
  }
  burst()
  arena.shrink()
  assert.equal(arena.observe().slabsFree, 32)
  burst()
  arena.shrink()
  assert.equal(arena.observe().slabsFree, 32, 'they were needed since')
  arena.shrink()
  assert.equal(arena.observe().slabsFree, 18)
  for (let time = 0; time < 10; time++) arena.shrink()
  assert.equal(arena.observe().slabsFree, 4)
})

test('any sequence of allocations and releases keeps contents apart and the count exact', () => {
  const step = fc.record({ length: fc.integer({ min: 1, max: SLAB }), release: fc.nat(5) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const arena = arenaOf(5)
      const held: { bytes: ArenaBytes; mark: number }[] = []
      steps.forEach(({ length, release }, at) => {
        const bytes = arena.allocate(length)
        if (bytes !== null) {
          bytes.view.fill(at & 0xff)
          held.push({ bytes, mark: at & 0xff })
        }
        const [gone] = release < held.length ? held.splice(release, 1) : []
        assert.ok(gone === undefined || gone.bytes.view.every(byte => byte === gone.mark))
        gone?.bytes.release()
        const expected = held.reduce((sum, { bytes: { length: size } }) => sum + size, 0)
        assert.equal(arena.bytesInUse, expected)
        assert.ok(arena.observe().slabsInUse <= 4)
      })
    }),
  )
})

function allocate(arena: Arena, length: number): ArenaBytes {
  const bytes = arena.allocate(length)
  assert.ok(bytes !== null)
  return bytes
}
