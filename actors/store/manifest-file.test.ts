import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { seededRandom } from '#runtime/random.ts'
import { SimulatedCrash, SimulatedDisk } from '#runtime/testing/simulated-disk.ts'
import { type ManifestRecord, ManifestState, type SegmentMeta } from './manifest.ts'
import { ManifestFile } from './manifest-file.ts'

const FOLDER = '/store'

describe('manifest file', () => {
  test('an empty folder starts with nothing and keeps what is appended', () => {
    const disk = newDisk(1)
    const manifest = new ManifestFile({ disk, folder: FOLDER })
    manifest.append(publish(1, 100))
    manifest.append({ type: 'expire', projectId: 'p', receivedBeforeUs: 7 })
    manifest.append({ type: 'expire', projectId: 'p', receivedBeforeUs: 5 })
    manifest.append({ type: 'drop', projectId: 'q' })
    manifest.close()
    const { state } = new ManifestFile({ disk, folder: FOLDER })
    assert.deepEqual([...state.segments.keys()], [1])
    assert.equal(state.positions.at(0), 100)
    assert.equal(state.receivedFromUs('p'), 7)
    assert.ok(state.dropped.has('q'))
  })

  test('replacing segments keeps the position and never gives an id twice', () => {
    const disk = newDisk(1)
    const manifest = new ManifestFile({ disk, folder: FOLDER })
    manifest.append(publish(1, 100))
    manifest.append(publish(2, 200))
    manifest.append({ type: 'publish', positions: null, added: [segment(3)], removed: [1, 2] })
    manifest.append({ type: 'publish', positions: null, added: [], removed: [3] })
    manifest.close()
    const { state } = new ManifestFile({ disk, folder: FOLDER })
    assert.equal(state.segments.size, 0)
    assert.equal(state.positions.at(0), 200)
    assert.equal(state.nextSegmentId, 4)
  })

  test('a new generation counts once, though the old ones cannot be looked for', () => {
    const disk = newDisk(1)
    const manifest = new ManifestFile({ disk, folder: FOLDER })
    manifest.append(publish(1, 100))
    disk.failNext('sync', 'EIO')
    assert.throws(() => manifest.append(publish(2, 200)), { code: 'EIO' })
    disk.failNext('list', 'EIO')
    assert.deepEqual(manifest.settle(), [publish(2, 200)])
    manifest.append(publish(3, 300))
    manifest.close()
    const { state } = new ManifestFile({ disk, folder: FOLDER })
    assert.deepEqual([...state.segments.keys()], [1, 2, 3])
    assert.equal(disk.paths().length, 2)
  })

  test('it is written anew when it has grown, and stays the same', () => {
    const disk = newDisk(1)
    const manifest = new ManifestFile({ disk, folder: FOLDER })
    manifest.append({ type: 'expire', projectId: 'p', receivedBeforeUs: 7 })
    manifest.append({ type: 'drop', projectId: 'q' })
    const generations = new Set<string>()
    for (let id = 1; id <= 2_000; id++) {
      const removed = id > 3 ? [id - 3] : []
      manifest.append({ type: 'publish', positions: [[0, id]], added: [segment(id, 4)], removed })
      for (const path of disk.paths()) generations.add(path)
    }
    assert.ok(generations.size > 4 && generations.size < 40, `${generations.size} names`)
    assert.equal(disk.paths().length, 2)
    const { state } = new ManifestFile({ disk, folder: FOLDER })
    assert.deepEqual([...state.segments.keys()], [1_998, 1_999, 2_000])
    assert.deepEqual([state.receivedFromUs('p'), [...state.dropped]], [7, ['q']])
  })

  test('any single rotten bit or lost tail of one copy is told and repaired', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, cut, at) => {
          const disk = newDisk(seed)
          const before = fill(disk)
          const path = disk.paths()[Math.abs(seed) % 2] as string
          const bytes = disk.contents(path)
          const place = Math.min(bytes.length - 1, Math.floor(at * bytes.length))
          if (cut) disk.put(path, bytes.slice(0, place))
          else disk.flipBit(path, place * 8 + (Math.abs(seed) % 8))
          const manifest = new ManifestFile({ disk, folder: FOLDER })
          assert.deepEqual(manifest.state.base(), before)
          assert.ok(manifest.repaired > 0)
          manifest.close()
          assert.equal(new ManifestFile({ disk, folder: FOLDER }).repaired, 0)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('the same record damaged in both copies is refused and left as it is', () => {
    const disk = newDisk(3)
    fill(disk)
    const paths = disk.paths()
    for (const path of paths) disk.flipBit(path, 50 * 8)
    const contents = paths.map(path => disk.contents(path))
    assert.throws(() => new ManifestFile({ disk, folder: FOLDER }), {
      code: 'LOGBOY_MANIFEST_DAMAGED',
    })
    assert.deepEqual(disk.paths(), paths)
    assert.deepEqual(
      paths.map(path => disk.contents(path)),
      contents,
    )
  })

  test('a newer version is refused and left as it is', () => {
    const disk = newDisk(3)
    fill(disk)
    const paths = disk.paths()
    for (const path of paths) {
      disk.put(path, Buffer.concat([headerOf(4), disk.contents(path).subarray(12)]))
    }
    assert.throws(() => new ManifestFile({ disk, folder: FOLDER }), { code: 'LOGBOY_DATA_NEWER' })
    assert.deepEqual(disk.paths(), paths)
  })

  test('after a crash at any operation it is as before the last record or after it', () => {
    for (let nth = 1; ; nth++) {
      const disk = newDisk(nth)
      const durable: ManifestRecord[] = []
      let tried = 0
      disk.crashAt(nth)
      try {
        const manifest = new ManifestFile({ disk, folder: FOLDER })
        for (; tried < 6; tried++) durable.push(...manifest.append(publish(tried + 1, tried + 1)))
      } catch (error) {
        assert.ok(error instanceof SimulatedCrash, String(error))
      }
      if (!disk.crashed) return assert.ok(nth > 20)
      disk.restart()
      const { state } = new ManifestFile({ disk, folder: FOLDER })
      const kept = state.segments.size
      assert.ok(kept === durable.length || kept === durable.length + 1, `crash at ${nth}`)
      assert.equal(state.positions.at(0), kept)
    }
  })

  test('a failing disk keeps records in doubt until one append goes through', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.boolean(), { maxLength: 30 }), (seed, failing) => {
        const disk = newDisk(seed)
        const manifest = new ManifestFile({ disk, folder: FOLDER })
        const random = seededRandom(seed)
        const told: ManifestRecord[] = []
        let doubtful = 0
        for (const [i, fails] of failing.entries()) {
          disk.failWhen(operation =>
            fails && operation !== 'open' && random.below(3) === 0 ? 'ENOSPC' : undefined,
          )
          const record = publish(i + 1, i + 1)
          try {
            told.push(...manifest.append(record))
            doubtful = 0
          } catch (error) {
            assert.equal((error as { code: string }).code, 'ENOSPC')
            doubtful++
          }
        }
        disk.failWhen(() => undefined)
        assert.equal(told.length + doubtful, failing.length)
        assert.deepEqual(manifest.state.base(), stateOf(told))
        disk.crash()
        const kept = new ManifestFile({ disk, folder: FOLDER }).state.segments.size
        assert.ok(kept >= told.length && kept <= failing.length, 'what was told is never lost')
      }),
      { numRuns: 100 },
    )
  })

  test('a new generation that failed halfway never wins over what came after it', () => {
    for (const path of ['a', 'b'].map(copy => `${FOLDER}/manifest-0000000002.${copy}.tmp`)) {
      const disk = newDisk(9)
      const manifest = new ManifestFile({ disk, folder: FOLDER })
      manifest.append(publish(1, 1))
      manifest.append({
        type: 'publish',
        positions: [[0, 2]],
        added: [segment(2, 4_000)],
        removed: [],
      })
      disk.failNext('rename', 'EIO', path)
      assert.throws(() => manifest.append(publish(3, 3)), { code: 'EIO' })
      manifest.append(publish(4, 4))
      manifest.append(publish(5, 5))
      disk.kill()
      const { state } = new ManifestFile({ disk, folder: FOLDER })
      assert.deepEqual([...state.segments.keys()], [1, 2, 3, 4, 5])
    }
  })

  test('a full disk at the start does not keep it from being read', () => {
    const disk = newDisk(5)
    const before = fill(disk)
    disk.setCapacity(disk.usedBytes())
    const manifest = new ManifestFile({ disk, folder: FOLDER })
    assert.deepEqual(manifest.state.base(), before)
    assert.throws(() => manifest.append(publish(50, 50)), { code: 'ENOSPC' })
    disk.setCapacity(1 << 30)
    const records = manifest.append(publish(51, 51))
    assert.equal(records.length, 2)
    manifest.close()
    const { state } = new ManifestFile({ disk, folder: FOLDER })
    assert.ok(state.segments.has(50) && state.segments.has(51))
  })
})

