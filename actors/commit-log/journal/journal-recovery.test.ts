import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimulatedDisk } from '#runtime/testing/simulated-disk.ts'
import { type Simulation, simulate } from '#runtime/testing/simulation.ts'
import type { Position } from '../positions.ts'
import { Positions } from '../positions.ts'
import { newArena, openSimulatedJournal } from '../testing/journals.ts'
import { append, collect, namesOf, placeBehind, type Seen } from '../testing/log-driver.ts'
import { COMMIT_BYTES, encodeFileHeader, journalFileName } from './journal-format.ts'
import type { JournalLog } from './journal-log.ts'
import type { RecoveredJournal } from './journal-recovery.ts'

const FOLDER = '/data/journal'
const SETTINGS = { folder: FOLDER, fileBytes: 2_000 }
const [FIRST, SNAPSHOT] = [
  `${FOLDER}/${journalFileName(0)}`,
  `${FOLDER}/0000000000000000.admission`,
]

test('a file cut at any length gives whole groups, and the log goes on behind them', async () => {
  await simulate(1, async sim => {
    const { disk, seen } = await written(sim, 4, { clean: false })
    const whole = disk.contents(FIRST)
    for (let length = 0; length < whole.length; length += 13) {
      const cut = sim.newDisk()
      cut.put(FIRST, whole.subarray(0, length))
      const { found, log } = await reopened(sim, cut)
      assert.deepEqual(found, seen.slice(0, found.length))
      await append(log, newArena(), { sequence: 100n })
      await log.close()
      const again = await reopened(sim, cut)
      assert.deepEqual(namesOf(again.found), [...namesOf(found), 'p1 0:100'])
      await again.log.close()
    }
  })
})

test('one flipped bit anywhere: told, never a wrong entry, at most one group missing', async () => {
  await simulate(2, async sim => {
    const { disk, seen } = await written(sim, 6, { clean: false })
    for (const path of [FIRST, SNAPSHOT]) {
      const original = disk.contents(path)
      for (let run = 0; run < 150; run++) {
        const rotten = sim.newDisk()
        for (const each of disk.paths()) rotten.put(each, disk.contents(each))
        const bit = sim.random.below(original.length * 8)
        rotten.flipBit(path, bit)
        const { found, recovered, log } = await reopened(sim, rotten)
        for (const entry of found) assert.deepEqual(seen[entry.sequence - 1], entry)
        assert.ok(found.length >= seen.length - 1)
        const told = recovered.quarantined.length > 0 || recovered.tornBytes > 0
        if (found.length < seen.length) assert.ok(told, `bit ${bit} of ${path}`)
        await log.close()
      }
    }
  })
})

test('damage in the last group sets the whole group aside, for it may never have been promised', async () => {
  await simulate(3, async sim => {
    const { disk, seen } = await written(sim, 3, { clean: false })
    const from = seen[1]?.position as Position
    disk.flipBit(FIRST, (from + 200) * 8)
    const { found, recovered, log } = await reopened(sim, disk)
    assert.deepEqual(found, seen.slice(0, 2))
    const [part] = recovered.quarantined
    assert.ok(part?.path)
    assert.equal(disk.contents(part.path).length, part.bytes)
    assert.ok(recovered.end >= part.position + part.bytes, 'positions are never given twice')
    assert.equal(log.producer('project0aa', 1n)?.lastSequence, 2)
    assert.deepEqual(await append(log, newArena(), { sequence: 3n }), {
      type: 'durable',
      repeat: false,
    })
  })
})

test('what was set aside with its group stays so at every later start', async () => {
  await simulate(3, async sim => {
    const disk = sim.newDisk()
    const process = sim.boot('server', disk)
    const log = await openSimulatedJournal(process, newArena(), SETTINGS)
    const collector = collect(log)
    await append(log, newArena(), { sequence: 1n })
    const group = [2n, 3n].map(producer => append(log, newArena(), { producer }))
    await Promise.all(group)
    await collector.reached(3)
    process.kill()
    disk.flipBit(FIRST, ((collector.seen[2]?.position as Position) - 20) * 8)
    const first = await reopened(sim, disk)
    assert.deepEqual(namesOf(first.found), ['p1 0:1'])
    await append(first.log, newArena(), { sequence: 2n })
    disk.kill()
    const second = await reopened(sim, disk)
    assert.deepEqual(namesOf(second.found), ['p1 0:1', 'p1 0:2'])
    assert.equal(second.log.producer('project0aa', 2n), undefined)
  })
})

