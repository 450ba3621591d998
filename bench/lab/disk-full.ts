/**
 * A disk that fills up: by the log itself, all of a sudden under load, and to the very page at
 * which a file is begun, a segment written or the manifest extended. What cannot be taken is
 * refused with the reason, reads and tails go on, everything resumes by itself, and nothing
 * acknowledged is lost.
 */
import type { Random } from '#runtime/random.ts'
import type { ProjectKeys } from './entry.ts'
import { type FaultOptions, type FaultResult, tell } from './fault-run.ts'
import { Follower } from './follower.ts'
import { Ledger, problemsOf } from './ledger.ts'
import { pause, until } from './pause.ts'
import { readAll } from './searcher.ts'
import { LabServer } from './server.ts'
import { PAGE_BYTES, SmallDisk } from './small-disk.ts'
import { RequestWriter, SdkWriter, type Writer } from './writers.ts'

const DISK_MIB = 224
const RESUME_MS_MAX = 1_000
const REFUSED_MS_MAX = 20_000
const SUDDEN_ROUNDS = 6
const PAGES_MAX = 10
/** So that the disk fills before the reserve of free space is respected, or not at all. */
const NO_RESERVE = {
  LOGBOY_DISK_RESERVE: '0',
  LOGBOY_FLUSH_INTERVAL: '300ms',
  LOGBOY_FLUSH_BYTES: '1MiB',
  LOGBOY_MEMORY: '64MiB',
}
const WITH_RESERVE = {
  LOGBOY_DISK_RESERVE: '16MiB',
  LOGBOY_FLUSH_BYTES: '8MiB',
  LOGBOY_MEMORY: '64MiB',
}

export async function diskFull({ random }: FaultOptions): Promise<FaultResult> {
  const problems: string[] = []
  const facts: Record<string, string | number> = {}
  for (const [name, env, run] of [
    ['reserve', WITH_RESERVE, filledByItself],
    ['sudden', NO_RESERVE, filledSuddenly],
    ['to the page', NO_RESERVE, filledToThePage],
  ] as const) {
    const disk = SmallDisk.mount(DISK_MIB)
    if (disk === null) {
      return { problems: [], facts: {}, skipped: 'a tmpfs cannot be mounted here (needs root)' }
    }
    const server = new LabServer({ dataFolder: disk.folder, env })
    try {
      const fullRun = new FullRun(server, disk, random)
      const result = await run(fullRun)
      tell(`${name}: ${JSON.stringify(result)}`)
      Object.assign(facts, result)
      problems.push(...[...fullRun.problems, ...faultsOf(server)].map(text => `${name}: ${text}`))
    } catch (error) {
      problems.push(`${name}: ${String(error)}`, ...server.faults.slice(0, 5))
    } finally {
      await server.kill()
      disk.remove()
    }
  }
  return { problems, facts }
}

type Facts = Record<string, string | number>

/** The log fills the disk down to the reserve. */
async function filledByItself(run: FullRun): Promise<Facts> {
  await run.start()
  run.disk.fill(48 * 1024 * 1024)
  run.write({ isLarge: true })
  const refusal = await run.refused()
  await run.checkReads()
  const resumedMs = await run.resumed()
  const found = await run.judge()
  return { refusal, 'resumed ms': resumedMs, 'reserve rows': found }
}

/** Somebody else takes all of it at once, in the middle of everything. */
async function filledSuddenly(run: FullRun): Promise<Facts> {
  await run.start()
  run.write({ isLarge: false })
  let slowestMs = 0
  for (let round = 0; round < SUDDEN_ROUNDS; round++) {
    await pause(300 + run.random.below(700))
    run.disk.fill(0)
    await run.refused()
    await pause(run.random.below(1_500))
    await run.checkReads()
    // Now and then the server dies meanwhile: it starts on the full disk, to be read.
    if (round % 3 === 1) await run.restart()
    slowestMs = Math.max(slowestMs, await run.resumed())
  }
  const found = await run.judge()
  return { 'slowest resumed ms': slowestMs, 'sudden rows': found, ...run.seen }
}

/** Page by page less room, and page by page more: every file is begun and extended on the edge. */
async function filledToThePage(run: FullRun): Promise<Facts> {
  await run.start()
  run.write({ isLarge: false })
  let slowestMs = 0
  for (let pages = 0; pages <= PAGES_MAX; pages++) {
    await run.progress()
    run.disk.fill(pages * PAGE_BYTES)
    await run.flush()
    await run.checkReads()
    if (pages % 3 === 0) {
      await run.refused()
      for (let more = pages; more <= pages + PAGES_MAX; more++) {
        run.disk.give(more * PAGE_BYTES)
        await run.tried()
      }
      await run.checkReads()
    }
    slowestMs = Math.max(slowestMs, await run.resumed())
    await run.flush()
  }
  const found = await run.judge()
  return { 'slowest resumed to the page ms': slowestMs, 'page rows': found, ...run.seen }
}

/** A server on a small disk, with writers, a tail and a ledger. */
class FullRun {
  readonly disk: SmallDisk
  readonly random: Random
  readonly problems: string[] = []
  readonly #server: LabServer
  readonly #ledger = new Ledger()
  readonly #reasons = new Map<string, number>()
  #keys: ProjectKeys = { id: '', ingest: '', read: '' }
  #writers: Writer[] = []
  #tail: Follower | null = null

  constructor(server: LabServer, disk: SmallDisk, random: Random) {
    this.#server = server
    this.disk = disk
    this.random = random
  }

