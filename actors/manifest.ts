import type { ThreadManifest } from '#runtime/threads.ts'

/** What threads may run, by name; each loads only the code it runs. Alphabetical. */
export const manifest: ThreadManifest = {
  tasks: {
    'check-schema': async () => (await import('./processing/prove-by-schema.ts')).checkSchema,
    'decode-by-schema': async () =>
      (await import('./gateway/json/decode-by-schema.ts')).decodeBySchema,
    'alert-replay': async () => (await import('./alerts/replay.ts')).replay,
    'decode-json': async () => (await import('./gateway/json/decode-json.ts')).decodeJson,
    'decode-otlp': async () => (await import('./gateway/otlp/decode-otlp.ts')).decodeOtlp,
    'decode-otlp-by-schema': async () =>
      (await import('./gateway/otlp/decode-otlp-by-schema.ts')).decodeOtlpBySchema,
    'elastic-bulk-body': async () =>
      (await import('./store/elasticsearch/tasks/bulk-body.ts')).bulkBody,
    'elastic-read-answer': async () =>
      (await import('./store/elasticsearch/tasks/read-answer.ts')).readAnswer,
    'encode-export': async () => (await import('./store/tasks/encode-export.ts')).encodeExportPages,
    'journal-read': async () => (await import('./commit-log/journal/journal-read.ts')).journalRead,
    'letter-records': async () => (await import('./processing/letter-records.ts')).letterRecords,
    'merge-wordings': async () => (await import('./store/tasks/merge-wordings.ts')).mergeWordings,
    'metric-cells': async () => (await import('./api/tasks/metric-cells.ts')).metricCells,
    'process-batch': async () => (await import('./processing/process-batch.ts')).processBatch,
    'prove-batch': async () => (await import('./processing/prove-batch.ts')).proveBatch,
    'prove-by-schema': async () => (await import('./processing/prove-by-schema.ts')).proveBySchema,
    'store-count-batches': async () =>
      (await import('./store/tasks/count-batches.ts')).countBatches,
    'store-count-numbers': async () =>
      (await import('./store/tasks/count-numbers.ts')).countNumbers,
    'store-count-received': async () =>
      (await import('./store/tasks/count-received.ts')).countReceived,
    'store-count-wordings': async () =>
      (await import('./store/tasks/count-wordings.ts')).countWordings,
    'store-encode': async () => (await import('./store/tasks/encode.ts')).encode,
    'store-examine': async () => (await import('./store/tasks/examine.ts')).examine,
    'store-fetch': async () => (await import('./store/tasks/fetch.ts')).fetchRows,
    'store-find-wordings': async () =>
      (await import('./store/tasks/find-wordings.ts')).findWordings,
    'store-probe': async () => (await import('./store/tasks/probe.ts')).probe,
    'store-scan': async () => (await import('./store/tasks/scan.ts')).scan,
    'store-select': async () => (await import('./store/tasks/select.ts')).select,
    'store-schema': async () => (await import('./store/tasks/schema.ts')).readSchema,
    'store-tabulate': async () => (await import('./store/tasks/tabulate.ts')).tabulateGroups,
    'store-summarize': async () => (await import('./store/tasks/summarize.ts')).summarize,
  },
  services: {
    duckdb: async () => (await import('./store/duckdb-thread.ts')).openDuckdb,
    'journal-writer': async () =>
      (await import('./commit-log/journal/journal-writer.ts')).createJournalWriter,
    'segment-writer': async () => (await import('./store/segment-writer.ts')).openSegmentWriter,
  },
}
