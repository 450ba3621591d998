/**
 * Opens a damaged folder and holds it to what was promised: it starts, tells, answers nothing
 * wrong, loses at most the damaged block, takes new logs, and does not lose more by tidying up.
 */
import assert from 'node:assert/strict'
import type { SearchResult } from '#actors/store/store.ts'
import { randomLog } from '#actors/store/testing/random-logs.ts'
import { searchAll } from '#actors/store/testing/random-searches.ts'
import type { Row } from '#proto/api.ts'
import { type Simulation, simulate } from '#runtime/testing/simulation.ts'
import { allowanceOf, type Damage, damaged, describe } from './damage.ts'
import { DataFolder } from './data-folder.ts'
import {
  FOLDER_OPTIONS,
  idOf,
  PROJECTS,
  type Question,
  type SampleFolder,
} from './sample-folder.ts'

/** What a damage did. */
export interface DamageFacts {
  readonly lost: number
  /** Something was told, though nothing may be lost. */
  readonly told: boolean
}

/** `isTidied`: also flushes, merges and starts again, which takes most of the time. */
export async function runDamaged(
  sample: SampleFolder,
  damage: Damage,
  { seed, isTidied }: { readonly seed: number; readonly isTidied: boolean },
): Promise<DamageFacts> {
  try {
    const { result } = await simulate(seed, sim =>
      new DamagedRun(sim, sample, damage).run(isTidied),
    )
    return result
  } catch (error) {
    const message = `${describe(damage)}: ${(error as Error).message}`
    throw new Error(message, { cause: error })
  }
}

class DamagedRun {
  readonly #sim: Simulation
  readonly #sample: SampleFolder
  readonly #damage: Damage

  constructor(sim: Simulation, sample: SampleFolder, damage: Damage) {
    this.#sim = sim
    this.#sample = sample
    this.#damage = damage
  }

  async run(isTidied: boolean): Promise<DamageFacts> {
    const files = damaged(this.#sample.files, this.#damage)
    const folder = await DataFolder.open(this.#sim, files, FOLDER_OPTIONS)
    const lost = new Set<string>()
    for (const { input, answer } of this.#questions()) {
      checkAnswer({ input, answer }, await folder.search(input), lost)
    }
    const told = wasTold(folder)
    this.#checkLoss(lost, told)
    await this.#checkRepeats(folder, lost)
    await this.#goOn(folder)
    if (isTidied) await this.#tidy(folder, lost)
    assert.deepEqual(folder.faults, [])
    await folder.close()
    return { lost: lost.size, told }
  }

  /** All of every project, which shows what is lost, and now and then one of the others. */
  #questions(): readonly Question[] {
    const { questions } = this.#sample
    const other = PROJECTS.length + this.#sim.random.below(2 * questions.length)
    return [...questions.slice(0, PROJECTS.length), ...questions.slice(other, other + 1)]
  }

  #checkLoss(lost: ReadonlySet<string>, told: boolean): void {
    const { ids, isSilent } = allowanceOf(this.#sample, this.#damage)
    const more = [...lost].filter(id => !ids.has(id))
    assert.deepEqual(more, [], 'losses are confined to the damaged block')
    assert(lost.size === 0 || told || isSilent, `${lost.size} rows are lost without a word`)
  }

  /** What is stored is recognised when it comes again; what was lost may come again. */
  async #checkRepeats(folder: DataFolder, lost: Set<string>): Promise<void> {
    const { admissionWhole } = folder.journal.observe()['recovery'] as { admissionWhole: boolean }
    if (!admissionWhole || lost.size > 0) return
    for (const source of this.#sample.newest) {
      const outcome = await folder.append(source, [this.#newLog()])
      assert.deepEqual(outcome, { type: 'durable', repeat: true }, 'a repeat is no new batch')
    }
  }

  async #goOn(folder: DataFolder): Promise<void> {
    const [source] = this.#sample.newest
    assert(source !== undefined)
    const next = { ...source, sequence: source.sequence + 1 }
    const outcome = await folder.append(next, [this.#newLog()])
    assert.deepEqual(outcome, { type: 'durable', repeat: false })
    await folder.caughtUp()
  }

  /** Flushes, merges, starts again. */
  async #tidy(folder: DataFolder, lost: ReadonlySet<string>): Promise<void> {
    await folder.store.flush()
    await this.#checkTidied(folder, lost)
    const { files } = folder
    folder.kill()
    const again = await DataFolder.open(this.#sim, files, FOLDER_OPTIONS)
    await this.#checkTidied(again, lost)
    assert.deepEqual(again.faults, [])
    await again.close()
  }

  #newLog(): ReturnType<typeof randomLog> {
    const nowUs = this.#sim.clock.nowUs()
    const log = randomLog(this.#sim.random, { fromUs: nowUs - 1_000_000, toUs: nowUs })
    return { ...log, timeUs: nowUs, message: 'after the damage' }
  }

  /**
   * What was there before the flush and the merges, or the restart, still is; so is the new log.
   */
  async #checkTidied(folder: DataFolder, lost: ReadonlySet<string>): Promise<void> {
    let added = 0
    for (const { input, answer } of this.#sample.questions.slice(0, PROJECTS.length)) {
      const { logs } = await folder.search(searchAll(input.projectId, { limit: 10_000 }))
      const found = rowsById(logs)
      for (const [id, row] of rowsById(answer.logs)) {
        // What could not be read before may be found after all, the rest has to be.
        if (!lost.has(id) || found.has(id)) assert.deepEqual(found.get(id), row)
        found.delete(id)
      }
      added += found.size
    }
    assert.equal(added, 1, 'the new log is there once, and nothing else')
  }
}

function rowsById(logs: readonly string[]): Map<string, Row> {
  const rows = logs.map(text => JSON.parse(text) as Row)
  const byId = new Map(rows.map(row => [row.id, row]))
  assert.equal(byId.size, rows.length, 'a row is found once')
  return byId
}

/** Everything in an answer is true; what is missing is noted in `lost`. */
function checkAnswer({ input, answer }: Question, got: SearchResult, lost: Set<string>): void {
  const found = new Set(got.logs)
  assert.equal(found.size, got.logs.length, 'a row is found once')
  const missing = answer.logs.filter(text => !found.has(text))
  for (const text of missing) lost.add(idOf(text))
  const kept = answer.logs.filter(text => found.has(text))
  assert.deepEqual(got.logs, kept, 'rows are what was written, in order')
  if (!input.include.has('logs')) return
  if (missing.length === 0 && lost.size === 0) {
    assert.deepEqual(countsOf(got), countsOf(answer))
  } else if (got.total !== null) {
    const truth = answer.total ?? 0
    assert(got.total <= truth && got.total >= truth - missing.length, `${got.total} of ${truth}`)
  }
}

function countsOf({ total, aggregations }: SearchResult): object {
  return { total, aggregations }
}

/** Damage that journal or store say they found. */
function wasTold({ journal, store }: DataFolder): boolean {
  const { recovery, reader } = journal.observe() as {
    recovery: { tornBytes: number; quarantined: number; admissionWhole: boolean }
    reader: { damagedBytes: number }
  }
  const { damaged: files, manifestRepaired } = store.observe() as {
    damaged: readonly object[]
    manifestRepaired: number
  }
  return (
    recovery.tornBytes > 0 ||
    recovery.quarantined > 0 ||
    !recovery.admissionWhole ||
    reader.damagedBytes > 0 ||
    files.length > 0 ||
    manifestRepaired > 0
  )
}