  /** What was said about failures of the disk, and how often it was seen. */
  get seen(): Facts {
    return Object.fromEntries(this.#reasons)
  }

  async start(): Promise<void> {
    await this.#server.start()
    this.#keys = await this.#server.createProject('full')
    this.#tail = new Follower(this.#server, this.#keys, 'service:stream')
    await this.#tail.started()
  }

  write({ isLarge }: { readonly isLarge: boolean }): void {
    const [server, keys, ledger] = [this.#server, this.#keys, this.#ledger]
    const options = (name: string) => ({ name, server, keys, ledger })
    const largeEvery = isLarge ? 1 : 25
    this.#writers = [
      new SdkWriter(options('stream'), 'grpc'),
      new RequestWriter(options('keyed'), { isKeyed: true, largeEvery }),
    ]
  }

  /** Waits until a door says that the disk is full; answers its words. */
  async refused(): Promise<string> {
    let said = ''
    const isRefused = async (): Promise<boolean> => {
      const { status, text, retryAfter } = await this.#post('probe')
      if (status === 507 && retryAfter === '') this.problems.push('507 without Retry-After')
      if (status === 507) said = `507 ${(JSON.parse(text) as { code: string }).code}`
      return status === 507
    }
    if (!(await until(isRefused, REFUSED_MS_MAX))) this.problems.push('nothing was refused')
    await this.#look()
    return said
  }

  /** One try to get something stored, whatever comes of it. */
  async tried(): Promise<void> {
    const { status, text } = await this.#post('probe')
    if (status !== 200 && status !== 507) this.problems.push(`${status} ${text}`)
    await this.#look()
  }

  /** Everything acknowledged is found, and the tail is there. */
  async checkReads(): Promise<void> {
    const acknowledged = this.#ledger.acknowledged
    const body = { limit: 10, query: 'record' }
    const reply = await this.#server.call('POST', '/api/v1/logs/search', body, this.#keys.read)
    if (Number(reply['total']) < acknowledged) {
      this.problems.push(`${reply['total']} found of ${acknowledged} while it was full`)
    }
    const ready = await fetch(`${this.#server.url}/ready?for=query`)
    if (ready.status !== 200) this.problems.push(`not ready for queries: ${ready.status}`)
    if (this.#tail?.isOpen !== true) this.problems.push('the tail was closed')
    await this.#look()
  }

  /** Gives the space back; answers how long it took until something was stored again. */
  async resumed(): Promise<number> {
    this.disk.empty()
    const begun = performance.now()
    await until(async () => (await this.#post('probe')).status === 200, REFUSED_MS_MAX)
    const ms = Math.round(performance.now() - begun)
    if (ms > RESUME_MS_MAX) this.problems.push(`resumed only after ${ms} ms`)
    return ms
  }

  /** Waits until every writer got something through. */
  async progress(): Promise<void> {
    const before = this.#writers.map(({ name }) => this.#ledger.acknowledgedBy(name))
    await until(
      () =>
        this.#writers.every(
          ({ name }, at) => this.#ledger.acknowledgedBy(name) > (before[at] ?? 0),
        ),
      REFUSED_MS_MAX,
    )
  }

  async restart(): Promise<void> {
    await this.#server.kill()
    await this.#server.start()
    await until(() => this.#tail?.isOpen === true, REFUSED_MS_MAX)
    await this.checkReads()
  }

  /** Publishes and merges, or not: then it is tried again. */
  async flush(): Promise<void> {
    const flushed = this.#server.call('POST', '/api/v1/system/flush').catch(() => undefined)
    await Promise.race([flushed, pause(500)])
    await this.#look()
  }

  /** Stops the writers, kills the server and compares; answers the number of rows. */
  async judge(): Promise<number> {
    for (const writer of this.#writers) {
      await writer.stop().catch((error: Error) => this.problems.push(error.message))
    }
    await this.#server.kill()
    await this.#server.start()
    const rows = await readAll(this.#server, this.#keys)
    const own = rows.filter(({ writer }) => writer !== 'probe')
    this.problems.push(...problemsOf(this.#ledger.judge(own)))
    await this.#tail?.judge(own.filter(({ writer }) => writer === 'stream'))
    this.#tail?.stop()
    this.problems.push(...(this.#tail?.wrong ?? []).slice(0, 5))
    return rows.length
  }

  async #post(writer: string): Promise<{ status: number; text: string; retryAfter: string }> {
    const response = await fetch(`${this.#server.url}/ingest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#keys.ingest}` },
      body: JSON.stringify({ service: writer, message: 'is there room?', writer, number: 0 }),
    })
    const retryAfter = response.headers.get('retry-after') ?? ''
    return { status: response.status, text: await response.text(), retryAfter }
  }

  /** Remembers what journal and store say of the disk. */
  async #look(): Promise<void> {
    const seen: unknown = await this.#server.call('GET', '/api/v1/system/actors')
    const { journal, store } = seen as {
      journal: { detail: string }
      store: { lastRefusal: string }
    }
    for (const [part, said] of [
      ['journal', journal.detail],
      ['segments', store.lastRefusal],
    ] as const) {
      if (said === '') continue
      const reason = `${part} ${/^(ENOSPC[^,]*, \w+)/.exec(said)?.[1] ?? said.slice(0, 40)}`
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    }
  }
}

/** Errors in its log, except those that tell of the disk. */
function faultsOf({ faults }: LabServer): string[] {
  return faults.filter(line => !line.includes('ENOSPC')).slice(0, 5)
}
