/** A data folder of a server that was stopped, with everything that is in it and where it lies. */
import assert from 'node:assert/strict'
import type { AppendOutcome, LogEntry } from '#actors/commit-log/commit-log.ts'
import {
  bufferOf,
  decodeFileHeader,
  FILE_HEADER_BYTES,
} from '#actors/commit-log/journal/journal-format.ts'
import { scanRecords } from '#actors/commit-log/journal/journal-scan.ts'
import { readFooter } from '#actors/store/parquet/footer.ts'
import { openRowGroup } from '#actors/store/parquet/reader.ts'
import { readerOf } from '#actors/store/parquet/testing/memory-file.ts'
import type { SearchPlanInput, SearchResult } from '#actors/store/store.ts'
import { type LogRange, type PlainLog, randomLog } from '#actors/store/testing/random-logs.ts'
import { randomSearch, searchAll } from '#actors/store/testing/random-searches.ts'
import type { BatchSource } from '#actors/store/testing/test-log.ts'
import type { Row } from '#proto/api.ts'
import type { RowColumns } from '#proto/columns.ts'
import { formatRowId, packSeq, splitInt64 } from '#proto/row-id.ts'
import type { Random } from '#runtime/random.ts'
import { type Simulation, simulate } from '#runtime/testing/simulation.ts'
import { DataFolder, type DataFolderOptions, type Files, JOURNAL_FOLDER } from './data-folder.ts'

/** Bytes of a file and the rows that cannot be read without them. */
export interface Block {
  readonly path: string
  readonly from: number
  readonly to: number
  readonly ids: readonly string[]
}

export interface Question {
  readonly input: SearchPlanInput
  readonly answer: SearchResult
}

export interface SampleFolder {
  readonly files: Files
  /** Row groups of segments, and entries of the journal that no segment holds. */
  readonly rowGroups: readonly Block[]
  readonly entries: readonly Block[]
  /** Groups of the journal: what is promised, or lost, as a whole. */
  readonly journalGroups: readonly Block[]
  /** Of the newest journal file. */
  readonly lastJournal: string
  readonly isClosed: boolean
  readonly questions: readonly Question[]
  /** The newest batch of every producer. */
  readonly newest: readonly BatchSource[]
}

export const PROJECTS = ['projectaaa', 'projectbbb'] as const
/** Small files, so that there are several. */
export const FOLDER_OPTIONS: DataFolderOptions = { journal: { fileBytes: 6_000 } }
const PRODUCERS = 3
const HOUR_US = 3_600_000_000
const QUESTIONS_RANDOM = 4
const KEYS_KEPT: ReadonlySet<string> = new Set(['user.id', 'ratio', 'tags'])

/** Makes a folder; `isClosed` = the server ended in order, else it was killed. */
export async function makeSampleFolder(seed: number, isClosed: boolean): Promise<SampleFolder> {
  const { result } = await simulate(seed, sim => new Maker(sim, isClosed).make())
  return result
}

class Maker {
  readonly #sim: Simulation
  readonly #isClosed: boolean
  readonly #newest = new Map<string, BatchSource>()
  /** Ids of the rows of an entry by the position of its end. */
  readonly #rowsAt = new Map<number, readonly string[]>()

  constructor(sim: Simulation, isClosed: boolean) {
    this.#sim = sim
    this.#isClosed = isClosed
  }

