import type { ThreadManifest } from '#runtime/threads.ts'

/** What threads may run, by name; each loads only the code it runs. Alphabetical. */
export const manifest: ThreadManifest = {
  tasks: {
    'journal-read': async () => (await import('./commit-log/journal/journal-read.ts')).journalRead,
    'process-batch': async () => (await import('./processing/process-batch.ts')).processBatch,
    'prove-batch': async () => (await import('./processing/prove-batch.ts')).proveBatch,
  },
  services: {
    'journal-writer': async () =>
      (await import('./commit-log/journal/journal-writer.ts')).createJournalWriter,
  },
}