test('receive times rise over a restart also where the clock was set back', async () => {
  await simulate(3, async sim => {
    const { disk } = await written(sim, 2, { clean: false })
    sim.clock.shiftWall(-60_000)
    const { log } = await reopened(sim, disk)
    await append(log, newArena(), { sequence: 3n })
    const collector = collect(log, log.start().positions)
    await collector.reached(3)
    const times = collector.seen.map(({ receivedAtUs }) => receivedAtUs)
    assert.deepEqual(
      times.toSorted((a, b) => a - b),
      times,
    )
    assert.equal(new Set(times).size, 3)
  })
})

test('after a clean close the same damage costs the one entry', async () => {
  await simulate(4, async sim => {
    const disk = sim.newDisk()
    const log = await openSimulatedJournal(sim.boot('server', disk), newArena(), SETTINGS)
    const all = [1n, 2n, 3n].map(sequence => append(log, newArena(), { sequence }))
    await Promise.all(all)
    await log.close()
    disk.flipBit(FIRST, 300 * 8)
    const { found, recovered } = await reopened(sim, disk)
    assert.deepEqual(namesOf(found), ['p1 0:1', 'p1 0:3'])
    assert.equal(recovered.quarantined.length, 1)
  })
})

test('a journal of a newer version is refused and left as it was', async () => {
  await simulate(5, async sim => {
    const { disk } = await written(sim, 3, { clean: true })
    const newer = Buffer.from(disk.contents(FIRST))
    // As a newer version would write it: its own number and a right checksum, in both copies.
    const header = Buffer.from(encodeFileHeader({ salt: 1, start: 0, firstReceivedAtUs: 1 }))
    header.writeUInt32LE(2, 8)
    const { crc32 } = await sim.external(() => import('node:zlib'))
    header.writeUInt32LE(crc32(header.subarray(0, 36)), 36)
    header.copy(header, 40, 0, 40)
    header.copy(newer)
    disk.put(FIRST, newer)
    const before = disk.paths().map(path => [path, disk.contents(path)])
    const opening = openSimulatedJournal(sim.boot('server', disk), newArena(), SETTINGS)
    await assert.rejects(opening, { code: 'LOGBOY_JOURNAL_NEWER', version: 2 })
    assert.deepEqual(
      disk.paths().map(path => [path, disk.contents(path)]),
      before,
    )
  })
})

test('a file whose header is gone is set aside; the others count, and so do their positions', async () => {
  await simulate(6, async sim => {
    const { disk, seen } = await written(sim, 30, { clean: true })
    const files = disk.paths().filter(path => path.endsWith('.journal'))
    assert.ok(files.length >= 4)
    const [middle, last] = [files[1] as string, files.at(-1) as string]
    for (const path of [middle, last]) {
      const zeroed = Buffer.from(disk.contents(path)).fill(0, 0, 80)
      disk.put(path, zeroed)
    }
    const { found, recovered, log } = await reopened(sim, disk)
    assert.equal(recovered.quarantined.length, 2)
    assert.ok(recovered.end > (seen.at(-1)?.position ?? 0))
    assert.ok(found.length > 10 && found.length < 30)
    for (const entry of found) assert.deepEqual(seen[entry.sequence - 1], entry)
    await log.close()
  })
})

test('where the newest file has no entry left, the log ends where the last whole entry does', async () => {
  await simulate(17, async sim => {
    const { disk, seen } = await written(sim, 30, { clean: true })
    const path = disk.paths().findLast(name => name.endsWith('.journal')) as string
    const start = Number(path.slice(-24, -8))
    const rotten = Buffer.from(disk.contents(path))
    for (const { position } of seen) if (position > start) rotten[position - start - 9] ^= 1
    disk.put(path, rotten)
    const { found, recovered, log } = await reopened(sim, disk)
    const whole = seen.filter(({ position }) => position <= start)
    assert.ok(whole.length < seen.length)
    assert.deepEqual(found, whole)
    assert.ok(log.end().equals(placeBehind(whole)))
    assert.equal(recovered.quarantined.length, seen.length - whole.length)
    await log.close()
  })
})

