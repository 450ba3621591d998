import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskFile } from '../disk.ts'
import { seededRandom } from '../random.ts'
import { SimulatedCrash, SimulatedDisk } from './simulated-disk.ts'

const SEEDS = 200

function bytes(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value)
}

function diskWithFile(seed: number): { disk: SimulatedDisk; file: DiskFile } {
  const disk = new SimulatedDisk({ random: seededRandom(seed) })
  disk.makeFolder('/data')
  const file = disk.open('/data/a', 'create')
  file.write([bytes(1000, 1)], 0)
  file.sync()
  disk.syncFolder('/data')
  return { disk, file }
}

function outcomes(run: (seed: number) => string): Set<string> {
  return new Set(Array.from({ length: SEEDS }, (_, seed) => run(seed)))
}

test('what was synced survives a power loss', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const { disk } = diskWithFile(seed)
    disk.crash()
    assert.deepEqual(disk.contents('/data/a'), bytes(1000, 1))
  }
})

test('an unsynced write survives wholly, not at all, torn at a byte, or by sectors', () => {
  const seen = outcomes(seed => {
    const { disk, file } = diskWithFile(seed)
    file.write([bytes(4096, 2)], 0)
    disk.crash()
    const after = disk.contents('/data/a')
    const changed = after.filter(byte => byte === 2).length
    if (changed === 0 && after.length === 1000) return 'not at all'
    if (changed === 4096) return 'wholly'
    const prefix = after.findLastIndex(byte => byte === 2) + 1 === changed
    if (!prefix) return 'sectors in any order'
    return changed % 512 === 0 ? 'prefix of sectors' : 'torn at a byte'
  })
  for (const wanted of ['wholly', 'not at all', 'torn at a byte', 'sectors in any order']) {
    assert(seen.has(wanted), wanted)
  }
})

test('a crash leaves nothing but old, new or zero bytes', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const { disk, file } = diskWithFile(seed)
    file.write([bytes(700, 2), bytes(3000, 3)], 300)
    disk.crash()
    const after = disk.contents('/data/a')
    assert(after.length >= 1000 && after.length <= 4000)
    assert.deepEqual(after.subarray(0, 300), bytes(300, 1))
    assert(after.every(byte => byte <= 3))
  }
})

test('an unsynced truncation may be undone', () => {
  const seen = outcomes(seed => {
    const { disk, file } = diskWithFile(seed)
    file.truncate(10)
    disk.crash()
    return String(disk.contents('/data/a').length)
  })
  assert.deepEqual(seen, new Set(['10', '1000']))
})

test('a created file whose folder was not synced may be gone although its bytes were synced', () => {
  const seen = outcomes(seed => {
    const disk = new SimulatedDisk({ random: seededRandom(seed) })
    disk.makeFolder('/data')
    const file = disk.open('/data/new', 'create')
    file.write([bytes(10, 1)], 0)
    file.sync()
    disk.crash()
    return disk.exists('/data/new') ? String(disk.contents('/data/new').length) : 'gone'
  })
  assert.deepEqual(seen, new Set(['gone', '10']))
})

test('an unsynced rename leaves the old or the new file under the name, never a mixture', () => {
  const seen = outcomes(seed => {
    const { disk } = diskWithFile(seed)
    const next = disk.open('/data/a.tmp', 'create')
    next.write([bytes(20, 9)], 0)
    next.sync()
    disk.rename('/data/a.tmp', '/data/a')
    assert.equal(disk.contents('/data/a').length, 20)
    disk.crash()
    return `${disk.contents('/data/a').length} ${disk.exists('/data/a.tmp')}`
  })
  assert.deepEqual(seen, new Set(['1000 true', '1000 false', '20 false']))
})

test('creations, renames and removals are durable once their folder was synced', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { disk } = diskWithFile(seed)
    disk.open('/data/b', 'create').close()
    disk.rename('/data/b', '/data/c')
    disk.remove('/data/a')
    disk.syncFolder('/data')
    disk.crash()
    assert.deepEqual(disk.paths(), ['/data/c'])
  }
})

