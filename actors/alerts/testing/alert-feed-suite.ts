/** What alert rules are promised of a commit log, whichever it is; `run` gives each test its own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommitLog } from '#actors/commit-log/commit-log.ts'
import { Positions } from '#actors/commit-log/positions.ts'
import { append } from '#actors/commit-log/testing/log-driver.ts'
import type { LogFixture } from '#actors/commit-log/testing/log-fixture.ts'
import { pause, systemClock } from '#runtime/clock.ts'
import { AlertFeed, type FedBatch } from '../alert-feed.ts'

const OWN = 'project0aa'
const OTHER = 'project0bb'

/** A feed with what the actor of a project does with batches: here it keeps their numbers. */
class Reader {
  readonly feed: AlertFeed
  readonly fed: number[] = []
  /** Whether batches are absorbed at once. */
  isQuick = true
  readonly waiting: FedBatch[] = []
  positions = Positions.NONE
  #generation = 0
  readonly #log: CommitLog
  readonly #began: Positions | null

  constructor(log: CommitLog, isShared: boolean, began: Positions | null) {
    this.#log = log
    this.#began = began
    this.feed = new AlertFeed({
      log,
      clock: systemClock,
      isShared,
      onFault: error => assert.fail(error),
      feed: (projectId, batch) => this.#take(projectId, batch),
      discarded: projectId => assert.fail(`${projectId} is discarded`),
      shared: () => this.look(),
    })
  }

  async start(): Promise<void> {
    await this.look()
    this.feed.start()
    await until(() => this.feed.hasBegun(OWN))
  }

  /** As whoever learns which projects have rules. */
  async look(): Promise<void> {
    this.feed.know(new Map([[OWN, await this.#log.partitionsOf(OWN)]]))
    if (!this.feed.has(OWN)) return
    this.feed.watch(OWN)
    if (!this.feed.hasBegun(OWN)) this.begin(this.#began)
  }

  begin(at: Positions | null): void {
    const begun = this.feed.begin(OWN, at)
    this.#generation = begun.generation
    this.positions = begun.positions
  }

  #take(projectId: string, batch: FedBatch): void {
    assert.equal(projectId, OWN)
    const { entry, generation, done } = batch
    if (generation < this.#generation || this.positions.covers(entry)) return done()
    this.positions = this.positions.with(entry)
    this.fed.push(Number(entry.envelope.sequence))
    if (this.isQuick) done()
    else this.waiting.push(batch)
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(20)
}

export function alertFeedSuite(
  name: string,
  isShared: boolean,
  run: (body: (fixture: LogFixture) => Promise<void>) => Promise<unknown>,
): void {
  const check = (
    title: string,
    body: (world: {
      readonly log: CommitLog
      readonly add: (...sequences: number[]) => Promise<void>
      readonly reader: (began?: Positions) => Promise<Reader>
      readonly restart: () => Promise<void>
    }) => Promise<void>,
  ): void => {
    test(`feed of alert rules, ${name}: ${title}`, async () => {
      await run(async ({ arena, open }) => {
        let log = await open()
        const readers: Reader[] = []
        await body({
          get log() {
            return log
          },
          async add(...sequences) {
            for (const sequence of sequences) {
              for (const projectId of [OTHER, OWN]) {
                await append(log, arena, { sequence: BigInt(sequence), projectId })
              }
            }
          },
          async reader(began) {
            const reader = new Reader(log, isShared, began ?? null)
            readers.push(reader)
            await reader.start()
            return reader
          },
          async restart() {
            for (const reader of readers.splice(0)) reader.feed.close()
            await log.close()
            log = await open()
          },
        })
        for (const reader of readers) reader.feed.close()
        await log.close()
      })
    })
  }

  check('who begins now is given what comes, once, and knows when that was all', async world => {
    await world.add(1)
    const reader = await world.reader()
    await world.add(2, 3, 2)
    await until(() => reader.fed.length >= 2)
    const sinceUs = systemClock.nowUs()
    await until(() => (reader.feed.coveredBy(OWN)?.atUs ?? 0) > sinceUs)
    assert.deepEqual(reader.fed, [2, 3])
    assert.ok(reader.feed.coveredBy(OWN)?.positions.coversAll(reader.positions))
  })

  check('nothing is covered that is not absorbed', async world => {
    const reader = await world.reader()
    reader.isQuick = false
    await world.add(1)
    await until(() => reader.waiting.length === 1)
    await until(() => world.log.ends().positions.coversAll(reader.positions))
    assert.equal(reader.feed.coveredBy(OWN), null)
    for (const { done } of reader.waiting) done()
    await until(() => reader.feed.coveredBy(OWN) !== null)
  })

  check('who begins anew is given again what it has not saved', async world => {
    const reader = await world.reader()
    await world.add(1, 2)
    await until(() => reader.fed.length === 2)
    const saved = reader.positions
    reader.feed.saved(OWN, saved)
    await world.add(3, 4)
    await until(() => reader.fed.length === 4)
    reader.begin(saved)
    await world.add(5)
    await until(() => reader.fed.length === 7)
    assert.deepEqual(reader.fed, [1, 2, 3, 4, 3, 4, 5])
  })

  check('after a restart goes on behind what was saved', async world => {
    const reader = await world.reader()
    await world.add(1, 2)
    await until(() => reader.fed.length === 2)
    const saved = reader.positions
    reader.feed.saved(OWN, saved)
    await world.add(3)
    await until(() => reader.fed.length === 3)
    await world.restart()
    await world.add(4)
    const next = await world.reader(saved)
    await until(() => next.fed.length === 2)
    assert.deepEqual(next.fed, [3, 4])
  })
}