test('an earlier file that was cut between two groups, or emptied, is told', async () => {
  await simulate(16, async sim => {
    const { disk, seen } = await written(sim, 30, { clean: true })
    const files = disk.paths().filter(path => path.endsWith('.journal'))
    const [path, next] = [files[1] as string, files[2] as string]
    const [start, end] = [path, next].map(name => Number(name.slice(-24, -8))) as [number, number]
    const inFile = seen.filter(({ position }) => position > start && position < end)
    // An entry alone is a group; behind it come both copies of its commit record.
    const cutAt = (inFile[0]?.position ?? 0) + COMMIT_BYTES - start
    const startsAfter = async (length: number): Promise<unknown[]> => {
      const cut = sim.newDisk()
      for (const each of disk.paths()) cut.put(each, disk.contents(each))
      cut.put(path, disk.contents(path).subarray(0, length))
      const told: unknown[] = []
      for (let round = 0; round < 2; round++) {
        const { found, recovered, log } = await reopened(sim, cut)
        assert.equal(found.length, seen.length - inFile.length + (length > 0 ? 1 : 0))
        told.push(recovered.quarantined.map(({ position, bytes }) => [position, bytes]))
        await log.close()
      }
      return told
    }
    const hole = [start + cutAt, end - start - cutAt]
    assert.deepEqual(await startsAfter(cutAt), [[hole], [hole]])
    // Set aside, so that it is told once.
    assert.deepEqual(await startsAfter(0), [[[start, end - start]], []])
  })
})

test('the admission table comes from any older snapshot and the entries since', async () => {
  await simulate(7, async sim => {
    const { disk } = await written(sim, 30, { clean: true })
    const snapshots = disk.paths().filter(path => path.endsWith('.admission'))
    for (const path of snapshots.slice(1)) disk.flipBit(path)
    const { recovered, log } = await reopened(sim, disk)
    assert.equal(recovered.admissionWhole, true)
    assert.deepEqual(log.producer('project0aa', 1n), { epoch: 0, lastSequence: 30 })
    await log.close()
    for (const path of [...snapshots.slice(0, 1), `${FOLDER}/${journalFileName(0)}`]) {
      disk.remove(path)
    }
    disk.syncFolder(FOLDER)
    const without = await reopened(sim, disk)
    assert.equal(without.recovered.admissionWhole, false, 'and it is said when there is none')
    await without.log.close()
  })
})

test('positions start where consumers already are, also in an empty folder', async () => {
  await simulate(8, async sim => {
    const settings = { ...SETTINGS, endAtLeast: 1_000_003 }
    const log = await openSimulatedJournal(sim.boot('server', sim.newDisk()), newArena(), settings)
    assert.equal(log.end().at(0), 1_000_003)
    const collector = collect(log, Positions.at(1_000_003))
    await append(log, newArena(), { sequence: 1n })
    await collector.reached(1)
    assert.ok((collector.seen[0]?.position ?? 0) > 1_000_003)
    await log.close()
  })
})

test('what is only in the page cache after a kill is durable before anyone relies on it', async () => {
  await simulate(9, async sim => {
    const { disk } = await written(sim, 2, { clean: false })
    const size = disk.contents(FIRST).length
    const other = sim.newDisk()
    other.makeFolder(FOLDER)
    const file = other.open(FIRST, 'create')
    file.write([disk.contents(FIRST)], 0)
    other.syncFolder(FOLDER)
    other.kill()
    const { found } = await reopened(sim, other)
    assert.equal(found.length, 2)
    other.losePower()
    other.restart()
    assert.equal(other.contents(FIRST).length, size)
  })
})

/** A journal of so many one-entry groups by one producer, closed or killed. */
async function written(
  sim: Simulation,
  count: number,
  { clean }: { readonly clean: boolean },
): Promise<{ readonly disk: SimulatedDisk; readonly seen: readonly Seen[] }> {
  const disk = sim.newDisk()
  const process = sim.boot('server', disk)
  const log = await openSimulatedJournal(process, newArena(), SETTINGS)
  const collector = collect(log)
  for (let sequence = 1n; sequence <= count; sequence++) {
    await append(log, newArena(), { sequence, bytes: 80 })
  }
  await collector.reached(count)
  if (clean) await log.close()
  else process.kill()
  return { disk, seen: collector.seen }
}

async function reopened(
  sim: Simulation,
  disk: SimulatedDisk,
): Promise<{
  readonly found: readonly Seen[]
  readonly recovered: RecoveredJournal
  readonly log: JournalLog
}> {
  const log = await openSimulatedJournal(sim.boot('server', disk), newArena(), SETTINGS)
  let count = 0
  await log.read('project0aa', log.start().positions, entries => {
    count += entries.length
  })
  const collector = collect(log, log.start().positions)
  await collector.reached(count)
  await collector.consumption.stop()
  return { found: collector.seen, recovered: log.recovered, log }
}
