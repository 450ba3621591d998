/**
 * A store's folder as one version of the program left it, with the answers it has to give for ever:
 * `node actors/store/testing/golden.ts FOLDER`, run before the format changes by the program that
 * is still without the change. What the folders hold is read by golden.test.ts.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Row, SEARCH_PARTS } from '#proto/api.ts'
import { seededRandom } from '#runtime/random.ts'
import type { SimulatedDisk } from '#runtime/testing/simulated-disk.ts'
import { simulate } from '#runtime/testing/simulation.ts'
import type { SearchPlanInput } from '../store.ts'
import { hexId, type LogRange, type PlainLog, randomLog } from './random-logs.ts'
import { randomSearch, searchAll } from './random-searches.ts'
import { ReferenceStore } from './reference-store.ts'
import { SimulatedStoreWorld, STORE_FOLDER } from './store-world.ts'
import { type BatchSource, TestLog } from './test-log.ts'

const SEED = 11
/** Few rows of every kind, in small row groups. */
export const MIXED_PROJECT = 'goldmixed0'
/** A full row group: columns of several pages, texts too different for a dictionary. */
export const WIDE_PROJECT = 'goldwide00'
const WIDE_ROWS = 16_500
const WIDE_BATCH_ROWS = 5_500
const START_US = Date.UTC(2026, 10, 28, 23, 30) * 1_000
const MINUTE_US = 60_000_000
const SEARCHES = 80

/** A search and what it found, written down by who made the folder. */
export interface GoldenAnswer {
  readonly search: Omit<SearchPlanInput, 'include' | 'fields'>
  readonly total: number
  readonly byLevel: Readonly<Record<string, number>>
  /** SHA-256 of the page's rows as JSON lines. */
  readonly rows: string
}

export interface GoldenFolder {
  readonly name: string
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly answers: readonly GoldenAnswer[]
}

const FOLDERS = join(import.meta.dirname, 'golden/')
const ANSWERS = 'answers.ndjson'

export function goldenFolders(): GoldenFolder[] {
  return readdirSync(FOLDERS).map(name => {
    const folder = join(FOLDERS, name)
    const files = readdirSync(folder).filter(file => file !== ANSWERS)
    return {
      name,
      files: new Map(files.map(file => [file, readFileSync(join(folder, file))])),
      answers: readAnswers(join(folder, ANSWERS)),
    }
  })
}

function readAnswers(path: string): GoldenAnswer[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map(line => JSON.parse(line) as GoldenAnswer)
}

export function putGolden({ files }: GoldenFolder, disk: SimulatedDisk): void {
  for (const [name, bytes] of files) disk.put(`${STORE_FOLDER}/${name}`, bytes)
}

export function searchOf({ search }: GoldenAnswer): SearchPlanInput {
  return { ...search, include: new Set(SEARCH_PARTS), fields: null }
}

/** Whatever the order in which a row's members stand. */
export function digestOf(rows: readonly Row[]): string {
  const hash = createHash('sha256')
  for (const row of rows) {
    // Follows the rules of the program that reads, not those of the one that wrote.
    const lasting = { ...row, pattern_id: null }
    hash.update(`${JSON.stringify(lasting, sortMembers)}\n`)
  }
  return hash.digest('hex')
}

function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Some flushes of small batches, then a full row group; nothing of it is tidied up afterwards. */
async function writeStore(world: SimulatedStoreWorld): Promise<GoldenAnswer[]> {
  const random = seededRandom(SEED)
  const reference = new ReferenceStore()
  const log = new TestLog()
  const store = await world.open()
  let receivedAtUs = START_US
  const append = async (projectId: string, sequence: number, logs: PlainLog[]): Promise<void> => {
    const producer = projectId === WIDE_PROJECT ? 7n : 0x7fff_ffff_ffff_fff0n
    const source: BatchSource = { projectId, producer, epoch: 1, sequence, receivedAtUs }
    reference.add(source, logs)
    await log.append(store, source, logs)
  }
  for (let sequence = 1; sequence <= 8; sequence++) {
    receivedAtUs += 10 * MINUTE_US
    const range = { fromUs: receivedAtUs - 30 * MINUTE_US, toUs: receivedAtUs }
    const logs = Array.from({ length: 60 }, () => randomLog(random, range))
    await append(MIXED_PROJECT, sequence, logs)
    if (sequence === 4) await store.flush()
  }
  for (let sequence = 1; sequence <= WIDE_ROWS / WIDE_BATCH_ROWS; sequence++) {
    const firstRow = (sequence - 1) * WIDE_BATCH_ROWS
    await append(
      WIDE_PROJECT,
      sequence,
      Array.from({ length: WIDE_BATCH_ROWS }, (_, row) => wideLog(firstRow + row, receivedAtUs)),
    )
  }
  await world.sleep(2 * 60_000)
  assert.equal(store.published(), log.end, 'all is in segments')
  await store.close()
  const event: LogRange = { fromUs: START_US - 60 * MINUTE_US, toUs: receivedAtUs }
  const ranges = { projectIds: [MIXED_PROJECT, WIDE_PROJECT], event, received: event }
  const searches = [
    searchAll(MIXED_PROJECT, { limit: 10_000 }),
    searchAll(WIDE_PROJECT, { limit: 10_000 }),
    searchAll(WIDE_PROJECT, { limit: 10_000, order: 'asc' }),
    ...Array.from({ length: SEARCHES }, () => randomSearch(random, ranges)),
  ]
  return searches.map(search => answerOf(search, reference))
}

function wideLog(row: number, receivedAtUs: number): PlainLog {
  return {
    timeUs: receivedAtUs - (WIDE_ROWS - row) * 10_000,
    subNs: 0,
    severity: row % 10 === 0 ? 17 : 9,
    severityText: '',
    service: row % 2 === 0 ? 'billing' : 'api',
    host: 'web-1',
    file: '',
    message: `user order_${row % 4_999} waited for a connection timeout ${'-'.repeat(40)} ${row}`,
    traceId: row % 50 === 0 ? hexId(row, 32) : '',
    spanId: '',
    attributes: [
      ['ratio', row / 8],
      ['user.id', `u${row}`],
    ],
  }
}

function answerOf(search: SearchPlanInput, reference: ReferenceStore): GoldenAnswer {
  const { include: _, fields: __, ...rest } = search
  const { total, byLevel, rows } = reference.search(search)
  const page = rows.slice(search.offset, search.offset + search.limit)
  return { search: rest, total, byLevel, rows: digestOf(page) }
}

if (import.meta.main) {
  const [target] = process.argv.slice(2)
  assert(target !== undefined, 'usage: golden.ts FOLDER')
  mkdirSync(target)
  await simulate(SEED, async sim => {
    const world = new SimulatedStoreWorld(sim)
    const answers = await writeStore(world)
    for (const path of world.disk.paths()) {
      writeFileSync(join(target, path.slice(STORE_FOLDER.length + 1)), world.disk.contents(path))
    }
    const lines = answers.map(answer => `${JSON.stringify(answer)}\n`)
    writeFileSync(join(target, ANSWERS), lines.join(''))
  })
}