test('a removal that was not synced may be undone', () => {
  const seen = outcomes(seed => {
    const { disk } = diskWithFile(seed)
    disk.remove('/data/a')
    assert.equal(disk.exists('/data/a'), false)
    disk.crash()
    return String(disk.exists('/data/a'))
  })
  assert.deepEqual(seen, new Set(['true', 'false']))
})

test('after a failed sync content may be lost although the next sync succeeds', () => {
  const seen = outcomes(seed => {
    const { disk, file } = diskWithFile(seed)
    file.write([bytes(1000, 2)], 0)
    disk.failNext('sync', 'EIO')
    assert.throws(() => file.sync(), { code: 'EIO' })
    assert.deepEqual(disk.contents('/data/a'), bytes(1000, 2), 'still readable')
    file.sync()
    disk.crash()
    return String(disk.contents('/data/a')[0])
  })
  assert.deepEqual(seen, new Set(['1', '2']))
})

test('rewriting after a failed sync is what makes content safe', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const { disk, file } = diskWithFile(seed)
    file.write([bytes(1000, 2)], 0)
    disk.failNext('sync', 'EIO')
    assert.throws(() => file.sync(), { code: 'EIO' })
    file.write([bytes(1000, 2)], 0)
    file.sync()
    disk.crash()
    assert.deepEqual(disk.contents('/data/a'), bytes(1000, 2))
  }
})

test('a full disk takes what still fits, says ENOSPC and counts its free bytes', () => {
  const disk = new SimulatedDisk({ random: seededRandom(1), capacityBytes: 100 })
  const file = disk.open('/a', 'create')
  file.write([bytes(60, 1)], 0)
  assert.equal(disk.freeBytes('/'), 40)
  assert.throws(() => file.write([bytes(30, 2), bytes(30, 3)], 60), { code: 'ENOSPC' })
  assert.equal(file.size(), 100)
  assert.equal(disk.freeBytes('/'), 0)
  file.write([bytes(100, 4)], 0)
  assert.throws(() => file.truncate(101), { code: 'ENOSPC' })
  disk.setCapacity(200)
  file.write([bytes(50, 5)], 100)
  disk.remove('/a')
  assert.equal(disk.freeBytes('/'), 200)
})

test('a disk shrunk below its contents has no free bytes rather than fewer than none', () => {
  const disk = new SimulatedDisk({ random: seededRandom(1), capacityBytes: 100 })
  const file = disk.open('/a', 'create')
  file.write([bytes(60, 1)], 0)
  disk.setCapacity(10)
  assert.equal(disk.freeBytes('/'), 0)
  assert.throws(() => file.write([bytes(1, 1)], 60), { code: 'ENOSPC' })
  file.write([bytes(5, 2)], 0)
})

test('a failed write has written an unknown prefix', () => {
  const sizes = outcomes(seed => {
    const { disk, file } = diskWithFile(seed)
    disk.failNext('write', 'EIO')
    assert.throws(() => file.write([bytes(100, 2)], 1000), { code: 'EIO' })
    return String(file.size())
  })
  assert(sizes.size > 50)
  assert([...sizes].every(size => Number(size) >= 1000 && Number(size) <= 1100))
})

test('failures are given to the operation and the path they were asked for', () => {
  const { disk } = diskWithFile(1)
  disk.failNext('rename', 'EIO', '/data/b')
  disk.rename('/data/a', '/data/b')
  assert.throws(() => disk.rename('/data/b', '/data/c'), { code: 'EIO', path: '/data/b' })
  assert(disk.exists('/data/b'))
  disk.failWhen(operation => (operation === 'open' ? 'EMFILE' : undefined))
  assert.throws(() => disk.open('/data/b', 'read'), { code: 'EMFILE' })
})

