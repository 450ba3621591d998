/**
 * The commit log and the store that the shape of the installation asks for, and the way from one to
 * the other. The second part of topology.ts.
 */
import type { Cancel } from '#runtime/clock.ts'
import { systemDisk } from '#runtime/index.ts'
import type { ServiceThread } from '#runtime/threads.ts'
import type { Closing } from './closing.ts'
import type { CommitLog } from './commit-log/commit-log.ts'
import type { DeadLetters } from './commit-log/dead-letters/dead-letters.ts'
import { FileDeadLetters } from './commit-log/dead-letters/file-dead-letters.ts'
import {
  type JournalLog,
  openJournalLog,
  refuseNewerJournal,
} from './commit-log/journal/journal-log.ts'
import type { Positions } from './commit-log/positions.ts'
import type { Foundation } from './foundation.ts'
import { openParquetStore } from './store/parquet-store.ts'
import { queryMemory } from './store/query-memory.ts'
import type { LogStore } from './store/store.ts'

export interface Storage {
  readonly commitLog: CommitLog
  readonly store: LogStore
  readonly deadLetters: DeadLetters
  /** The process ends: others go on where the store has come to. */
  stopFeeding(): Promise<void>
  /**
   * Something that the catalog holds was changed; names the projects whose senders should begin a
   * new epoch.
   */
  catalogChanged(): Promise<readonly string[]>
}

/** A store, with what only one in this process can say. */
interface OpenedStore {
  readonly store: LogStore
  /** Bytes of batches that the disk must still have room for. */
  readonly unflushedBytes: () => number
  /** Everything up to here is found by searches. */
  readonly received: () => Positions
}

/** The log is trimmed, and its checkpoints are saved, more rarely than this. */
const PASSED_INTERVAL_MS = 500
const CATCH_UP_MS_MAX = 30_000
const CATCH_UP_LOOK_MS = 5

/** Opened so that searches find all that was ever acknowledged. */
export async function openStorage(foundation: Foundation, closing: Closing): Promise<Storage> {
  const { shape } = foundation
  if (shape.commitLog === 'kafka') {
    const { kafkaLetters, openKafkaLog } = await import('./kafka-storage.ts')
    const deadLetters = kafkaLetters(foundation)
    const { store } = await openStore(foundation, deadLetters, closing)
    const log = await openKafkaLog(foundation, deadLetters, closing)
    const isFed = shape.roles.has('processor')
    const stopFeeding = isFed ? feed(log, store, foundation, closing) : async () => undefined
    const catalogChanged = (): Promise<readonly string[]> => log.refreshPartitions()
    return { commitLog: log, store, deadLetters, stopFeeding, catalogChanged }
  }
  const { random, folder } = foundation
  const letters = { disk: systemDisk, folder: folder('dead-letters'), random }
  const deadLetters = new FileDeadLetters(letters)
  closing.add(() => deadLetters.close())
  const writer = await openJournalWriter(foundation, closing)
  const opened = await openStore(foundation, deadLetters, closing)
  const log = await openJournal(foundation, { ...opened, writer }, closing)
  const recoveredEnd = log.end()
  const stopFeeding = feed(log, opened.store, foundation, closing)
  await caughtUp(() => opened.received().coversAll(recoveredEnd), foundation)
  const { store } = opened
  return { commitLog: log, store, deadLetters, stopFeeding, catalogChanged: async () => [] }
}

async function openStore(
  foundation: Foundation,
  deadLetters: DeadLetters,
  closing: Closing,
): Promise<OpenedStore> {
  if (foundation.shape.store === 'parquet') return openParquet(foundation, closing)
  const { openElastic } = await import('./elastic-storage.ts')
  const store = await openElastic(foundation, deadLetters, closing)
  return { store, unflushedBytes: () => 0, received: () => store.published() }
}

async function openParquet(foundation: Foundation, closing: Closing): Promise<OpenedStore> {
  const { config, pool, arena, clock, onFault, openThread } = foundation
  const folder = foundation.folder('store')
  const writer = await openThread('segment-writer', { folder })
  closing.add(() => writer.close())
  const store = await openParquetStore({
    folder,
    clock,
    pool,
    writer,
    openDuckdb: () => openThread('duckdb', { memoryBytes: config.searchMemoryBytes }),
    queryMemory: queryMemory(config),
    diskReserveBytes: config.diskReserveBytes,
    flushBytes: config.flushBytes,
    flushIntervalMs: config.flushIntervalMs,
    isMemoryShort: () => arena.isShort,
    onFault,
  })
  closing.add(() => store.close())
  return {
    store,
    unflushedBytes: () => store.recentBytes(),
    received: () => store.received(),
  }
}

/** Before the store is opened, which writes: a journal of a newer version ends the start. */
async function openJournalWriter(
  { config, folder, openThread }: Foundation,
  closing: Closing,
): Promise<ServiceThread> {
  const { diskReserveBytes } = config
  const writer = await openThread('journal-writer', { folder: folder('journal'), diskReserveBytes })
  closing.add(() => writer.close())
  await refuseNewerJournal(writer)
  return writer
}

async function openJournal(
  { config, log, pool, arena, clock, folder, onFatal }: Foundation,
  { store, unflushedBytes, writer }: OpenedStore & { readonly writer: ServiceThread },
  closing: Closing,
): Promise<JournalLog> {
  const journal = await openJournalLog({
    writer,
    tasks: pool,
    arena,
    clock,
    folder: folder('journal'),
    keepMs: config.journalKeepMs,
    keepBytes: config.journalKeepBytes,
    endAtLeast: store.published().at(0),
    unflushedBytes,
    onFailure: onFatal,
  })
  closing.add(() => journal.close())
  const { tornBytes, quarantined } = journal.recovered
  if (tornBytes > 0) log.info({ tornBytes }, 'cut off what was written but never acknowledged')
  if (quarantined.length > 0)
    log.error({ quarantined }, 'parts of the journal are damaged, set aside')
  return journal
}

/** The store is the consumer for whose sake the log is kept. Answers what ends that. */
function feed(
  log: CommitLog,
  store: LogStore,
  { clock }: Foundation,
  closing: Closing,
): () => Promise<void> {
  const consumption = log.consume({
    name: 'store',
    from: store.published(),
    receive: entries => store.receive(entries),
    assigned: (partition, from) => store.assigned?.(partition, from),
    revoked: partition => store.revoked?.(partition),
  })
  let cancel: Cancel = () => undefined
  const tellPassed = (): void => {
    consumption.passed(store.published())
    cancel = clock.after(PASSED_INTERVAL_MS, tellPassed)
  }
  tellPassed()
  closing.add(() => cancel())
  return async () => {
    cancel()
    await store.halt?.()
    consumption.passed(store.published())
    await consumption.stop()
  }
}

/**
 * A search right after the start finds everything that was acknowledged before it. Where a full
 * disk holds the store up, doors open all the same: what is there can be read.
 */
async function caughtUp(isCaughtUp: () => boolean, { clock }: Foundation): Promise<void> {
  const deadlineMs = clock.monotonicMs() + CATCH_UP_MS_MAX
  while (!isCaughtUp() && clock.monotonicMs() < deadlineMs) {
    await new Promise<void>(resolve => void clock.after(CATCH_UP_LOOK_MS, resolve))
  }
}
