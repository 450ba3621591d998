import assert from 'node:assert/strict'
import { systemClock } from '#runtime/clock.ts'
import { systemDisk } from '#runtime/disk.ts'
import { systemRandom } from '#runtime/random.ts'
import { openServiceThread } from '#runtime/service-thread.ts'
import type { SimulatedProcess } from '#runtime/testing/simulated-process.ts'
import type { TaskPool, ThreadManifest } from '#runtime/threads.ts'
import { Arena } from '../arena.ts'
import { type JournalLog, openJournalLog } from '../journal/journal-log.ts'
import { type JournalReadInput, journalRead } from '../journal/journal-read.ts'
import { createJournalWriter } from '../journal/journal-writer.ts'
import type { Position } from '../positions.ts'

/** The journal's own threads, so that its tests load nothing else. */
export const manifest: ThreadManifest = {
  tasks: { 'journal-read': () => Promise.resolve(journalRead) },
  services: { 'journal-writer': () => Promise.resolve(createJournalWriter) },
}

export interface JournalSettings {
  readonly folder: string
  readonly fileBytes?: number
  readonly keepMs?: number
  readonly keepBytes?: number
  readonly diskReserveBytes?: number
  readonly endAtLeast?: Position
  readonly unflushedBytes?: () => number
}

export function newArena(): Arena {
  return new Arena({ capacityBytes: 64 << 20, readerBytes: 16 << 20 })
}

/** A journal whose threads run inside a simulated process. */
export async function openSimulatedJournal(
  process: SimulatedProcess,
  arena: Arena,
  settings: JournalSettings,
): Promise<JournalLog> {
  const { folder, diskReserveBytes = 0 } = settings
  const writer = await process.serviceThread(
    manifest,
    'journal-writer',
    { folder, diskReserveBytes },
    { callsMax: 8 },
  )
  const tasks = process.taskPool(manifest, { threads: 2, queueMax: 16 })
  return openJournalLog({ ...optionsOf(settings), writer, tasks, arena, clock: process.clock })
}

/** A journal on the machine's disk, its writer on a real thread. */
export async function openRealJournal(
  arena: Arena,
  tasks: TaskPool,
  settings: JournalSettings,
): Promise<JournalLog> {
  const { folder, diskReserveBytes = 0 } = settings
  const manifestUrl = new URL(import.meta.url)
  const onLost = (error: Error): void => {
    throw error
  }
  const service = 'journal-writer'
  const options = { folder, diskReserveBytes }
  const thread = { manifestUrl, service, options, callsMax: 8, onLost }
  const writer = await openServiceThread(thread)
  return openJournalLog({ ...optionsOf(settings), writer, tasks, arena, clock: systemClock })
}

/** Runs the journal's reads at once where they are asked for: a pool without threads to start. */
export function inlineTasks(): TaskPool {
  const tools = { disk: systemDisk, clock: systemClock, random: systemRandom }
  return {
    run: async (task, input) => {
      assert.equal(task, 'journal-read')
      return journalRead(input as JournalReadInput, tools) as never
    },
    observe: () => ({}),
    close: () => Promise.resolve(),
  }
}

function optionsOf(settings: JournalSettings): {
  readonly folder: string
  readonly keepMs: number
  readonly keepBytes: number
  readonly fileBytes: number
  readonly endAtLeast: Position
  unflushedBytes(): number
  onFailure(error: Error): void
} {
  const { folder, keepMs = 900_000, keepBytes = 2 ** 31, fileBytes = 64 << 20 } = settings
  const { endAtLeast = 0, unflushedBytes = () => 0 } = settings
  const onFailure = (error: Error): void => {
    throw error
  }
  return { folder, keepMs, keepBytes, fileBytes, endAtLeast, unflushedBytes, onFailure }
}