test('the n-th operation from now ends the process and nothing works until the restart', () => {
  const { disk, file } = diskWithFile(1)
  disk.crashAt(2)
  file.write([bytes(10, 2)], 0)
  assert.throws(() => file.sync(), SimulatedCrash)
  assert.equal(disk.crashed, true)
  assert.throws(() => disk.exists('/data/a'), SimulatedCrash)
  assert.throws(() => file.size(), SimulatedCrash)
  disk.restart()
  assert.throws(() => file.size(), { code: 'EBADF' })
  assert.equal(disk.open('/data/a', 'read').size(), 1000)
})

test('the operation during which the power goes may have happened or not', () => {
  const seen = outcomes(seed => {
    const { disk } = diskWithFile(seed)
    disk.crashAt(1)
    assert.throws(() => disk.remove('/data/a'), SimulatedCrash)
    disk.kill()
    return String(disk.exists('/data/a'))
  })
  assert.deepEqual(seen, new Set(['true', 'false']))
})

test('kill -9 loses nothing that was written', () => {
  const { disk, file } = diskWithFile(1)
  file.write([bytes(10, 2)], 1000)
  disk.kill()
  assert.throws(() => file.write([bytes(1, 1)], 0), { code: 'EBADF' })
  assert.equal(disk.contents('/data/a').length, 1010)
})

test('it answers as node:fs does where names are missing, taken or folders', () => {
  const { disk, file } = diskWithFile(1)
  assert.throws(() => disk.open('/data/a', 'create'), { code: 'EEXIST' })
  assert.throws(() => disk.open('/data/x', 'read'), { code: 'ENOENT' })
  assert.throws(() => disk.open('/data/x', 'update'), { code: 'ENOENT' })
  assert.throws(() => disk.open('/none/x', 'create'), { code: 'ENOENT' })
  assert.throws(() => disk.rename('/data/x', '/data/y'), { code: 'ENOENT' })
  assert.throws(() => disk.syncFolder('/none'), { code: 'ENOENT' })
  assert.throws(() => disk.remove('/data'), { code: 'EISDIR' })
  assert.throws(() => disk.open('/data/a', 'read').write([bytes(1, 1)], 0), { code: 'EBADF' })
  disk.remove('/data/x')
  assert.deepEqual(disk.list('/none'), [])
  disk.makeFolder('/data/deep/er')
  assert.deepEqual(disk.list('/data'), ['a', 'deep'])
  assert.deepEqual(disk.list('/'), ['data'])
  assert.equal(disk.exists('/data/deep'), true)
  file.close()
  assert.throws(() => file.size(), { code: 'EBADF' })
})

test('a read answers how many bytes there were', () => {
  const { file } = diskWithFile(1)
  const into = bytes(8, 7)
  assert.equal(file.read(into, 996), 4)
  assert.deepEqual(into, Uint8Array.of(1, 1, 1, 1, 7, 7, 7, 7))
  assert.equal(file.read(into, 5000), 0)
})

test('a file that was removed while open can still be read and written', () => {
  const { disk, file } = diskWithFile(1)
  disk.remove('/data/a')
  file.write([bytes(1, 5)], 0)
  assert.equal(file.size(), 1000)
})

test('bits can be flipped where they lie', () => {
  const { disk } = diskWithFile(1)
  disk.flipBit('/data/a', 8)
  disk.crash()
  assert.deepEqual(disk.contents('/data/a').subarray(0, 3), Uint8Array.of(1, 0, 1))
  const bit = disk.flipBit('/data/a')
  assert(bit >= 0 && bit < 8000)
})

test('files put in place beforehand are durable and make their folders', () => {
  const disk = new SimulatedDisk({ random: seededRandom(1) })
  disk.put('/deep/er/file', bytes(3, 1))
  disk.crash()
  assert.deepEqual(disk.list('/deep/er'), ['file'])
  assert.equal(disk.operations, 0)
})

test('the same seed and operations give the same outcome', () => {
  const run = (seed: number): Uint8Array => {
    const { disk, file } = diskWithFile(seed)
    for (let n = 0; n < 20; n++) file.write([bytes(700, n)], n * 300)
    disk.crash()
    return disk.contents('/data/a')
  }
  assert.deepEqual(run(5), run(5))
  assert.notDeepEqual(run(5), run(6))
})