function newDisk(seed: number): SimulatedDisk {
  return new SimulatedDisk({ random: seededRandom(seed) })
}

function fill(disk: SimulatedDisk): ManifestRecord {
  const manifest = new ManifestFile({ disk, folder: FOLDER })
  for (let id = 1; id <= 5; id++) manifest.append(publish(id, id * 10))
  manifest.append({ type: 'expire', projectId: 'abc', receivedBeforeUs: 1_000 })
  manifest.append({ type: 'drop', projectId: 'gone' })
  manifest.close()
  return manifest.state.base()
}

function stateOf(records: readonly ManifestRecord[]): ManifestRecord {
  const state = new ManifestState()
  for (const record of records) state.apply(record)
  return state.base()
}

function publish(id: number, position: number): ManifestRecord {
  return { type: 'publish', positions: [[0, position]], added: [segment(id)], removed: [] }
}

function segment(id: number, groups = 1): SegmentMeta {
  const group = {
    projectId: 'abc',
    rows: id,
    bytes: 10,
    checksum: id,
    timeMinUs: id,
    timeMaxUs: id + 1,
    receivedMinUs: id,
    receivedMaxUs: id + 1,
  }
  return {
    id,
    level: 0,
    day: -1,
    bytes: 100,
    indexBytes: 10,
    groups: Array.from({ length: groups }, () => group),
  }
}

/** Made by hand, so that a change of the layout shows here. */
function headerOf(version: number): Buffer {
  const bytes = Buffer.from('4c424d46'.padEnd(24, '0'), 'hex')
  bytes.writeUInt32LE(version, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 8)), 8)
  return bytes
}
