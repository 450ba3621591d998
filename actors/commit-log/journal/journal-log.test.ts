import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { simulate } from '#runtime/testing/simulation.ts'
import { openWorkerPool } from '#runtime/worker-pool.ts'
import { commitLogSuite } from '../testing/commit-log-suite.ts'
import { newArena, openRealJournal, openSimulatedJournal } from '../testing/journals.ts'
import { judgingLogSuite } from '../testing/judging-log-suite.ts'
import type { LogFixture } from '../testing/log-fixture.ts'

let seed = 100

const onSimulatedDisk = (body: (fixture: LogFixture) => Promise<void>) =>
  simulate(++seed, async sim => {
    const disk = sim.newDisk()
    const arena = newArena()
    const settings = { folder: '/data/journal', fileBytes: 10_000 }
    await body({
      arena,
      open: () => openSimulatedJournal(sim.boot('server', disk), arena, settings),
    })
  })

commitLogSuite('journal, simulated', onSimulatedDisk)
judgingLogSuite('journal, simulated', onSimulatedDisk)

const manifestUrl = new URL('../testing/journals.ts', import.meta.url)
const tasks = openWorkerPool({ manifestUrl, threads: 1, queueMax: 64 })
after(() => tasks.close())

const onRealDisk = async (body: (fixture: LogFixture) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-journal-'))
  const arena = newArena()
  try {
    await body({ arena, open: () => openRealJournal(arena, tasks, { folder, fileBytes: 10_000 }) })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

commitLogSuite('journal, real disk and threads', onRealDisk)
judgingLogSuite('journal, real disk and threads', onRealDisk)
