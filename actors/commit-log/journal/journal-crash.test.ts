import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimulatedDisk } from '#runtime/testing/simulated-disk.ts'
import { type Simulation, simulate } from '#runtime/testing/simulation.ts'
import { Positions } from '../positions.ts'
import { newArena, openSimulatedJournal } from '../testing/journals.ts'
import { append, collect, type Seen, seenOf } from '../testing/log-driver.ts'
import type { JournalLog } from './journal-log.ts'

const SETTINGS = { folder: '/data/journal', fileBytes: 3_000 }
const PRODUCERS = 3
const BATCHES = 8

/** What senders were told: per producer the highest sequence that was acknowledged. */
type Ledger = Map<number, number>

test('power lost at any operation: nothing acknowledged is lost, nothing appears twice', async () => {
  let crashes = 0
  for (const seed of [1, 2]) {
    for (let at = 1; ; at++) {
      const { result } = await simulate(seed * 1_000 + at, sim => runAndCrash(sim, at))
      if (result === 'never') break
      crashes++
    }
  }
  assert.ok(crashes > 60, `${crashes} crash points`)
})

test('power lost at random, again and again, recovery included', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    await simulate(seed, async sim => {
      const disk = sim.newDisk()
      const ledger: Ledger = new Map()
      for (let round = 0; round < 6; round++) {
        disk.crashAt(1 + sim.random.below(40))
        const killAfterMs = sim.random.below(3) === 0 ? sim.random.below(20) : undefined
        await lifetime(sim, disk, ledger, { killAfterMs })
        if (!disk.crashed && sim.random.below(2) === 0) disk.losePower()
      }
      await settle(sim, disk, ledger)
    })
  }
})

test('a disk that fails at random loses nothing acknowledged and doubles nothing', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    await simulate(seed, async sim => {
      const disk = sim.newDisk()
      const ledger: Ledger = new Map()
      for (let round = 0; round < 3; round++) {
        const chance = sim.newRandom()
        let open = false
        disk.failWhen(operation => {
          if (!open || operation === 'open' || operation === 'read' || operation === 'list') return
          return chance.below(8) === 0 ? (chance.below(3) === 0 ? 'ENOSPC' : 'EIO') : undefined
        })
        const onOpen = (): void => {
          open = true
        }
        await lifetime(sim, disk, ledger, { onOpen })
        disk.failWhen(() => undefined)
        disk.losePower()
      }
      await settle(sim, disk, ledger)
    })
  }
})

test('trimming with crashes at every operation: no entry is missed, none forgotten', async () => {
  let [crashes, trimmed] = [0, 0]
  for (let at = 1; crashes === at - 1; at++) {
    await simulate(at, async sim => {
      const disk = sim.newDisk()
      const ledger: Ledger = new Map()
      const keeper = new Keeper()
      await lifetime(sim, disk, ledger, { keeper, staySeconds: 12 })
      disk.crashAt(at)
      await lifetime(sim, disk, ledger, { keeper, staySeconds: 12 })
      if (!disk.crashed) return
      crashes++
      await lifetime(sim, disk, ledger, { keeper, staySeconds: 12 })
      assertComplete(keeper.kept, ledger)
      if (!disk.paths().some(path => path.includes('/0000000000000000'))) trimmed++
    })
  }
  assert.ok(crashes > 50 && trimmed === crashes, `${crashes} crashes, ${trimmed} trimmed`)
})

async function runAndCrash(sim: Simulation, at: number): Promise<'crashed' | 'never'> {
  const disk = sim.newDisk()
  const ledger: Ledger = new Map()
  disk.crashAt(at)
  await lifetime(sim, disk, ledger)
  if (!disk.crashed) return 'never'
  await settle(sim, disk, ledger)
  return 'crashed'
}

interface LifetimeOptions {
  readonly killAfterMs?: number | undefined
  /** Entries are trimmed as soon as this consumer has them; it remembers them over all lives. */
  readonly keeper?: Keeper
  /** Stays idle so long in the end, while the journal is trimmed. */
  readonly staySeconds?: number
  onOpen?(): void
}