  async make(): Promise<SampleFolder> {
    const files = await this.#fill()
    const { questions, published } = await this.#ask(files)
    const rowGroups = [...files].flatMap(([path, bytes]) => rowGroupsOf(path, bytes))
    const journals = [...files].filter(([path]) => path.endsWith('.journal'))
    const blocks = journals.map(([path, bytes]) => this.#journalBlocks(path, bytes, published))
    const ids = [...rowGroups, ...blocks.flatMap(({ entries }) => entries)].flatMap(
      block => block.ids,
    )
    const found = questions.slice(0, PROJECTS.length).flatMap(({ answer }) => answer.logs)
    assert.deepEqual(ids.sort(), found.map(idOf).sort(), 'every row is in one known place')
    return {
      files,
      rowGroups,
      entries: blocks.flatMap(({ entries }) => entries),
      journalGroups: blocks.flatMap(({ groups }) => groups),
      lastJournal: journals.at(-1)?.[0] ?? '',
      isClosed: this.#isClosed,
      questions,
      newest: [...this.#newest.values()],
    }
  }

  /** One merged segment, some as they were flushed, and entries that are only in the journal. */
  async #fill(): Promise<Files> {
    const options = { ...FOLDER_OPTIONS, flushIntervalMs: 1_000 }
    // Trimmed as far as it may be, so that the admission table matters.
    const journal = { ...FOLDER_OPTIONS.journal, keepMs: 0, keepBytes: 6_000 }
    const folder = await DataFolder.open(this.#sim, new Map(), { ...options, journal })
    await this.#append(folder, 5)
    await folder.store.flush()
    await this.#append(folder, 6)
    await this.#sim.sleep(1_500)
    await folder.caughtUp()
    // The journal is trimmed meanwhile; the store does not merge yet.
    await this.#sim.sleep(6_000)
    await this.#append(folder, 9)
    if (this.#isClosed) await folder.close()
    folder.kill()
    return folder.files
  }

  /** Batches one by one and several at once: then they are one group of the journal. */
  async #append(folder: DataFolder, count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const together = Math.min(left, 1 + this.#sim.random.below(3))
      const appended = Array.from({ length: together }, () => this.#appendOne(folder))
      for (const outcome of await Promise.all(appended)) {
        assert.deepEqual(outcome, { type: 'durable', repeat: false })
      }
      left -= together
    }
  }

  #appendOne(folder: DataFolder): Promise<AppendOutcome> {
    const { random, clock } = this.#sim
    const projectId = PROJECTS[random.below(PROJECTS.length)] ?? PROJECTS[0]
    const producer = BigInt(1 + random.below(PRODUCERS))
    const name = `${projectId} ${producer}`
    const sequence = 1 + (this.#newest.get(name)?.sequence ?? 0)
    const nowUs = clock.nowUs()
    const source = { projectId, producer, epoch: 1, sequence, receivedAtUs: nowUs }
    this.#newest.set(name, source)
    const range: LogRange = { fromUs: nowUs - HOUR_US, toUs: nowUs }
    const logs = Array.from({ length: 2 + random.below(10) }, () => newLog(random, range))
    return folder.append(source, logs)
  }

  /** What an undamaged folder answers. */
  async #ask(files: Files): Promise<{ questions: Question[]; published: number }> {
    const onDelivered = (entries: readonly LogEntry[]): void => {
      for (const entry of entries) this.#rowsAt.set(entry.position, rowIdsOf(entry))
    }
    const folder = await DataFolder.open(this.#sim, files, { ...FOLDER_OPTIONS, onDelivered })
    const published = folder.store.published().at(0)
    const questions: Question[] = []
    for (const input of this.#inputs()) {
      questions.push({ input, answer: await folder.search(input) })
    }
    await folder.close()
    return { questions, published }
  }

  /** First all of each project, then some of it in every way. */
  #inputs(): SearchPlanInput[] {
    const nowUs = this.#sim.clock.nowUs()
    const range = { fromUs: nowUs - HOUR_US, toUs: nowUs }
    const whole = { limit: 10_000, offset: 0 }
    const random = Array.from({ length: QUESTIONS_RANDOM }, () =>
      randomSearch(this.#sim.random, { projectIds: PROJECTS, event: range, received: range }),
    )
    return [
      ...PROJECTS.map(projectId => searchAll(projectId, whole)),
      searchAll(PROJECTS[0], {
        ...whole,
        order: 'asc',
        query: { terms: [{ type: 'phrase', tokens: ['timeout'], hex: null }] },
      }),
      ...random.map(input => ({ ...input, ...whole })),
    ]
  }

  #journalBlocks(
    path: string,
    bytes: Uint8Array,
    published: number,
  ): { entries: Block[]; groups: Block[] } {
    const header = decodeFileHeader(bytes)
    assert(header.type === 'header')
    const { start, salt } = header
    const records = bufferOf(bytes.subarray(FILE_HEADER_BYTES))
    const position = start + FILE_HEADER_BYTES
    const scan = scanRecords({ bytes: records, position, salt, last: true })
    const entries: Block[] = []
    const groups = new Map<number, Block>()
    for (const record of scan.records) {
      assert(record.type !== 'damaged', 'the sample is whole')
      const { position: from, end: to } = record
      const place = { path, from: from - start, to: to - start }
      if (record.type === 'entry') {
        entries.push({ ...place, ids: to > published ? (this.#rowsAt.get(to) ?? []) : [] })
      } else {
        const begun = record.groupStart - start
        const inside = entries.filter(entry => entry.from >= begun && entry.to <= place.to)
        const ids = inside.flatMap(entry => entry.ids)
        groups.set(begun, { path, from: begun, to: place.to, ids })
      }
    }
    return { entries, groups: [...groups.values()] }
  }
}

/** A column of each kind is enough: every further one costs time in every run. */
function newLog(random: Random, range: LogRange): PlainLog {
  const log = randomLog(random, range)
  return { ...log, attributes: log.attributes.filter(([key]) => KEYS_KEPT.has(key)) }
}

function rowGroupsOf(path: string, bytes: Uint8Array): Block[] {
  if (!path.endsWith('.parquet')) return []
  const read = readerOf(bytes)
  return readFooter(read, bytes.length).groups.map(group => {
    const ids = storedIds(openRowGroup(read, group))
    return { path, from: group.start, to: group.start + group.byteLength, ids }
  })
}

function storedIds({ count, producer, seq, row }: RowColumns): string[] {
  return Array.from({ length: count }, (_, at) =>
    formatRowId({
      producerLow: producer[2 * at] ?? 0,
      producerHigh: producer[2 * at + 1] ?? 0,
      seqLow: seq[2 * at] ?? 0,
      seqHigh: seq[2 * at + 1] ?? 0,
      row: row[at] ?? 0,
    }),
  )
}

function rowIdsOf({ envelope }: LogEntry): string[] {
  const { low, high } = splitInt64(envelope.producer)
  const seq = packSeq(envelope.epoch, Number(envelope.sequence))
  return Array.from({ length: envelope.recordCount }, (_, row) =>
    formatRowId({
      producerLow: low,
      producerHigh: high,
      seqLow: seq.low,
      seqHigh: seq.high,
      row,
    }),
  )
}

/** The id of a row as JSON text. */
export function idOf(json: string): string {
  return (JSON.parse(json) as Row).id
}

export function journalPathOf(name: string): string {
  return `${JOURNAL_FOLDER}/${name}`
}
