import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulate } from '#runtime/testing/simulation.ts'
import { commitLogSuite } from '../testing/commit-log-suite.ts'
import { newArena, openRealJournal, openSimulatedJournal } from '../testing/journals.ts'

let seed = 100

commitLogSuite('journal, simulated', body =>
  simulate(++seed, async sim => {
    const disk = sim.newDisk()
    const arena = newArena()
    const settings = { folder: '/data/journal', fileBytes: 10_000 }
    await body({
      arena,
      open: () => openSimulatedJournal(sim.boot('server', disk), arena, settings),
    })
  }),
)

commitLogSuite('journal, real disk and threads', async body => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-journal-'))
  const arena = newArena()
  const ends: (() => Promise<void>)[] = []
  try {
    await body({
      arena,
      open: async () => {
        const { log, end } = await openRealJournal(arena, { folder, fileBytes: 10_000 })
        ends.push(end)
        return log
      },
    })
  } finally {
    await Promise.all(ends.map(end => end()))
    rmSync(folder, { recursive: true })
  }
})