/** One life of the server under senders that repeat what was not acknowledged; ends by itself. */
async function lifetime(
  sim: Simulation,
  disk: SimulatedDisk,
  ledger: Ledger,
  options: LifetimeOptions = {},
): Promise<void> {
  const process = sim.boot('server', disk)
  const arena = newArena()
  const { killAfterMs, keeper } = options
  const life = async (): Promise<void> => {
    const endAtLeast = keeper?.positions.at(0) ?? 0
    const trims = keeper === undefined ? {} : { keepMs: 0, keepBytes: 0 }
    const log = await openSimulatedJournal(process, arena, { ...SETTINGS, ...trims, endAtLeast })
    keeper?.attach(log)
    options.onOpen?.()
    const senders = Array.from({ length: PRODUCERS }, (_, index) =>
      send({ sim, log, arena, producer: index + 1, ledger }),
    )
    await Promise.all(senders)
    await sim.sleep((options.staySeconds ?? 0) * 1_000)
    await log.close()
  }
  if (killAfterMs !== undefined) void sim.sleep(killAfterMs).then(() => process.kill())
  // A process without power hangs or throws: both end its life.
  const rethrow = (error: unknown): void => {
    if (process.alive) throw error
  }
  await Promise.race([life().catch(rethrow), process.ended])
}

/** A durable consumer, as the store: it never needs again what it was given once. */
class Keeper {
  readonly kept: Seen[] = []
  positions: Positions = Positions.NONE

  attach(log: JournalLog): void {
    const consumption = log.consume({
      name: 'keeper',
      from: this.positions,
      receive: entries => {
        this.kept.push(...entries.map(seenOf))
        this.positions = Positions.NONE.with(this.kept.at(-1) as Seen)
        consumption.passed(this.positions)
      },
    })
  }
}

interface Sender {
  readonly sim: Simulation
  readonly log: JournalLog
  readonly arena: ReturnType<typeof newArena>
  readonly producer: number
  readonly ledger: Ledger
}

/** Go-back-N with a window of three; gives up after some failures, as a client that goes away. */
async function send({ sim, log, arena, producer, ledger }: Sender): Promise<void> {
  const known = log.producer('project0aa', BigInt(producer))?.lastSequence ?? 0
  const acknowledged = ledger.get(producer) ?? 0
  assert.ok(
    known >= acknowledged,
    `producer ${producer}: ${acknowledged} acknowledged, ${known} known`,
  )
  let next = acknowledged + 1
  const last = acknowledged + BATCHES
  for (let failures = 0; next <= last && failures < 6; ) {
    const window = [next, next + 1, next + 2].filter(sequence => sequence <= last)
    const outcomes = await Promise.all(
      window.map(sequence =>
        append(log, arena, {
          producer: BigInt(producer),
          sequence: BigInt(sequence),
          bytes: 50 + sim.random.below(700),
        }),
      ),
    )
    const failed = outcomes.findIndex(({ type }) => type !== 'durable')
    const durable = failed < 0 ? window.length : failed
    for (const outcome of outcomes.slice(durable)) assert.equal(outcome.type, 'unavailable')
    if (durable > 0) ledger.set(producer, next + durable - 1)
    next += durable
    if (failed >= 0) failures++
    await sim.sleep(sim.random.below(3))
  }
}

/** The disk is well again: everything acknowledged is there once, and the rest can be sent. */
async function settle(sim: Simulation, disk: SimulatedDisk, ledger: Ledger): Promise<void> {
  const log = await openSimulatedJournal(sim.boot('server', disk), newArena(), SETTINGS)
  await check(log, ledger)
  const arena = newArena()
  for (let producer = 1; producer <= PRODUCERS; producer++) {
    await send({ sim, log, arena, producer, ledger })
  }
  await check(log, ledger)
  await log.close()
  const again = await openSimulatedJournal(sim.boot('server', disk), newArena(), SETTINGS)
  assert.equal(again.recovered.tornBytes, 0)
  await check(again, ledger)
}

async function check(log: JournalLog, ledger: Ledger): Promise<void> {
  const from = log.start().positions
  const collector = collect(log, from, { name: 'check' })
  let count = 0
  await log.read('project0aa', from, entries => {
    count += entries.length
  })
  await collector.reached(count)
  await collector.consumption.stop()
  assertComplete(collector.seen, ledger)
}

function assertComplete(seen: readonly Seen[], ledger: Ledger): void {
  const sequences = new Map<number, number[]>()
  for (const { producer, sequence } of seen) {
    sequences.set(producer, [...(sequences.get(producer) ?? []), sequence])
  }
  for (const [producer, acknowledged] of ledger) {
    const stored = sequences.get(producer) ?? []
    const expected = Array.from({ length: stored.length }, (_, index) => index + 1)
    assert.deepEqual(stored, expected, `producer ${producer} is stored once and in order`)
    assert.ok(
      stored.length >= acknowledged,
      `${acknowledged} acknowledged, ${stored.length} stored`,
    )
  }
}
