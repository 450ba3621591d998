import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Disk, systemDisk } from './disk.ts'
import { seededRandom } from './random.ts'
import { SimulatedDisk } from './testing/simulated-disk.ts'

/** What holds on the machine's disk holds on the simulated one: both pass the same tests. */
function contract(name: string, behaviour: (disk: Disk, folder: string) => void): void {
  test(`system disk: ${name}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'logboy-disk-'))
    try {
      behaviour(systemDisk, folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
  test(`simulated disk: ${name}`, () => {
    const disk = new SimulatedDisk({ random: seededRandom(1), capacityBytes: 1e9 })
    disk.makeFolder('/data')
    behaviour(disk, '/data')
  })
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

function readAll(disk: Disk, path: string): Uint8Array {
  const file = disk.open(path, 'read')
  const into = new Uint8Array(file.size())
  assert.equal(file.read(into, 0), into.length)
  file.close()
  return into
}

contract('what is written can be read, parts in order, at any position', (disk, folder) => {
  const path = join(folder, 'a')
  const file = disk.open(path, 'create')
  file.write([bytes(1, 2), bytes(), bytes(3)], 0)
  file.write([bytes(9)], 5)
  file.sync()
  assert.equal(file.size(), 6)
  file.write([bytes(7, 7)], 1)
  assert.deepEqual(readAll(disk, path), bytes(1, 7, 7, 0, 0, 9))
  const into = bytes(8, 8, 8, 8)
  assert.equal(file.read(into, 4), 2)
  assert.deepEqual(into, bytes(0, 9, 8, 8))
  assert.equal(file.read(into, 100), 0)
  file.write([], 0)
  file.close()
})

contract('many parts go in one write', (disk, folder) => {
  const path = join(folder, 'a')
  const file = disk.open(path, 'create')
  const parts = Array.from({ length: 2_500 }, (_, n) => bytes(n & 255, n >> 8))
  file.write(parts, 3)
  file.close()
  const all = readAll(disk, path)
  assert.equal(all.length, 5_003)
  assert.deepEqual(
    parts.map((_, n) => all[3 + 2 * n] as number),
    parts.map(part => part[0] as number),
  )
})

contract('shared memory can be written as it is', (disk, folder) => {
  const shared = new Uint8Array(new SharedArrayBuffer(4))
  shared.set([1, 2, 3, 4])
  const file = disk.open(join(folder, 'a'), 'create')
  file.write([shared.subarray(1, 3)], 0)
  file.close()
  assert.deepEqual(readAll(disk, join(folder, 'a')), bytes(2, 3))
})

contract('a file is cut and grown by truncate, growth reads as zeros', (disk, folder) => {
  const file = disk.open(join(folder, 'a'), 'create')
  file.write([bytes(1, 2, 3)], 0)
  file.truncate(1)
  file.truncate(3)
  file.close()
  assert.deepEqual(readAll(disk, join(folder, 'a')), bytes(1, 0, 0))
})

contract(
  'names: create refuses an existing file, update and read a missing one',
  (disk, folder) => {
    const path = join(folder, 'a')
    assert.throws(() => disk.open(path, 'update'), { code: 'ENOENT' })
    assert.throws(() => disk.open(path, 'read'), { code: 'ENOENT' })
    disk.open(path, 'create').close()
    assert.throws(() => disk.open(path, 'create'), { code: 'EEXIST' })
    assert.throws(() => disk.open(join(folder, 'none', 'a'), 'create'), { code: 'ENOENT' })
    disk.open(path, 'update').close()
    const reading = disk.open(path, 'read')
    assert.throws(() => reading.write([bytes(1)], 0), { code: 'EBADF' })
    reading.close()
  },
)

contract('folders, renames and removals', (disk, folder) => {
  assert.deepEqual(disk.list(join(folder, 'none')), [])
  disk.makeFolder(join(folder, 'x/y/z'))
  disk.makeFolder(join(folder, 'x/y/z'))
  for (const name of ['b', 'a']) disk.open(join(folder, 'x', name), 'create').close()
  assert.deepEqual(disk.list(join(folder, 'x')), ['a', 'b', 'y'])
  const file = disk.open(join(folder, 'x/a'), 'update')
  file.write([bytes(5)], 0)
  file.close()
  disk.rename(join(folder, 'x/a'), join(folder, 'x/b'))
  disk.syncFolder(join(folder, 'x'))
  assert.deepEqual(disk.list(join(folder, 'x')), ['b', 'y'])
  assert.deepEqual(readAll(disk, join(folder, 'x/b')), bytes(5))
  assert.throws(() => disk.rename(join(folder, 'x/a'), join(folder, 'x/c')), { code: 'ENOENT' })
  disk.remove(join(folder, 'x/b'))
  disk.remove(join(folder, 'x/b'))
  assert.equal(disk.exists(join(folder, 'x/b')), false)
  assert.equal(disk.exists(join(folder, 'x')), true)
  assert.throws(() => disk.syncFolder(join(folder, 'none')), { code: 'ENOENT' })
})

contract('free bytes are a number that can be compared', (disk, folder) => {
  assert(disk.freeBytes(folder) > 1e6)
})
