import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inlineTasks, newArena, openRealJournal } from '#actors/commit-log/testing/journals.ts'
import { alertFeedSuite } from './testing/alert-feed-suite.ts'

alertFeedSuite('journal', false, async body => {
  const folder = mkdtempSync(join(tmpdir(), 'logboy-feed-'))
  const arena = newArena()
  try {
    await body({ arena, open: () => openRealJournal(arena, inlineTasks(), { folder }) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
